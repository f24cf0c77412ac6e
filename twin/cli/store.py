"""`twin store`: what a data folder holds, whether it is whole, its backup and its upkeep."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.cli.remote import ask_to_compact
from twin.core.instant import to_text
from twin.runtime.clock import WallClock
from twin.runtime.retention import stored_groups
from twin.store.backup import Copied, back_up, restore
from twin.store.compact import Compacted, compact
from twin.store.inspect import damage, stats
from twin.store.lock import holder
from twin.store.reader import LogReader


def _arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="store_verb", metavar="VERB", required=True)
    for name, text in (
        ("stats", "print counts, sizes and times of the log and of its files"),
        ("check", "read everything once and name what is not as it was written"),
        ("backup", "copy the folder while a twin writes it, and check the copy"),
        ("restore", "make a data folder from a backup"),
        ("compact", "seal and merge all there is, and give back the room that the log has left"),
    ):
        verb = verbs.add_parser(name, help=text)
        if name == "backup":
            verb.add_argument("target", metavar="TARGET", help="a folder that is not there yet")
            verb.add_argument(
                "--link", action="store_true", help="hard links to sealed files where the disk is the same"
            )
        if name == "restore":
            verb.add_argument("backup", metavar="BACKUP", help="a folder that `twin store backup` made")
        data_argument(verb)
        json_argument(verb)


def _run(arguments: argparse.Namespace) -> int:
    return _VERBS[arguments.store_verb](Path(arguments.data), arguments)


def _stats(folder: Path, arguments: argparse.Namespace) -> int:
    with closing(LogReader(folder)) as reader:
        found = stats(reader)
    if arguments.json:
        print(json.dumps(found))
        return DONE
    for name, value in found.items():
        print(f"{name.replace('_', ' '):18} {value:,}" if isinstance(value, int) else f"{name:18} {value or '-'}")
    return DONE


def _check(folder: Path, arguments: argparse.Namespace) -> int:
    bar = Progress("check")
    with closing(LogReader(folder)) as reader:
        found = damage(reader, bar)
    bar.done()
    if arguments.json:
        print(json.dumps({"whole": not found, "damage": found}))
    else:
        print("whole" if not found else f"DAMAGED in {_places(found)}")
        for line in found:
            print(line, file=sys.stderr)
    return FAILED if found else DONE


def _backup(folder: Path, arguments: argparse.Namespace) -> int:
    bar = Progress("backup")
    found = back_up(folder, Path(arguments.target), bar, link=arguments.link)
    bar.done()
    return _told(f"{arguments.target}: a copy of {folder}", found, arguments.json)


def _restore(folder: Path, arguments: argparse.Namespace) -> int:
    bar = Progress("restore")
    found = restore(Path(arguments.backup), folder, bar)
    bar.done()
    return _told(f"{folder}: made from {arguments.backup}; twin run --data {folder} serves it", found, arguments.json)


def _places(damage: Sequence[str]) -> str:
    return "1 place" if len(damage) == 1 else f"{len(damage)} places"


def _told(what: str, found: Copied, as_json: bool) -> int:
    if as_json:
        print(json.dumps(asdict(found) | {"last": to_text(found.last) if found.last else None}))
    else:
        up_to = f"up to {to_text(found.last)}" if found.last else "empty"
        print(f"{what}: {found.samples:,} samples and {found.events:,} events, {up_to}; {found.bytes:,} bytes")
        print("whole" if not found.damage else f"DAMAGED in {_places(found.damage)}, as its original is")
        for line in found.damage:
            print(line, file=sys.stderr)
    return FAILED if found.damage else DONE


def _compact(folder: Path, arguments: argparse.Namespace) -> int:
    running = holder(folder)
    if running is not None and running.get("url"):
        ask_to_compact(str(running["url"]))
        text = "asked the twin that runs: it merges what can be merged now, and goes on meanwhile"
        print(json.dumps({"asked": True}) if arguments.json else text)
        return DONE
    bar = Progress("compact")
    found: Compacted = compact(folder, WallClock(), bar, lambda: stored_groups(folder))
    bar.done()
    text = f"{found.bytes_before:,} bytes before, {found.bytes_after:,} now; {found.sealed:,} samples sealed"
    print(json.dumps(asdict(found)) if arguments.json else f"{text}, {found.merged} files merged")
    return DONE


_VERBS = {"stats": _stats, "check": _check, "backup": _backup, "restore": _restore, "compact": _compact}

COMMAND = Command("store", "look after a data folder: stats, check, backup, restore, compact", _arguments, _run)
