"""`twin check`: whether a plant file is right, with --connect whether every tag can be read; --schema for editors."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.cli.command import DONE, FAILED, WRONG_INPUT, Command, data_argument, json_argument
from twin.core.errors import LinetwinError, Misconfigured, Problems
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, Surroundings
from twin.core.ports import Probe, Probed
from twin.core.tags import TagTable, TagType
from twin.model.outlets import matching_nothing
from twin.model.plant import Plant
from twin.model.schema import schema
from twin.runtime import plugins
from twin.runtime.clock import WallClock
from twin.runtime.plant_file import read_plant
from twin.runtime.renaming import check_types
from twin.store.reader import LogReader


class Silent:
    """Takes what a connector tells beside its answer: a probe is over before anyone could read it."""

    def event(self, event: Event) -> None:
        """Nothing is logged."""

    def count(self, what: str, n: int = 1) -> None:
        """Nothing is counted."""

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """Nothing is kept."""

    def problem(self, tag: str, text: str) -> None:
        """The probe itself says what is wrong with a tag."""

    def notice(self, about: str, text: str) -> None:
        """A probe looks at tags."""

    def gauge(self, what: str, value: float) -> None:
        """No figures are shown."""

    def alive(self) -> None:
        """Nobody waits for a sign of life."""


def summary(plant: Plant) -> dict[str, Any]:
    """What a plant file holds, in numbers."""
    return {
        "plant": plant.path,
        "lines": len(plant.lines),
        "machines": len(plant.machines()),
        "tags": len(plant.tags),
        "connections": len(plant.connections),
        **({"outlets": len(plant.outlets)} if plant.outlets else {}),
    }


def summary_text(file: str, plant: Plant) -> str:
    """The same in one line: `plant.yaml: acme/brno: 1 line, 3 machines, 16 tags, 3 connections`."""
    numbers = ((name, n) for name, n in summary(plant).items() if name != "plant")
    counted = ", ".join(f"{n} {name.removesuffix('s') if n == 1 else name}" for name, n in numbers)
    return f"{file}: {plant.path}: {counted}" if plant.path else f"{file}: {counted}"


def notes(plant: Plant) -> list[str]:
    """What is not wrong and still most likely not meant, a line each."""
    told = {id_: matching_nothing(feed, plant, plant.tags) for id_, feed in plant.outlets.items()}
    lines = [f"outlets.{id_}.{line}" for id_, lines in told.items() for line in lines]
    used = {plant.keeping.group_of(tag) for tag in plant.tags}
    unused = [group.name for group in plant.keeping.groups if group.name not in used]
    return lines + [f"history.groups.{name}: groups before it take all its tags; put it before them" for name in unused]


def check_stored(plant: Plant, folder: Path) -> None:
    """Raise Problems for what a data folder, if there is one, cannot take. Nothing is written."""
    if (folder / "log.db").exists():
        reader = LogReader(folder)
        try:
            check_types(plant, reader.tags())
        finally:
            reader.close()


async def failures(plant: Plant, folder: Path) -> list[str]:
    """What went wrong when every tag was read once, a line each; connections are tried side by side."""
    each = await asyncio.gather(*(_failures_of(plant, spec, folder) for spec in plant.connections.values()))
    return [line for lines in each for line in lines]


async def _failures_of(plant: Plant, spec: ConnectionSpec, folder: Path) -> list[str]:
    try:
        probed = await _probed(plant, spec, folder)
    except LinetwinError as error:
        return [f"connection {spec.id}: {str(error).removeprefix(f'connection {spec.id}: ')}"]
    return [f"connection {spec.id}: {plant.short(one.tag)}: {one.problem}" for one in probed if one.problem]


async def _probed(plant: Plant, spec: ConnectionSpec, folder: Path) -> Sequence[Probed]:
    """Every tag of a connection, read once; nothing for a protocol that cannot try. Types are those of a run."""
    tags = TagTable()
    for path, tag in plant.tags.items():
        tags.id_of(path, TagType(tag.type))
    surroundings = Surroundings(tags, WallClock(), Silent(), folder)
    connector = plugins.connector(spec.protocol).build(spec, plant.addresses(spec.id), surroundings)
    return await connector.probe() if isinstance(connector, Probe) else ()


def run(arguments: argparse.Namespace) -> int:
    """Check one file and say what is wrong or what it holds; or print the schema of all plant files."""
    if arguments.schema:
        print(json.dumps(schema(plugins.connectors(), plugins.outlets()), indent=2))
        return DONE
    if arguments.plant is None:
        raise Misconfigured("twin check: no plant file is named (twin check PLANT.yaml, or --schema)")
    try:
        plant = read_plant(arguments.plant)
        check_stored(plant, Path(arguments.data))
    except Problems as error:
        return _report(arguments, {}, [str(problem) for problem in error.problems], WRONG_INPUT)
    found = asyncio.run(failures(plant, Path(arguments.data))) if arguments.connect else []
    for note in notes(plant):
        print(f"{arguments.plant}: note: {note}", file=sys.stderr)
    if not arguments.json:
        print(summary_text(arguments.plant, plant))
    return _report(arguments, summary(plant), found, FAILED if found else DONE)


def _report(arguments: argparse.Namespace, holds: dict[str, Any], problems: list[str], code: int) -> int:
    if arguments.json:
        print(json.dumps({**holds, "problems": problems}))
    else:
        for problem in problems:
            print(problem, file=sys.stderr)
    return code


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plant", metavar="PLANT.yaml", nargs="?", help="the plant file")
    parser.add_argument("--connect", action="store_true", help="also read every tag once")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of plant files, for an editor")
    data_argument(parser)
    json_argument(parser)


COMMAND = Command("check", "check a plant file; --connect also reads every tag once", _arguments, run)
