"""The tutorial, followed from its third step on: a server, a flat plant file, a line out of the same tags."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.running import running_twin
from twin.cli.main import main
from twin.core.instant import from_text
from twin.runtime.ports import free_ports

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
FLAT, LINE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PORT = "4840"
FILLER = "my/plant/packaging/line1/filler"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """That of the simulated line, in a process of its own as in the second terminal."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "twin.cli.main", "simulate", "packaging", "--opcua-port", str(port)]
    said = tmp_path / "simulate.log"
    with said.open("w") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        assert str(port) in process.stdout.readline(), said.read_text()
        yield str(port)
        process.terminate()
        process.communicate(timeout=20)


def answer(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as reply:
        return json.load(reply)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_from_a_server_to_a_line(port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, data = f"opc.tcp://127.0.0.1:{port}", tmp_path / "data"
    assert main(["init", url, "--match", "*DB_Filler*", "--data", str(data)]) == 0
    made = capsys.readouterr().out
    for node in re.findall(r"node: '(\"DB_Filler\"\.\S+)'", FLAT):
        assert node in made, "what the page asks to keep is not in what init writes"
    for name, text in (("init", made), ("flat", FLAT), ("line", LINE)):
        (tmp_path / f"{name}.yaml").write_text(text.replace(PORT, port), encoding="utf-8")
        assert main(["check", str(tmp_path / f"{name}.yaml"), "--connect", "--data", str(data)]) == 0

    with running_twin(tmp_path / "flat.yaml", data) as api:
        until(lambda: all(tag["time"] for tag in answer(f"{api}/api/v1/tags?match=*/filler/*")["tags"]))
    with running_twin(tmp_path / "line.yaml", data) as api:
        begun = from_text(answer(f"{api}/api/v1/events?kind=run.started&limit=1")["events"][0]["time"])
        until(lambda: bool(answer(f"{api}/api/v1/states?asset={FILLER}")["states"]))
        states = answer(f"{api}/api/v1/states?asset={FILLER}")["states"]
        assert from_text(states[0]["from"]) >= begun, "a model counts from its load on"
    assert main(["verify", "--data", str(data)]) == 0
