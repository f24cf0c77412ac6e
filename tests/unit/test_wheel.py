"""The wheel that users install holds what runs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTS = {f"simulators/plants/{name}/{file}" for name in ("packaging",) for file in ("line.yaml", "plant.yaml")}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run([*build, "--disable-pip-version-check"], check=True, capture_output=True)
    (wheel,) = folder.glob("linetwin-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_every_file_of_the_packages(names: set[str]) -> None:
    packages = ("twin", "connectors", "simulators")
    files = {p for package in packages for p in (ROOT / package).rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert {p.relative_to(ROOT).as_posix() for p in files} - names == set()


def test_it_holds_data_and_types(names: set[str]) -> None:
    wanted = {"twin/py.typed", "connectors/py.typed", "simulators/py.typed", *PLANTS}
    assert wanted - names == set()


def test_it_puts_nothing_else_at_the_top_level(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"twin", "connectors", "simulators"}
