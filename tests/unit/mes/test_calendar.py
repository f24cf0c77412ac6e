"""The calendar: shifts over midnight and over the days of 23 and 25 hours; any cutting sums to the whole."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import DAY, HOUR, MINUTE, SECOND, from_text, to_text
from twin.mes.calendar import Calendar, Period, clipped, common, length, without
from twin.model.wall_clock import instant_of
from twin.model.week import parse_times

ZONES = ["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
SPRING, AUTUMN = "2026-03-29", "2026-10-25"
"""In Prague the clock goes from 02:00 to 03:00, and from 03:00 to 02:00."""


def calendar(zone: str = "Europe/Prague", *breaks: str, **shifts: str) -> Calendar:
    return Calendar(
        ZoneInfo(zone),
        {name: (parse_times(text),) for name, text in shifts.items()},
        tuple(parse_times(text) for text in breaks),
    )


ROUND_THE_CLOCK = {"early": "06:00-14:00", "late": "14:00-22:00", "night": "22:00-06:00"}


def at(text: str) -> int:
    return from_text(text)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_day_has_as_many_hours_as_the_wall_gives_it(day: str, hours: int) -> None:
    (found,) = calendar().periods("day", at(f"{day}T12:00:00Z"), at(f"{day}T12:00:00Z"))
    assert (found.name, found.end - found.start) == (day, hours * HOUR)
    assert len(calendar().periods("hour", found.start, found.end)) == hours


@pytest.mark.parametrize(("night", "hours"), [("2026-03-27", 8), ("2026-03-28", 7), ("2026-10-24", 9)])
def test_a_night_shift_belongs_to_the_evening_and_may_be_an_hour_shorter_or_longer(night: str, hours: int) -> None:
    found = calendar(night="Mon-Sun 22:00-06:00").periods("shift", at(f"{night}T22:30:00Z"), at(f"{night}T22:30:00Z"))
    (one,) = found
    assert one.end - one.start == hours * HOUR
    assert length(calendar(night="22:00-06:00").busy(one.start, one.end)) == hours * HOUR


def test_a_night_shift_of_friday_ends_on_saturday_and_there_is_none_on_saturday() -> None:
    nights = calendar("UTC", night="Mon-Fri 22:00-06:00")
    found = nights.periods("shift", at("2026-11-27T23:00:00Z"), at("2026-11-30T12:00:00Z"))
    assert [(to_text(one.start), to_text(one.end)) for one in found] == [
        ("2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z")
    ]


def test_hours_of_an_autumn_night_have_names_of_their_own() -> None:
    hours = calendar().periods("hour", at(f"{AUTUMN}T00:00:00Z"), at(f"{AUTUMN}T02:00:00Z"))
    assert [one.name for one in hours] == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]


def test_a_time_that_the_clock_skips_is_the_instant_of_the_jump() -> None:
    prague = ZoneInfo("Europe/Prague")
    jump = at("2026-03-29T01:00:00Z")
    assert [instant_of(date(2026, 3, 29), minutes, prague) for minutes in (119, 120, 150, 180)] == [
        jump - MINUTE, jump, jump, jump,
    ]  # fmt: skip
    assert instant_of(date(2026, 10, 25), 150, prague) == at("2026-10-25T00:30:00Z")


def test_breaks_leave_the_planned_busy_time() -> None:
    plan = calendar("UTC", "Mon-Fri 10:00-10:15", early="Mon-Sun 06:00-14:00")
    week = (at("2026-11-23T00:00:00Z"), at("2026-11-30T00:00:00Z"))
    assert length(plan.planned(*week)) == 7 * 8 * HOUR
    assert length(plan.pauses(*week)) == 5 * 15 * MINUTE
    assert length(plan.busy(*week)) == 7 * 8 * HOUR - 75 * MINUTE


def test_shifts_that_overlap_count_once() -> None:
    plan = calendar("UTC", a="06:00-14:00", b="13:30-22:00")
    day = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"))
    assert plan.planned(*day) == [(day[0] + 6 * HOUR, day[0] + 22 * HOUR)]
    assert [one.name for one in plan.periods("shift", *day)] == ["a", "b"]


def test_without_shifts_nothing_is_planned() -> None:
    plan = calendar("UTC", "10:00-10:15")
    assert not plan.is_known
    assert plan.busy(0, DAY) == plan.pauses(0, DAY) == plan.periods("shift", 0, DAY) == []


STARTS = st.integers(at("2011-12-20T00:00:00Z") // MINUTE, at("2027-12-31T00:00:00Z") // MINUTE)


@given(st.sampled_from(ZONES), STARTS, st.integers(1, 5 * 24 * 60), st.lists(st.integers(0, 5 * 24 * 60), max_size=5))
def test_any_cutting_sums_to_the_whole(zone: str, start: int, minutes: int, cuts: list[int]) -> None:
    plan = calendar(zone, "02:15-03:10", "Sat 12:00-12:30", early="06:00-14:00", night="Mon-Fri 22:00-03:30")
    first, last = start * MINUTE, (start + minutes) * MINUTE
    edges = [first, *sorted(first + cut % minutes * MINUTE for cut in cuts), last]
    for part in (plan.planned, plan.pauses, plan.busy):
        assert sum(length(part(a, b)) for a, b in pairwise(edges)) == length(part(first, last))
    assert length(plan.planned(first, last)) == length(plan.pauses(first, last)) + length(plan.busy(first, last))


@given(st.sampled_from(ZONES), STARTS, st.integers(1, 5 * 24 * 60))
def test_days_hours_and_shifts_round_the_clock_have_no_gap_and_no_overlap(zone: str, start: int, minutes: int) -> None:
    first, last = start * MINUTE, (start + minutes) * MINUTE
    plan = calendar(zone, **ROUND_THE_CLOCK)
    for by in ("day", "hour", "shift"):
        found = plan.periods(by, first, last)
        assert found[0].start <= first
        assert found[-1].end >= last
        assert [a.end for a in found[:-1]] == [b.start for b in found[1:]]
    assert plan.busy(first, last) == [(first, last)]


@given(st.sampled_from(ZONES), st.dates(date(2011, 1, 1), date(2030, 1, 1)), st.integers(0, 1439), st.integers(0, 1440))
def test_a_later_time_on_the_wall_is_never_an_earlier_instant(zone: str, day: date, one: int, other: int) -> None:
    early, late = (instant_of(day, minutes, ZoneInfo(zone)) for minutes in sorted((one, other)))
    assert early <= late
    assert (late - early) % SECOND == 0


INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8).map(
    lambda pairs: clipped(((a, a + b % 9) for a, b in pairs), 0, 64)
)


@given(INTERVALS, INTERVALS)
def test_sets_of_instants(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    def inside(intervals: list[tuple[int, int]]) -> set[int]:
        return {instant for a, b in intervals for instant in range(a, b)}

    assert inside(common(some, others)) == inside(some) & inside(others)
    assert inside(without(some, others)) == inside(some) - inside(others)
    assert length(common(some, others)) == len(inside(some) & inside(others))


def test_a_period_ends_now_at_the_latest() -> None:
    assert Period("x", 10, 20).until(15) == Period("x", 10, 15)
    assert Period("x", 10, 20).until(5) == Period("x", 10, 10)
    assert Period("x", 10, 20).until(25) == Period("x", 10, 20)
