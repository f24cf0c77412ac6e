"""Instants become text and come back to the ns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import SECOND, duration, duration_text, from_text, to_text

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(INT64)
def test_text_and_back(instant: int) -> None:
    assert from_text(to_text(instant)) == instant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-01", 0), ("1970-01-01 01:00:00+01:00", 0), ("1970-01-01T00:00:00,5Z", 0.5), ("1970-01-01T00:01Z", 60)],
)
def test_forms_of_time(text: str, seconds: float) -> None:
    assert from_text(text, naive_offset_s=0) == round(seconds * SECOND)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T25:00:00Z", "22.11.2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month|hour|day"):
        from_text(text)


def test_a_time_without_zone_is_refused_unless_one_is_given() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        from_text("2026-11-22T14:00:00")
    assert from_text("1970-01-01T02:00:00", naive_offset_s=7200) == 0


@pytest.mark.parametrize(
    ("text", "ns"), [("250ms", 250_000_000), ("1h30m", 5400 * SECOND), ("1.5s", 1_500_000_000), ("2 min", 120 * SECOND)]
)
def test_durations(text: str, ns: int) -> None:
    assert duration(text) == ns


@pytest.mark.parametrize("text", ["", "5", "s", "5 parsecs", "-1s", "1s2"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration(text)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (1_000_000, "1 ms"),
        (9_500_000_000, "9.5 s"),
        (45 * SECOND, "45 s"),
        (130 * SECOND, "2 min 10 s"),
        (7200 * SECOND, "2 h"),
    ],
)
def test_lengths_for_people(ns: int, text: str) -> None:
    assert duration_text(ns) == text
