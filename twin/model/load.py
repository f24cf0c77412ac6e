"""Reads a plant file: YAML text to a frozen, checked Plant, or every problem in one report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from twin.core.plugin import ConnectorPlugin, OutletPlugin
from twin.model.computed import Computing
from twin.model.connections import Connection, read_connections
from twin.model.entry import Entry
from twin.model.files import Folder, apart, folder_of, nowhere, together
from twin.model.including import Files
from twin.model.keeping import read_keeping
from twin.model.keys import PLANT_KEYS, VERSION
from twin.model.kinds import settings
from twin.model.lines import LineDraft, lookup_of, read_lines
from twin.model.machine_types import MachineType
from twin.model.machines import MachineReader
from twin.model.names import check_path
from twin.model.outlets import NO_OUTLETS, OutletDraft, read_outlets
from twin.model.plant import Keeping, Plant, Site, TagSpec
from twin.model.products import read_products
from twin.model.report import Report
from twin.model.same_place import check_places
from twin.model.shifts import read_calendar, read_shifts
from twin.model.sites import check_sites, check_zone, read_sites, zone_of
from twin.model.tags import TagReader, check_former_names
from twin.model.types import read_types

_SCALARS = tuple(key for key in PLANT_KEYS if key.kind != "map")


def load(
    text: str,
    file: str,
    plugins: Mapping[str, ConnectorPlugin],
    environment: Mapping[str, str],
    outlets: Mapping[str, OutletPlugin] = NO_OUTLETS,
    folder: Folder = nowhere,
) -> Plant:
    """The plant that a file describes. file: its name in problems; environment: where `${S7_PW}` is looked up.

    folder: where the files are that it includes; a text that holds them itself (Plant.text) needs none.

    Raises Problems with all that is wrong: each names file and line, the place in the YAML, the fact and the fix.
    Secrets are filled into connections and outlets only; `Plant.text` keeps the files as they are.
    """
    report = Report(file)
    main, known = apart(text, PurePath(file).name)
    files = Files(folder if len(known) == 1 else folder_of(known), report)
    fields = files.read(main, known[main], _check_version)
    plant = _read(fields, report, together(files.texts), plugins, environment, outlets)
    report.check()
    return plant


def _read(
    fields: Mapping[str, Entry],
    report: Report,
    text: str,
    plugins: Mapping[str, ConnectorPlugin],
    environment: Mapping[str, str],
    outlet_plugins: Mapping[str, OutletPlugin],
) -> Plant:
    own = settings(fields, _SCALARS)
    _check_header(fields, own["plant"], own["timezone"])
    connections: dict[str, Connection] = {}
    if "connections" in fields:
        connections = read_connections(fields["connections"], plugins, environment, own["plant"])
    outlets: dict[str, OutletDraft] = {}
    if "outlets" in fields:
        outlets = read_outlets(fields["outlets"], outlet_plugins, environment, own["plant"])
    reader = TagReader(connections, plugins, zone_of(own["timezone"]))
    types = read_types(fields["types"], reader) if "types" in fields else {}
    tags: dict[str, TagSpec] = {}
    places: dict[str, Entry] = {}
    computing = Computing(tags, places)
    machines = MachineReader(own["plant"], types, reader, tags, places, computing)
    drafts = read_lines(fields["lines"], machines) if "lines" in fields else ()
    if "tags" in fields:
        machines.flat_tags(fields["tags"])
    lookup = lookup_of(drafts, machines)
    computing.finish(lookup)
    home = _read_home(fields, own)
    plant = Plant(
        path=own["plant"],
        timezone=own["timezone"],
        connections={name: connection.spec for name, connection in connections.items()},
        tags=machines.tags,
        lines=tuple(draft.finished(lookup) for draft in drafts),
        products=read_products(fields["products"], _rated(types, drafts), reader.zone) if "products" in fields else {},
        shifts=home.shifts,
        calendar=home.calendar,
        sites=read_sites(fields["sites"], home) if "sites" in fields else {},
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        outlets={name: outlet.feed for name, outlet in outlets.items()},
        keeping=_read_keeping(fields, own["plant"], machines.tags, connections) if "history" in fields else Keeping(),
    )
    if "sites" in fields:
        check_sites(plant, fields["sites"])
    check_former_names(machines.tags, machines.places)
    if report.is_clean:  # what stands twice, or at a machine of the wrong type, would be told once more
        check_places(plant, {name: one.plugin for name, one in connections.items() if one.plugin}, places)
    _check_by_plugins(plant, connections, outlets, report)
    return plant


def _read_home(fields: Mapping[str, Entry], own: Mapping[str, Any]) -> Site:
    """The hours of the plant, which count wherever no site has its own."""
    shifts = read_shifts(fields["shifts"]) if "shifts" in fields else {}
    calendar = read_calendar(fields["calendar"], shifts) if "calendar" in fields else {}
    return Site(own["plant"], own["timezone"], shifts, calendar)


def _read_keeping(
    fields: Mapping[str, Entry], plant: str, tags: Mapping[str, TagSpec], connections: Mapping[str, Connection]
) -> Keeping:
    names_itself = any(connection.spec.settings.get("subscribe") for connection in connections.values())
    return read_keeping(fields["history"], plant, tags, not names_itself)


def _rated(types: Mapping[str, MachineType], drafts: tuple[LineDraft, ...]) -> dict[str, None]:
    """Names that may have an ideal rate: of a type all versions at once, or one of them."""
    whole = [name.partition("@")[0] for name in types]
    return dict.fromkeys([*types, *whole, *(name for draft in drafts for name in draft.machines)])


def _check_version(fields: Mapping[str, Entry]) -> None:
    """Report another version of the grammar."""
    version = settings(fields, PLANT_KEYS[:1])["linetwin"]
    if version != VERSION:
        fields["linetwin"].problem(f"version {version} is not known to this release (write linetwin: {VERSION})")


def _check_header(fields: Mapping[str, Entry], plant: str, timezone: str) -> None:
    """Report a plant that is no path and a zone that is not known."""
    _check_version(fields)
    if plant:
        try:
            check_path(plant)
        except ValueError as error:
            fields["plant"].problem(str(error))
    if "timezone" in fields:
        check_zone(fields["timezone"], timezone)


def _check_by_plugins(
    plant: Plant, connections: Mapping[str, Connection], outlets: Mapping[str, OutletDraft], report: Report
) -> None:
    """Report what only the plug-ins can tell: a node that does not parse, a path that is none.

    They are not shown what is wrong already: they may rely on what their keys promise.
    """
    for name, connection in connections.items():
        if connection.plugin is None or report.is_wrong(connection.spec.place):
            continue
        addresses = [a for a in plant.addresses(name) if not report.is_wrong(a.place)]
        for place, message in connection.plugin.check(connection.spec, addresses):
            report.add_at(place, message)
    for outlet in outlets.values():
        if outlet.plugin is None or report.is_wrong(outlet.feed.spec.place):
            continue
        for place, message in outlet.plugin.check(outlet.feed.spec):
            report.add_at(place, message)
