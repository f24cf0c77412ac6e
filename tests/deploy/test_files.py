"""Each file of deploy/ is read by its real program, and what it starts takes its arguments."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT, need
from twin.cli.main import COMMANDS

DEPLOY = ROOT / "deploy"
NODE = Path(__file__).parent / "node"
UNIT = (DEPLOY / "linetwin.service").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
MOST_EXPOSURE = 15
"""Tenths, as systemd-analyze counts them: 0 is shut, 100 is open."""
LINT = """
const {validate} = require('dockerfile-utils')
const found = validate(require('fs').readFileSync(process.argv[1], 'utf8'))
console.log(JSON.stringify(found.map(one => `${one.range.start.line + 1}: ${one.message}`)))
"""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there; nothing else of it changes."""
    unit = tmp_path / "linetwin.service"
    unit.write_text(UNIT.replace("/opt/linetwin/venv/bin/twin", sys.executable), encoding="utf-8")
    return unit


def test_systemd_reads_the_unit_without_a_word(unit: Path) -> None:
    need("systemd-analyze")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert [line for line in (done.stdout + done.stderr).splitlines() if "linetwin" in line] == []


def test_the_unit_is_shut_as_far_as_it_can_be(unit: Path) -> None:
    need("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_compose_reads_the_compose_file(stage: Path) -> None:
    need("docker-compose")
    command = ["docker-compose", "-f", "compose.yaml", "--profile", "influxdb", "config"]
    done = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(COMPOSE["services"])


def test_every_file_that_compose_mounts_is_there(stage: Path) -> None:
    mounts = [one for service in COMPOSE["services"].values() for one in service.get("volumes", ())]
    files = [one.partition(":")[0] for one in mounts if one.startswith("./")]
    assert files
    assert [one for one in files if not (stage / one).exists()] == []
    assert all(one.endswith(":ro") for one in mounts if one.startswith("./"))


def test_no_service_of_compose_is_open_to_the_network_but_the_broker() -> None:
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert {name for name, found in ports.items() for one in found if not one.startswith("127.0.0.1:")} == {"broker"}


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    need("node")
    if not (NODE / "node_modules").is_dir():
        pytest.skip("no node_modules: npm ci in tests/deploy/node")
    command = ["node", "-e", LINT, DEPLOY / "Dockerfile"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_what_the_dockerfile_copies_is_let_into_its_context() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        one.rstrip("/") for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for one in line.split()[:-1]
    }
    allowed = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"
    }
    assert copied == allowed
    assert [one for one in copied if not (ROOT / one).exists()] == []


def calls() -> dict[str, list[str]]:
    """What each file lets `twin` do."""
    (command,) = re.findall(r"^ExecStart=\S+/twin (.*)$", UNIT, re.MULTILINE)
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    (drop_in,) = re.findall(r"^ExecStart=\S+/twin (.*)$", page, re.MULTILINE)
    (windows,) = re.findall(r'-Argument "(.*)"', page)
    (image,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    split = {"unit": command, "drop-in": drop_in, "task scheduler": windows}
    return {
        **{name: shlex.split(text) for name, text in split.items()},
        "compose": COMPOSE["services"]["linetwin"]["command"],
        "image": json.loads(image),
    }


@pytest.mark.parametrize(("name", "call"), calls().items(), ids=list(calls()))
def test_the_command_takes_its_arguments(name: str, call: list[str]) -> None:
    verb, *rest = call
    parser = argparse.ArgumentParser(exit_on_error=False)
    importlib.import_module(COMMANDS[verb][0]).COMMAND.arguments(parser)
    parsed, unknown = parser.parse_known_args(rest)
    assert unknown == []
    assert parsed.data


def test_the_bundle_s_script_is_sh() -> None:
    subprocess.run(["sh", "-n", DEPLOY / "bundle" / "install.sh"], check=True)
