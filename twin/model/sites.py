"""Sites and areas of a plant (ISA-95) that have a time zone, shifts or a calendar of their own."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, available_timezones

from twin.model.entry import Entry
from twin.model.keys import SITE_KEYS
from twin.model.kinds import settings
from twin.model.lookup import joined
from twin.model.names import check_path
from twin.model.plant import Plant, Site
from twin.model.report import suggestion
from twin.model.shifts import read_calendar, read_shifts

_SCALARS = tuple(key for key in SITE_KEYS if key.kind != "map")


def read_sites(entry: Entry, home: Site) -> dict[str, Site]:
    """All sites and areas by their full paths, each with what it takes from those above it. Problems are reported.

    home: the hours of the plant.
    """
    entries = entry.children()
    found: dict[str, Site] = {}
    for name in sorted(entries, key=lambda name: name.count("/")):
        path = joined(home.path, name)
        found[path] = _read(entries[name], path, _above(path, found) or home)
        try:
            check_path(name)
        except ValueError as error:
            entries[name].problem(str(error))
    return {path: found[path] for path in (joined(home.path, name) for name in entries)}


def _above(path: str, sites: Mapping[str, Site]) -> Site | None:
    above = path.rpartition("/")[0]
    while above and above not in sites:
        above = above.rpartition("/")[0]
    return sites[above] if above else None


def _read(entry: Entry, path: str, above: Site) -> Site:
    fields = entry.fields(SITE_KEYS)
    own = settings(fields, _SCALARS)
    if "timezone" in fields and own["timezone"]:
        check_zone(fields["timezone"], own["timezone"])
    shifts = read_shifts(fields["shifts"]) if "shifts" in fields else above.shifts
    days = read_calendar(fields["calendar"], shifts) if "calendar" in fields else {}
    return Site(path, own["timezone"] or above.timezone, shifts, {**above.calendar, **days}, own["display"])


def check_sites(plant: Plant, entry: Entry) -> None:
    """Report sites that nothing stands below: a slip in a path would leave a line with the hours of another."""
    paths = [*(line.path for line in plant.lines), *plant.tags]
    machines = {machine.path for machine in plant.machines()}
    for name, child in entry.children().items():
        if joined(plant.path, name) in machines:
            child.problem("is a machine, and a machine has the hours of its line; name the line, or what is above it")
        below = f"{joined(plant.path, name)}/"
        if not any(path.startswith(below) for path in paths):
            there = {one for path in paths for one in _all_above(plant.short(path))}
            child.problem(f"no line and no tag stands below '{name}'{suggestion(name, there)}")


def _all_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:many]) for many in range(1, len(parts))]


def check_zone(entry: Entry, name: str) -> None:
    """Report a time zone that is not known."""
    if zone_of(name).key != name:
        entry.problem(f"no time zone '{name}'{suggestion(name, available_timezones())}")


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name; UTC for one that is none, which is reported elsewhere."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")
