"""`twin import FILE`: a CSV or Parquet file into the data folder, or into the twin that runs on it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.cli.remote import RunningTwin
from twin.core.errors import Locked, Misconfigured
from twin.core.event import IMPORTED, Event
from twin.core.plugin import ConnectionSpec, Surroundings
from twin.core.ports import Connector
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connector
from twin.runtime.report import ConnectionReport
from twin.store.lock import holder, writer_lock
from twin.store.log import SqliteLog


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="CSV (any delimiter) or Parquet; the first time column rules")
    parser.add_argument("--tz", metavar="ZONE", help="zone of times without one (default: UTC, with a notice)")
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    path, folder = Path(arguments.file), Path(arguments.data)
    if not path.is_file():
        raise Misconfigured(f"{path}: no such file")
    clock = WallClock()
    report = ConnectionReport("import", "file", str(path), clock, _print_notice)
    who = holder(folder)
    if who is None:
        rows = _into_folder(path, arguments.tz, folder, report)
    else:
        rows = _into_running(path, arguments.tz, folder, report, str(who.get("url") or ""))
    _tell(path, folder, rows, report, arguments.json)
    return DONE


def _into_folder(path: Path, zone: str | None, folder: Path, report: ConnectionReport) -> int:
    with writer_lock(folder):
        log = SqliteLog(folder, WallClock())
        try:
            return asyncio.run(_import(path, build(path, zone, folder, log.tags, report), log, report, log))
        finally:
            log.close()


def _into_running(path: Path, zone: str | None, folder: Path, report: ConnectionReport, url: str) -> int:
    if not url:
        raise Locked(f"{folder}: another command writes this data folder; wait until it is done")
    tags = TagTable()
    return asyncio.run(_import(path, build(path, zone, folder, tags, report), RunningTwin(url, tags), report, None))


def _print_notice(event: Event) -> None:
    print(f"{event.subject}: {event.body.get('notice', dict(event.body))}", file=sys.stderr)


def build(path: Path, zone: str | None, folder: Path, tags: TagTable, report: ConnectionReport) -> Connector:
    """The file connector on one file."""
    spec = ConnectionSpec("import", "file", str(path), {"tz": zone} if zone else {}, place=str(path))
    return connector("file").build(spec, (), Surroundings(tags, WallClock(), report, folder))


async def _import(
    path: Path, source: Connector, sink: SqliteLog | RunningTwin, report: ConnectionReport, log: SqliteLog | None
) -> int:
    """Carry the file's batches into a log or a running twin; returns the samples. log: where the import is noted."""
    rows, size = 0, max((await asyncio.to_thread(path.stat)).st_size, 1)
    bar = Progress(f"import {path.name}")
    async with source.open() as batches:
        async for batch in batches:
            await sink.append(batch)
            rows += len(batch)
            bar(report.counters["bytes"] / size, f"{rows} samples")
    bar.done()
    if log is not None:
        body = {"file": path.name, "rows": rows, "unreadable": report.counters["dead_letters"]}
        await log.note(Event(WallClock().now(), IMPORTED, path.stem, body))
    return rows


def _tell(path: Path, folder: Path, rows: int, report: ConnectionReport, as_json: bool) -> None:
    unreadable = report.counters["dead_letters"]
    if as_json:
        print(json.dumps({"file": str(path), "rows": rows, "unreadable": unreadable, "causes": dict(report.causes)}))
        return
    print(f"{path}: {rows} samples in {folder}" + (f"; {unreadable} cells not readable:" if unreadable else ""))
    for letter in report.letters():
        print(f"  {letter.place}: {letter.cause}: {letter.payload.decode(errors='replace')}", file=sys.stderr)


COMMAND = Command("import", "read a CSV or Parquet file into the data folder", _arguments, _run)
