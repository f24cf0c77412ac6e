"""`twin verify`: is what live showed what the log says?"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.runtime.assembly import assemble_all
from twin.runtime.editions import stored_loads
from twin.runtime.verification import Verification, verify
from twin.store.reader import LogReader
from twin.store.results import SqliteResults


def _arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    reader = LogReader(folder)
    try:
        assembly = assemble_all(stored_loads(folder, reader), reader.tags())
        results = SqliteResults(reader, assembly.names, assembly.editions.codes)
        bar = Progress("verify")
        found = verify(assembly, reader, results, bar)
        bar.done()
    finally:
        reader.close()
    print(
        json.dumps(asdict(found) | {"rows": found.rows, "equal": not found.differences})
        if arguments.json
        else _told(found)
    )
    for line in found.differences[:20]:
        print(line, file=sys.stderr)
    return FAILED if found.differences else DONE


def _told(found: Verification) -> str:
    verdict = "equal" if not found.differences else f"DIFFERS in {len(found.differences)} places"
    if not found.units:
        verdict = "nothing folded yet (no snapshot): run it for a minute"
    return (
        f"{found.entries} entries ({found.events} events), {found.samples} samples, {found.duplicates} duplicates, "
        f"{found.overwritten} overwritten, {found.rows} rows, {found.late} late entries\n"
        f"{found.units} units and {found.records} records from {found.begins} on: {verdict}"
    )


COMMAND = Command("verify", "fold the log in one pass and compare with what live showed", _arguments, _run)
