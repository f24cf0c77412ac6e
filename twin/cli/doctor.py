"""`twin doctor`: what this installation can do, and what to mend."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.core.errors import StoreFailed
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.ports import free_ports
from twin.store.lock import holder
from twin.store.log import SqliteLog

LEAST_FREE = 500 * 2**20
"""Less free space than this on the data folder's disk is told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ok None: only told, nothing to mend."""

    what: str
    ok: bool | None
    told: str


def _arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    checks: list[Callable[[], Finding]] = [
        _python, _packages_are_ours, _drivers, _plugins, _sqlite, _loopback,
        lambda: _disk(folder), lambda: _data(folder),
    ]  # fmt: skip
    findings = [check() for check in checks]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        mark = {True: "ok  ", False: "MEND", None: "    "}
        print("\n".join(f"{mark[f.ok]} {f.what}: {f.told}" for f in findings))
    return FAILED if any(finding.ok is False for finding in findings) else DONE


def _python() -> Finding:
    on = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", sys.version_info >= (3, 11), on + (" (untested there)" if sys.platform == "win32" else ""))


def _packages_are_ours() -> Finding:
    """Other distributions are named `twin`, `connectors` or `simulators`; the one imported must be this one."""
    home = Path(__file__).resolve().parents[2]
    for name in ("twin", "connectors", "simulators"):
        found = Path(str(importlib.import_module(name).__file__)).resolve().parents[1]
        if found != home:
            told = f"{name} comes from {found}, not from {home}; use a virtual environment of its own"
            return Finding("packages", False, told)
    return Finding("packages", True, f"linetwin {importlib.metadata.version('linetwin')} in {home}")


def _drivers() -> Finding:
    wanted = ("asyncua", "paho-mqtt", "influxdb-client", "fastapi", "numpy", "duckdb", "iotcore")
    have = {name: _version(name) for name in wanted}
    missing = [name for name, version in have.items() if version is None]
    if missing:
        return Finding("libraries", False, f"missing: {', '.join(missing)}; pip install linetwin again")
    return Finding("libraries", True, ", ".join(f"{name} {version}" for name, version in have.items()))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _plugins() -> Finding:
    return Finding("connectors", True, ", ".join(sorted(connectors())))


def _sqlite() -> Finding:
    """Write a log, close it, open it again."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            SqliteLog(Path(folder), WallClock()).close()
            SqliteLog(Path(folder), WallClock()).close()
        except StoreFailed as error:
            return Finding("log", False, str(error))
    return Finding("log", True, f"SQLite {sqlite3.sqlite_version}, WAL, fsync on commit")


def _loopback() -> Finding:
    try:
        free_ports(1)
    except OSError as error:
        return Finding("loopback", False, f"cannot listen on 127.0.0.1: {error}")
    return Finding("loopback", True, "127.0.0.1 can be listened on")


def _disk(folder: Path) -> Finding:
    place = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(place).free
    return Finding("disk", free > LEAST_FREE, f"{free / 2**30:.1f} GiB free at {place}")


def _data(folder: Path) -> Finding:
    if not (folder / "log.db").exists():
        return Finding("data", None, f"{folder}: nothing there yet")
    who = holder(folder)
    if who is not None:
        return Finding(
            "data", None, f"{folder}: written by process {who.get('pid')} at {who.get('url') or 'no address'}"
        )
    return Finding("data", None, f"{folder}: {(folder / 'log.db').stat().st_size / 2**20:.1f} MiB, nobody writes it")


COMMAND = Command("doctor", "say what this installation can do, and mend what is wrong", _arguments, _run)
