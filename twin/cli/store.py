"""`twin store stats` and `twin store check`: what a data folder holds, and whether it is whole."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.store.inspect import damage, stats
from twin.store.reader import LogReader


def _arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="store_verb", metavar="VERB", required=True)
    for name, text in (
        ("stats", "print counts, sizes and times of the log and of its files"),
        ("check", "read everything once and name what is not as it was written"),
    ):
        verb = verbs.add_parser(name, help=text)
        data_argument(verb)
        json_argument(verb)


def _run(arguments: argparse.Namespace) -> int:
    with closing(LogReader(Path(arguments.data))) as reader:
        return (_stats if arguments.store_verb == "stats" else _check)(reader, arguments.json)


def _stats(reader: LogReader, as_json: bool) -> int:
    found = stats(reader)
    if as_json:
        print(json.dumps(found))
        return DONE
    for name, value in found.items():
        print(f"{name.replace('_', ' '):18} {value:,}" if isinstance(value, int) else f"{name:18} {value or '-'}")
    return DONE


def _check(reader: LogReader, as_json: bool) -> int:
    bar = Progress("check")
    found = damage(reader, bar)
    bar.done()
    if as_json:
        print(json.dumps({"whole": not found, "damage": found}))
    else:
        print("whole" if not found else f"DAMAGED in {len(found)} places")
        for line in found:
            print(line, file=sys.stderr)
    return FAILED if found else DONE


COMMAND = Command("store", "say what a data folder holds, or check that it is whole", _arguments, _run)
