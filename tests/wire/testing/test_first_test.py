"""What `twin init --test` writes is run, in a folder outside the project, as its reader would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


SECRETS = os.environ | {"S7_PW": "x", "MQTT_PASSWORD": "x"}


def started(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", *command]
    return subprocess.run(line, check=False, cwd=folder, capture_output=True, text=True, env=SECRETS)


def twin(*arguments: str) -> subprocess.CompletedProcess[str]:
    return started("twin.cli.main", "init", *arguments)


def run(folder: Path, text: str, *more: str) -> str:
    (folder / "test_first.py").write_text(text, encoding="utf-8")
    done = started("pytest", "-q", "-W", "error", "-p", "no:asyncio", *more, "test_first.py", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_without_a_plant_it_is_of_the_packaging_line(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, twin("--test").stdout, "-n", "2")


@pytest.mark.parametrize("plant", ["examples/brno.yaml", "simulators/plants/packaging/plant.yaml"])
def test_of_a_plant_file_it_names_the_tags_and_machines(tmp_path: Path, plant: str) -> None:
    text = twin("--test", str(ROOT / plant)).stdout
    assert "filler" in text
    assert "passed" in run(tmp_path, text)


def test_a_plant_file_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    plant = tmp_path / "plant.yaml"
    plant.write_text("linetwin: 1\nplont: x\n")
    done = twin("--test", str(plant))
    assert done.returncode == 2
    assert "plant.yaml:2" in done.stderr
    assert not done.stdout


def test_without_anything_it_says_what_to_name() -> None:
    done = twin()
    assert done.returncode == 2
    assert "name a server" in done.stderr
