"""A tag that was called otherwise keeps its series: its id stays, its name in the log becomes the new one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from twin.core.errors import Problem, Problems
from twin.core.event import TAGS_RENAMED, Event
from twin.core.ports import Clock
from twin.core.tags import TagTable, TagType
from twin.model.plan.change import NEVER
from twin.model.plant import Plant
from twin.runtime.editions import names_now
from twin.runtime.loaded import Loaded
from twin.store.log import SqliteLog

_log = logging.getLogger("linetwin")


def to_rename(plant: Plant, tags: TagTable) -> tuple[dict[str, str], list[str]]:
    """Former name -> name, of the series that go on under another one; and why others cannot, a line each."""
    wanted: dict[str, str] = {}
    cannot: list[str] = []
    for path, tag in plant.tags.items():
        former = tags.get(tag.was) if tag.was else None
        if former is None:
            continue
        if tags.get(path) is not None:
            fact = "both have samples already, so the earlier ones stay under the former name"
            cannot.append(f"{tag.address.place}: {path} was {tag.was}: {fact}")
        elif tags[former].type != TagType(tag.type):
            fact = f"that was a {tags[former].type} tag and a tag never changes its type"
            cannot.append(f"{tag.address.place}: {path} was {tag.was}: {fact}")
        else:
            wanted[tag.was] = path
    return wanted, cannot


def renamed(loads: Sequence[Loaded], plant: Plant, tags: TagTable) -> list[Loaded]:
    """The loads before with the names that this plant gives to tags. The table's tags are renamed, too."""
    wanted, _ = to_rename(plant, tags)
    for former, path in wanted.items():
        tags.rename(former, path)
    return [replace(load, names=names_now([load.names, wanted])) for load in loads]


def check_types(plant: Plant, tags: TagTable) -> None:
    """Raise Problems for tags that have samples of another type already; nothing is written then."""
    changed = [
        Problem(file, int(line), f"{path} is a {tags[known].type} tag in this data folder and {tag.type} here; {NEVER}")
        for path, tag in plant.tags.items()
        if (known := tags.get(path)) is not None and tags[known].type != TagType(tag.type)
        for file, _, line in [tag.address.place.rpartition(":")]
    ]
    if changed:
        raise Problems(changed)


async def rename_tags(plant: Plant, log: SqliteLog, clock: Clock) -> None:
    """Give tags the names that the plant file has for them now; told once, for it is done once."""
    wanted, cannot = to_rename(plant, log.tags)
    for text in cannot:
        _log.warning("%s", text)
    if wanted:
        await log.note(Event(clock.now(), TAGS_RENAMED, plant.path, {"names": dict(wanted)}))
        await log.rename(wanted)
        for former, path in wanted.items():
            _log.info("%s goes on as %s", former, path)
