"""An incident as a test: makes a file of a simulated plant with `twin incident export`, then asks it.

`pytest examples/incident.py` runs it; tests/unit/cli/test_incident.py does, too. In a project of your own the file is
exported once, from the plant, and kept beside the test.
"""

# ruff: noqa: S101, S603 - a test asserts; the commands are those below

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TWIN = [sys.executable, "-m", "twin.cli.main"]


@pytest.fixture(scope="module")
def jam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of the two that the demo has behind it."""
    folder = tmp_path_factory.mktemp("incident")
    data, file = folder / "data", folder / "x.twin"
    demo = ["demo", "--no-open", "--seconds", "1", "--port", "0", "--data", data]
    export = ["incident", "export", "--data", data, "--from", "now-60m", "--to", "now-30m", "-o", file]
    for command in (demo, export):
        subprocess.run([*TWIN, *map(str, command)], check=True)
    return file


def test_it_comes_out_as_it_was(jam: Path, twin_incident) -> None:
    """The promise, and what was to be seen."""
    incident = twin_incident(jam)
    assert incident.replayed == incident.exported, incident.differences
    assert incident.at("10m").state("filler") == "running"
    assert incident.counts("filler").total > 1000
