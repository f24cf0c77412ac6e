"""A copy of deploy/ with secrets made by the commands of its README, as an integrator has it before the first start."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "docker-compose": "docker-compose",
    "systemd-analyze": "systemd",
    "node": "nodejs",
}
"""Program -> Debian package."""


def need(*programs: str) -> None:
    """Skip the test, with the fix, where a real program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on PATH (apt install {PACKAGES[program]})")


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """deploy/ with plant file and secrets. The folder may be read by all: mosquitto drops its rights."""
    need("mosquitto_passwd")
    stage = tmp_path_factory.mktemp("stage") / "deploy"
    shutil.copytree(ROOT / "deploy", stage)
    page = (stage / "README.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    (plant,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    subprocess.run(["sh", "-euc", commands], cwd=stage, check=True, capture_output=True)
    (stage / "plant.yaml").write_text(plant, encoding="utf-8")
    return stage


@pytest.fixture(scope="package")
def broker_password(stage: Path) -> str:
    """That of the twin's account at the broker."""
    lines = (stage / "secrets" / "linetwin.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)["MQTT_PASSWORD"]
