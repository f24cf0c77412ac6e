"""Outlets of a plant file: which kind, where, what of the log they get, and the settings their plug-in reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.core.instant import duration
from twin.core.plugin import Key, OutletPlugin, OutletSpec
from twin.model.connections import address_of, check_name, plugin_of
from twin.model.entry import Entry, described
from twin.model.globs import takes
from twin.model.keys import OUTLET_KEYS
from twin.model.kinds import settings
from twin.model.plant import Feed, Plant
from twin.model.report import suggestion
from twin.model.variables import with_variables

NO_OUTLETS: Mapping[str, OutletPlugin] = {}
"""Where plant files are read that lead nowhere: of simulated lines, say."""

_PLAIN = tuple(key for key in OUTLET_KEYS if key.kind not in {"list", "any"})


@dataclass(frozen=True, slots=True)
class OutletDraft:
    """An outlet and its plug-in; no plug-in where the outlet is wrong and reported."""

    feed: Feed
    plugin: OutletPlugin | None = None


def read_outlets(
    entry: Entry, plugins: Mapping[str, OutletPlugin], environment: Mapping[str, str], plant: str = ""
) -> dict[str, OutletDraft]:
    """All outlets by their names. Problems are reported."""
    children = {name: with_variables(child, environment) for name, child in entry.children().items()}
    found = {name: _read(name, child, plugins, plant) for name, child in children.items()}
    for name, child in children.items():
        _check_former(name, child, found)
    return found


def _read(name: str, entry: Entry, plugins: Mapping[str, OutletPlugin], plant: str) -> OutletDraft:
    check_name(name, entry)
    plugin = plugin_of(entry, plugins, "outlet")
    if plugin is None:
        return OutletDraft(Feed(OutletSpec(name, "", "")))
    url = Key(plugin.protocol, "text", "address", "", required=True)
    fields = entry.fields((url, *OUTLET_KEYS, *plugin.keys))
    common = settings(fields, _PLAIN)
    spec = OutletSpec(
        id=name,
        protocol=plugin.protocol,
        url=address_of(fields, url, plugin),
        settings=settings(fields, plugin.keys),
        place=entry.place,
        prefix=plant,
    )
    rows, age = _most(fields["most"]) if "most" in fields else (0, 0)
    globs = _globs(fields["tags"]) if "tags" in fields else ()
    return OutletDraft(Feed(spec, globs, common["from"], rows, age, common["was"]), plugin)


def _most(entry: Entry) -> tuple[int, int]:
    """A bound: rows, or an age in ns."""
    how = "write 30d, or a number of rows"
    try:
        value: Any = entry.scalar()
        if isinstance(value, str):
            bound = (0, duration(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            bound = (value, 0)
        else:
            raise ValueError(f"is {described(entry.node)} ({how})")
        if max(bound) <= 0:
            raise ValueError(f"nothing may wait then ({how})")
    except ValueError as error:
        entry.problem(str(error))
        return 0, 0
    return bound


def _globs(entry: Entry) -> tuple[str, ...]:
    """The globs of a list, or one alone."""
    parts = entry.items() if entry.is_list or entry.is_empty else [entry]
    found: list[str] = []
    for part in parts:
        try:
            found.append(part.written().strip("/"))
        except ValueError as error:
            part.problem(str(error))
    if not parts:
        entry.problem("is empty; nothing would be sent (leave it out for all tags)")
    return tuple(found)


def _check_former(name: str, entry: Entry, outlets: Mapping[str, OutletDraft]) -> None:
    was = outlets[name].feed.was
    if was and was in outlets:
        entry.problem(f"was '{was}', which is there still (a name is that of one outlet)")
    elif was and [one.feed.was for one in outlets.values()].count(was) > 1:
        entry.problem(f"was '{was}', and so was another outlet")


def matching_nothing(feed: Feed, plant: Plant, names: Iterable[str]) -> list[str]:
    """A line for each of its globs that takes no tag: most likely a slip, though tags may come that it takes."""
    known = list(names)
    told: list[str] = []
    for glob in feed.tags:
        if not any(map(takes((glob,), plant.path), known)):
            meant = suggestion(glob, {plant.short(name) for name in known})
            told.append(f"tags: no tag matches '{glob}'{meant if 'did you mean' in meant else ''}")
    return told
