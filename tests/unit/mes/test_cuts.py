"""Spans cut by length and by the wall: nothing is lost, nothing counts twice, whatever the clock does."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import DAY, HOUR, SECOND, from_text
from twin.mes.calendar import Calendar
from twin.mes.cuts import Cuts, calendar_cuts, equal_cuts
from twin.model.week import WeekTimes

ZONES = (
    "Europe/Prague",
    "America/Sao_Paulo",  # until 2018 the clock went forward at midnight
    "Africa/Cairo",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # 30 December 2011 was left out
    "Asia/Kathmandu",
)
EVERY_DAY = tuple(range(7))
SHIFTS = {
    "early": (WeekTimes(EVERY_DAY, 360, 840),),
    "late": (WeekTimes(EVERY_DAY, 810, 1320),),
    "night": (WeekTimes(EVERY_DAY, 1320, 360),),
}
starts = st.one_of(
    st.integers(0, 20_000 * DAY // SECOND).map(lambda second: second * SECOND),
    st.sampled_from(["2011-12-29T10:00:00Z", "2017-10-15T02:59:59Z", "2026-03-28T23:00:00Z"]).map(from_text),
)


def check(cuts: Cuts, start: int, end: int) -> None:
    """What holds of all cuts: whole, in order, and told again by their layers."""
    assert (cuts.start < cuts.end).all()
    assert (np.diff(cuts.start) >= 0).all()
    assert (start <= cuts.start).all()
    assert (cuts.end <= end).all()
    for layer in cuts.layers:
        assert (np.diff(layer.edges) > 0).all()
    if cuts.layers:
        assert sorted(np.concatenate([layer.place for layer in cuts.layers]).tolist()) == list(range(len(cuts.start)))
        assert (cuts.gathered([layer.edges[:-1] for layer in cuts.layers]) == cuts.start).all()
        assert (cuts.gathered([layer.edges[1:] for layer in cuts.layers]) == cuts.end).all()


@given(
    zone=st.sampled_from(ZONES),
    by=st.sampled_from(["day", "week", "month"]),
    start=starts,
    length=st.integers(0, 90 * 24 * 60).map(lambda minutes: minutes * 60 * SECOND),
)
def test_days_weeks_and_months_are_the_whole_span(zone: str, by: str, start: int, length: int) -> None:
    cuts = calendar_cuts(Calendar(ZoneInfo(zone), {}), by, start, start + length)
    check(cuts, start, start + length)
    assert (cuts.end - cuts.start).sum() == length
    assert len(cuts.layers) == min(length, 1)
    assert not cuts.shortened[1:-1].any()
    names = list(cuts.name or ())
    assert len(set(names)) == len(names)
    assert all(a < b for a, b in pairwise(names))


@given(zone=st.sampled_from(ZONES), start=starts, length=st.integers(0, 10 * 24 * 4).map(lambda n: n * 900 * SECOND))
def test_shifts_over_midnight_that_overlap(zone: str, start: int, length: int) -> None:
    cuts = calendar_cuts(Calendar(ZoneInfo(zone), SHIFTS), "shift", start, start + length)
    check(cuts, start, start + length)
    assert len(cuts.layers) <= 2
    around = zip(cuts.start.tolist(), cuts.end.tolist(), strict=True)
    covered = set().union(*(range(a // (900 * SECOND), -(-b // (900 * SECOND))) for a, b in around))
    assert covered >= set(range(-(-start // (900 * SECOND)), (start + length) // (900 * SECOND)))


@given(start=st.integers(0, 10**18), length=st.integers(0, 5000), step=st.integers(1, 700))
def test_equal_ones_end_with_a_shorter_one(start: int, length: int, step: int) -> None:
    cuts = equal_cuts(start, start + length, step)
    check(cuts, start, start + length)
    assert (cuts.end - cuts.start).sum() == length
    assert cuts.shortened.sum() == (length % step > 0)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28T12:00:00Z", [8, 8.5, 7, 8, 8.5]), ("2026-10-24T12:00:00Z", [8, 8.5, 9, 8, 8.5])]
)
def test_a_night_shift_is_shorter_or_longer_when_the_clock_moves(day: str, hours: list[float]) -> None:
    noon = from_text(day)
    whole = calendar_cuts(Calendar(ZoneInfo("Europe/Prague"), SHIFTS), "shift", noon - 8 * HOUR, noon + 28 * HOUR)
    of_name = [(name, (b - a) / HOUR) for name, a, b in zip(whole.name or (), whole.start, whole.end, strict=True)]
    told = [one for one, short in zip(of_name, whole.shortened.tolist(), strict=True) if not short]
    assert [one for one in told if one[0] == "night"] == [("night", hours[2])]
