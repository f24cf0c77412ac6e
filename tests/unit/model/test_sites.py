"""Sites and areas with hours of their own: what they take from above, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.model.stand_ins import loaded, problems
from twin.core.instant import from_text
from twin.mes.calendar import by_site, calendar_of
from twin.model.plan.around import time_changes
from twin.model.plan.pair import Pair
from twin.model.plant import Site
from twin.model.week import SpecialDay

PLANT = """\
linetwin: 1
plant: acme
timezone: Europe/Prague
shifts: {early: "Mon-Fri 06:00-14:00", breaks: "10:00-10:15"}
calendar: {2026-12-24: closed, 2026-12-25: closed}
sites:
  lyon/packaging: {calendar: {2026-12-24: {}}}
  lyon: {timezone: Europe/Paris, display: Lyon, shifts: {day: "Mon-Fri 08:00-16:00"}}
  osaka: {timezone: Asia/Tokyo, calendar: {2026-11-23: closed}}
connections: {s7: {opcua: "opc.tcp://a"}}
types: {press: {tags: {temp: {node: .t}}}}
lines:
  brno/line1: {machines: {press: {type: press, from: s7, node: A}}}
  lyon/line1: {machines: {press: {type: press, from: s7, node: B}}}
  lyon/packaging/line1: {machines: {press: {type: press, from: s7, node: C}}}
  osaka/line1: {machines: {press: {type: press, from: s7, node: D}}}
"""
DAY = 86_400 * 10**9


def shifts(path: str, day: str) -> list[str]:
    """The shifts of an asset on a day, UTC."""
    start = from_text(f"{day}T00:00Z")
    found = calendar_of(loaded(PLANT), path).periods("shift", start, start + DAY)
    return [
        f"{one.name} {(one.start - start) // (3600 * 10**9)}-{(one.end - start) // (3600 * 10**9)}" for one in found
    ]


@pytest.mark.parametrize(
    ("path", "day", "told"),
    [
        ("acme/brno/line1", "2026-12-23", ["early 5-13"]),
        ("acme/brno/line1", "2026-12-24", []),
        ("acme/lyon/line1/press", "2026-12-23", ["day 7-15"]),
        ("acme/lyon/line1/press", "2026-12-24", []),
        ("acme/lyon/packaging/line1/press/temp", "2026-12-24", ["day 7-15"]),
        ("acme/lyon/packaging/line1", "2026-12-25", []),
        ("acme/osaka/line1", "2026-12-22", ["early -3-5", "early 21-29"]),
        ("acme/osaka/line1", "2026-11-23", []),
    ],
)
def test_an_asset_has_the_hours_of_the_nearest_site_above_it(path: str, day: str, told: list[str]):
    if (path, day) == ("acme/osaka/line1", "2026-11-23"):
        told = ["early 21-29"]  # of the 24th in Osaka
    assert shifts(path, day) == told


def test_what_a_site_does_not_say_is_that_of_what_stands_above_it():
    plant = loaded(PLANT)
    area = plant.sites["acme/lyon/packaging"]
    assert (area.timezone, area.shifts) == ("Europe/Paris", plant.sites["acme/lyon"].shifts)
    assert area.calendar == {date(2026, 12, 24): SpecialDay(), date(2026, 12, 25): SpecialDay(closed=True)}
    assert list(plant.sites) == ["acme/lyon/packaging", "acme/lyon", "acme/osaka"]
    assert plant.site_of("acme/brno/line1") == Site("acme", "Europe/Prague", plant.shifts, plant.calendar)
    assert plant.sites["acme/lyon"].display == "Lyon"


def test_lines_are_told_apart_by_their_sites():
    plant = loaded(PLANT)
    assert by_site(plant, (line.path for line in plant.lines)) == {
        "acme": ["acme/brno/line1"],
        "acme/lyon": ["acme/lyon/line1"],
        "acme/lyon/packaging": ["acme/lyon/packaging/line1"],
        "acme/osaka": ["acme/osaka/line1"],
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "osaka: {timezone",
            "osako: {timezone",
            "9: sites.osako: no line and no tag stands below 'osako' (did you mean 'osaka'?)",
        ),
        ("Asia/Tokyo", "Asia/Tokio", "9: sites.osaka.timezone: no time zone 'Asia/Tokio' (did you mean 'Asia/Tokyo'?)"),
        (
            "timezone: Europe/Paris",
            "timezon: Europe/Paris",
            "8: sites.lyon: unknown key 'timezon' (did you mean 'timezone'?)",
        ),
        (
            "{2026-12-24: {}}",
            "{2026-12-24: {early: closed}}",
            "7: sites.lyon/packaging.calendar.2026-12-24.early: no shift 'early' (there are: day);"
            " a new one needs `early: []` among the shifts",
        ),
        (
            "  osaka: {",
            "  osaka/line1/press: {",
            "9: sites.osaka/line1/press: is a machine, and a machine has the hours of its line;"
            " name the line, or what is above it",
        ),
        (
            "  osaka: {",
            "  Osaka: {",
            "9: sites.Osaka: 'Osaka' is not a name of a-z, 0-9, _ and -"
            " (write 'osaka' and `display` may keep the other)",
        ),
        (
            "Mon-Fri 08:00",
            "Mon-Fri 28:00",
            "8: sites.lyon.shifts.day: '28:00' is not a time of day (00:00 to 24:00)",
        ),
    ],
)
def test_a_site_that_is_none_is_refused_with_its_place(old: str, new: str, said: str):
    assert old in PLANT
    assert f"plant.yaml:{said}" in problems(PLANT.replace(old, new))


def test_a_plan_tells_which_site_works_at_other_times():
    now = PLANT.replace("08:00", "07:00").replace("Asia/Tokyo", "Asia/Seoul").replace("2026-11-23", "2026-11-24")
    now = now.replace("  lyon/packaging: {calendar: {2026-12-24: {}}}\n", "")
    told = [str(change) for change in time_changes(Pair(loaded(PLANT), loaded(now), {}))]
    assert told == [
        "changed shift day of lyon; for the past too",
        "added day 2026-11-24 of osaka; for the past too",
        "removed day 2026-11-23 of osaka; for the past too",
        "changed site osaka: timezone Asia/Tokyo -> Asia/Seoul; for the past too",
        "removed site lyon/packaging: timezone Europe/Paris; for the past too",
    ]
