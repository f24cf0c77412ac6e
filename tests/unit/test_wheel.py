"""The wheel that users install holds what runs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTS = {
    f"simulators/plants/{name}/{file}"
    for name in ("packaging", "cnc", "pumps", "bottling")
    for file in ("line.yaml", "plant.yaml")
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    return wheel


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
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


EXAMPLE = """
import twin


def test_filler_bearing(twin_line):
    line = twin_line("packaging", seed=7)
    line.fault("filler.bearing", at="10m")
    line.run("8h")
    assert line.alerts("filler").first.time < line.truth("filler.bearing").failure
    assert line.oee("filler").availability > 0.7


def test_it_is_the_installed_one():
    assert "fresh" in twin.__file__
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment with the wheel; what it depends on is lent, so that no network is needed."""
    fresh = tmp_path_factory.mktemp("installed") / "fresh"
    venv.create(fresh, with_pip=False, symlinks=os.name != "nt")
    python = fresh / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    own = Path(_packages(python)[0])
    (own / "lent.pth").write_text("\n".join(_packages(Path(sys.executable))), encoding="utf-8")
    return python


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_it_brings_a_line_into_pytest_anywhere(installed: Path, tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_example.py").write_text(EXAMPLE, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))}
    run = [str(installed), "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers]
    done = subprocess.run(run, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def _packages(python: Path) -> list[str]:
    """Where an interpreter keeps what is installed."""
    code = "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('platlib'))"
    done = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return list(dict.fromkeys(done.stdout.split("\n")[:2]))
