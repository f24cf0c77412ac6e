"""Scales with a date, days that are not like their week, and tags that are read from one place on purpose."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.model.stand_ins import loaded, problems
from twin.core.instant import FAR_FUTURE, from_text
from twin.mes.calendar import calendar_of
from twin.model.plan.around import product_changes
from twin.model.plan.pair import Pair
from twin.model.plant import DatedScale
from twin.model.week import SpecialDay, WeekTimes

S7 = 'timezone: Europe/Prague\nconnections: {s7: {opcua: "opc.tcp://a"}}\n'


def scales(text: str, tag: str = "raw: [0, 10], range: [0, 100], bad: [-1]") -> tuple[DatedScale, ...]:
    return loaded(f"{S7}tags: {{a: {{from: s7, node: x, {tag}, scales: [{text}]}}}}\n").tags["a"].scales


def test_a_scale_counts_from_a_date_on_the_plant_s_wall_to_another():
    [one] = scales("{from: 2026-11-20T06:00, to: 2026-11-27T06:00:00.5, raw: [0, 10], range: [0, 50], bad: [7]}")
    start, end = from_text("2026-11-20T05:00Z"), from_text("2026-11-27T05:00:00.5Z")
    assert one == DatedScale(start, end, 5.0, 0.0, (7.0,))


def test_what_a_scale_does_not_say_is_the_tag_s():
    found = scales("{from: 2026-12-01Z, bad: []}, {from: 2026-11-20, to: 2026-11-21, raw: [0, 1], range: [0, 1]}")
    assert [(one.factor, one.bad) for one in found] == [(1.0, (-1.0,)), (10.0, ())]
    assert found[1].end == FAR_FUTURE
    assert found[0].start == from_text("2026-11-19T23:00Z")


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-07-01T06:00", "2026-07-01T04:00Z"),
        ("2026-03-29T02:30", "2026-03-29T01:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30Z"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30Z"),
    ],
)
def test_where_the_clock_is_put_forward_or_back(written: str, instant: str):
    [one] = scales(f"{{from: {written}, bad: [1]}}")
    assert one.start == from_text(instant)


def test_a_tag_that_shares_its_place_says_so():
    tags = "a: {from: s7, node: x}, b: {from: s7, node: x, shared: true}, c: {from: s7, node: x, pick: '[1]'}"
    text = f"{S7}tags: {{{tags}}}\n"
    assert problems(text) == []
    assert len(problems(text.replace(", shared: true", ""))) == 1


def test_one_node_of_two_connections_is_two_places():
    text = S7.replace("{s7:", "{s8: {opcua: 'opc.tcp://b'}, s7:")
    assert problems(text + "tags: {a: {from: s7, node: x}, b: {from: s8, node: x}}\n") == []


SHIFTS = """\
timezone: Europe/Prague
shifts: {early: Mon-Fri 06:00-14:00, late: Mon-Fri 14:00-22:00, extra: [], breaks: "Mon-Fri 10:00-10:15"}
calendar:
  2026-12-24: closed
  2026-12-28..2026-12-31: closed
  2026-12-29: {late: 15:00-22:00}
  2026-12-19: {early: 06:00-12:00, breaks: []}
  2026-12-18: {late: closed, extra: [16:00-18:00, 20:00-21:00]}
"""


def test_days_that_are_not_like_their_week():
    plant = loaded(SHIFTS)
    assert plant.calendar[date(2026, 12, 24)] == SpecialDay(closed=True)
    assert plant.calendar[date(2026, 12, 29)] == SpecialDay(times={"late": (WeekTimes(tuple(range(7)), 900, 1320),)})
    assert len(plant.calendar) == 7


@pytest.mark.parametrize(
    ("day", "shifts", "busy"),
    [
        ("2026-12-17", ["early 06:00-14:00", "late 14:00-22:00"], 15.75),
        ("2026-12-18", ["early 06:00-14:00", "extra 16:00-18:00", "extra 20:00-21:00"], 10.75),
        ("2026-12-19", ["early 06:00-12:00"], 6.0),
        ("2026-12-20", [], 0.0),
        ("2026-12-24", [], 0.0),
        ("2026-12-28", [], 0.0),
        ("2026-12-29", ["early 06:00-14:00", "late 15:00-22:00"], 14.75),
        ("2026-12-30", [], 0.0),
        ("2027-01-01", ["early 06:00-14:00", "late 14:00-22:00"], 15.75),
    ],
)
def test_a_day_of_the_calendar(day: str, shifts: list[str], busy: float):
    calendar = calendar_of(loaded(SHIFTS))
    start, end = from_text(f"{day}T00:00+01:00"), from_text(f"{day}T23:59+01:00")
    found = calendar.periods("shift", start, end)
    hours = [f"{one.name} {_clock(one.start)}-{_clock(one.end)}" for one in found]
    assert hours == shifts
    assert sum(b - a for a, b in calendar.busy(start, end)) == busy * 3600 * 10**9


def test_a_night_shift_that_began_before_a_closed_day_ends_on_it():
    plant = loaded("timezone: Europe/Prague\nshifts: {night: 22:00-06:00}\ncalendar: {2026-10-25: closed}\n")
    found = calendar_of(plant).busy(from_text("2026-10-24T12:00Z"), from_text("2026-10-26T12:00Z"))
    assert found == [(from_text("2026-10-24T20:00Z"), from_text("2026-10-25T05:00Z"))]


def _clock(instant: int) -> str:
    hours, minutes = divmod(instant // (60 * 10**9) % 1440 + 60, 60)
    return f"{hours:02}:{minutes:02}"


RATES = """\
linetwin: 1
timezone: Europe/Prague
connections: {s7: {opcua: "opc.tcp://a"}}
types: {press: {tags: {temp: {node: .t}}}}
lines: {l: {machines: {press: {type: press, from: s7}}}}
products: {a: {code: 1, ideal: {press: [60/min, {rate: 120/min, from: 2026-11-02T06:00}]}}}
"""


def test_an_ideal_rate_may_count_from_a_date_on():
    product = loaded(RATES).products["a"]
    assert product.ideal == {"press": 10**9}
    assert product.dated == {"press": ((from_text("2026-11-02T05:00Z"), 500_000_000),)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[60/min, {", "[60/min, 70/min, {", "[1]: a second rate for the same time; give one of them another `from`"),
        ("2026-11-02T06:00", "monday", "[1]: 'monday' is not a time like 2026-11-22T14:03:12Z"),
        (", from: 2026-11-02T06:00", "", "[1]: key 'from' is missing (since when: 2026-11-20T06:00, in the plant's time"
         " zone where none is written)"),
        ("rate: 120/min", "rate: fast", "[1]: 'fast' is not a rate like 120/min, 2/s or 300/h"),
        ("rate: 120/min", "rat: 120/min", "[1]: unknown key 'rat' (did you mean 'rate'?)"),
    ],
)  # fmt: skip
def test_a_dated_rate_that_is_none_is_refused_with_its_place(old: str, new: str, said: str):
    assert f"plant.yaml:6: products.a.ideal.press{said}" in problems(RATES.replace(old, new))


def test_a_plan_tells_that_a_dated_rate_mends_the_past():
    old, new = loaded(RATES.replace(", {rate: 120/min, from: 2026-11-02T06:00}", "")), loaded(RATES)
    told = [str(change) for change in product_changes(Pair(old, new, {}))]
    assert told == ["added dated rate a: ideal of press from 2026-11-02T05:00:00Z: 0.5 s; for the past too"]
