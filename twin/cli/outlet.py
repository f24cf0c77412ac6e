"""`twin outlet`: where the log goes, how far each outlet is, and what to do about rows that were refused there."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import math
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.remote import outlets_of, settle_quarantine
from twin.core.errors import Misconfigured
from twin.core.event import OUTLET_DISCARDED, OUTLET_RETRIED, Event
from twin.core.instant import to_text
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.store.export import COLUMNS
from twin.store.following import waiting
from twin.store.lock import address, writer_lock
from twin.store.log import SqliteLog
from twin.store.outbox import Held, Outbox, Standing
from twin.store.reader import LogReader

PAGE = 1000
WHO = "command line"


def _arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="outlet_verb", metavar="VERB", required=True)
    for name, text in (
        ("list", "every outlet: its link, how far it is behind, what became of its rows"),
        ("quarantine", "print refused rows with their causes"),
        ("retry", "send refused rows again as they are, and try a link that is down or stopped at once"),
        ("export", "write refused rows as CSV: mend them there and `twin import` the file"),
        ("drop", "give refused rows up; the log keeps them"),
    ):
        verb = verbs.add_parser(name, help=text)
        if name != "list":
            verb.add_argument("id", metavar="OUTLET", help="name of the outlet")
        if name in {"retry", "drop"}:
            verb.add_argument("--number", type=int, action="append", metavar="N", help="this row; may be repeated")
        if name == "drop":
            verb.add_argument("--all", action="store_true", help="all rows")
        if name == "export":
            verb.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
        data_argument(verb)
        if name != "export":
            json_argument(verb)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    if not (folder / "log.db").is_file():
        raise Misconfigured(f"{folder}: no data here (no log.db); name the folder of a run with --data DIR")
    return _VERBS[arguments.outlet_verb](folder, arguments)


def _list(folder: Path, arguments: argparse.Namespace) -> int:
    url = address(folder)
    found = outlets_of(url) if url else _stored(folder)
    if arguments.json:
        print(json.dumps(found))
        return DONE
    for one in found:
        print(_line(one))
    if not found:
        print("no outlet: the plant file has none (section `outlets`)")
    return DONE


def _stored(folder: Path) -> list[dict[str, Any]]:
    """What the folder says while nobody runs it."""
    with closing(LogReader(folder)) as reader, closing(Outbox(folder, write=False)) as outbox:
        return [_told(reader, outbox, standing) for standing in outbox.standings().values() if standing.active]


def _told(reader: LogReader, outbox: Outbox, one: Standing) -> dict[str, Any]:
    counted = {"sent": one.sent, "refused": one.refused, "dropped": one.dropped, "mended": one.mended}
    rows, _ = waiting(reader, one.cursor)
    held, _ = outbox.counts(one.id)
    return {
        "id": one.id, "state": "off", "cause": "no twin runs on this folder", "cursor": to_text(one.cursor),
        "waiting_rows": rows, **counted, "overflowed": one.overflowed, "quarantine": held,
    }  # fmt: skip


def _line(one: dict[str, Any]) -> str:
    counted = ", ".join(f"{one[name]:,} {name}" for name in ("sent", "refused", "dropped", "mended") if one[name])
    parts = [f"{one['waiting_rows']:,} rows wait", counted, f"{one['quarantine']:,} in quarantine"]
    if one["state"] != "up" and one["cause"]:
        parts.append(one["cause"])
    return f"{one['id']}: {one['state']}: " + "; ".join(part for part in parts if part)


def _quarantine(folder: Path, arguments: argparse.Namespace) -> int:
    with closing(LogReader(folder)) as reader:
        names = reader.tags()
    for one in _held(folder, arguments.id):
        shown = _as_json(one, names)
        if arguments.json:
            print(json.dumps(shown))
        else:
            said = shown["value"] if one.text is None else repr(one.text)
            print(f"{one.number}: {shown['time']} {shown['tag']} = {said}: {one.cause}")
    return DONE


def _as_json(one: Held, names: TagTable) -> dict[str, Any]:
    value = one.value if math.isfinite(one.value) else None if math.isnan(one.value) else str(one.value)
    return {
        "number": one.number, "tag": names[one.tag].name, "time": to_text(one.time), "value": value, "text": one.text,
        "status": f"0x{one.status:08X}", "cause": one.cause, "since": to_text(one.since), "again": one.again,
    }  # fmt: skip


def _export(folder: Path, arguments: argparse.Namespace) -> int:
    with closing(LogReader(folder)) as reader:
        names = reader.tags()
    rows = [_cells(one, names) for one in _held(folder, arguments.id)]
    if arguments.output is None:
        _write(sys.stdout, rows)
    else:
        with Path(arguments.output).open("w", encoding="utf-8", newline="") as file:
            _write(file, rows)
    print(f"{len(rows)} rows", file=sys.stderr)
    return DONE


def _write(file: TextIO, rows: list[list[str]]) -> None:
    """In the form of `twin export`, so that `twin import` reads what was mended."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)


def _cells(one: Held, names: TagTable) -> list[str]:
    value = "" if math.isnan(one.value) else repr(one.value)
    return [to_text(one.time), names[one.tag].name, value, f"0x{one.status:08X}", one.text or ""]


def _retry(folder: Path, arguments: argparse.Namespace) -> int:
    return _settle(folder, arguments, "retry", "will be sent again")


def _drop(folder: Path, arguments: argparse.Namespace) -> int:
    if not arguments.number and not arguments.all:
        raise Misconfigured("name rows with --number N, or give all of them up with --all")
    return _settle(folder, arguments, "drop", "given up")


def _settle(folder: Path, arguments: argparse.Namespace, verb: str, done: str) -> int:
    url = address(folder)
    if url:
        rows = settle_quarantine(url, arguments.id, verb, arguments.number)
    else:
        rows = asyncio.run(_settle_stored(folder, arguments.id, verb, arguments.number))
    print(json.dumps({"rows": rows}) if arguments.json else f"{arguments.id}: {rows} rows {done}")
    return DONE


async def _settle_stored(folder: Path, id: str, verb: str, numbers: list[int] | None) -> int:
    """Nobody runs the folder: the next run finds it so."""
    _require(folder, id)
    clock = WallClock()
    with writer_lock(folder), closing(Outbox(folder)) as outbox, closing(SqliteLog(folder, clock)) as log:
        change, kind = (outbox.ask_again, OUTLET_RETRIED) if verb == "retry" else (outbox.forget, OUTLET_DISCARDED)
        rows = change(id, numbers)
        if rows:
            await log.note(Event(clock.now(), kind, id, {"rows": rows}, WHO))
    return rows


def _held(folder: Path, id: str) -> Iterator[Held]:
    _require(folder, id)
    with closing(Outbox(folder, write=False)) as outbox:
        after = 0
        while page := outbox.held(id, after, PAGE):
            yield from page
            after = page[-1].number


def _require(folder: Path, id: str) -> None:
    with closing(Outbox(folder, write=False)) as outbox:
        known = outbox.standings()
    if id not in known:
        raise Misconfigured(f"{folder}: no outlet {id!r} was ever run here; there are: {', '.join(known) or 'none'}")


_VERBS = {"list": _list, "quarantine": _quarantine, "retry": _retry, "export": _export, "drop": _drop}

COMMAND = Command("outlet", "where the log goes: list, quarantine, retry, export, drop", _arguments, _run)
