"""Times in requests."""

from __future__ import annotations

import pytest

from twin.api.moment import moment, span, whole_minutes
from twin.api.problem import Problem
from twin.core.instant import DAY, HOUR, MINUTE, Span, from_text

NOW = from_text("2026-11-22T12:34:56.789Z")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", NOW),
        (" now - 2h ", NOW - 2 * HOUR),
        ("now-1h30m", NOW - 90 * MINUTE),
        ("2026-11-22T13:34:56.789000001+01:00", NOW + 1),
        ("2026-11-22T12:34:56,789Z", NOW),
    ],
)
def test_a_moment(text: str, instant: int) -> None:
    assert moment("from", text, NOW) == instant


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now+2h", "now-2", "2026-11-22T12:34:56", "2026-13-01T00:00:00Z", "now-90000d"]
)
def test_what_is_no_moment_names_its_place(text: str) -> None:
    with pytest.raises(Problem) as found:
        moment("from", text, NOW)
    assert found.value.status_code == 422
    assert found.value.detail.startswith("from: ")


def test_a_plus_that_an_address_lost_is_told() -> None:
    with pytest.raises(Problem) as found:
        moment("from", "2026-11-22T14:00:00 01:00", NOW)
    assert found.value.detail.endswith("; write the + of an offset as %2B")


@pytest.mark.parametrize("text", ["9999-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_what_no_int64_of_ours_holds_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="outside 1970"):
        moment("to", text, NOW)


def test_a_span_runs_forward_and_is_bounded() -> None:
    assert span("now-1h", "now", NOW) == Span(NOW - HOUR, NOW)
    with pytest.raises(Problem, match="turn them round"):
        span("now", "now-1h", NOW)
    with pytest.raises(Problem, match="at most 1 days"):
        span("now-25h", "now", NOW, DAY)


def test_relative_times_go_down_to_the_minute_and_the_present_stays() -> None:
    minute = NOW - NOW % MINUTE
    assert whole_minutes("now-1h", "now", NOW) == Span(minute - HOUR, NOW)
    assert whole_minutes("now-1h", "now-1m", NOW) == Span(minute - HOUR, minute - MINUTE)
    later = "2026-11-22T13:00:30Z"
    assert whole_minutes("2026-11-22T12:00:00Z", later, NOW).end == from_text(later)


@pytest.mark.parametrize(
    ("start", "end"), [("2026-11-22T12:00:01Z", "now"), ("2026-11-22T12:00:00Z", "2026-11-22T12:10:30Z")]
)
def test_an_instant_inside_a_minute_is_refused_with_the_minute_to_ask_for(start: str, end: str) -> None:
    with pytest.raises(Problem, match=r"kept by the minute; ask for 2026-11-22T12:\d\d:00Z"):
        whole_minutes(start, end, NOW)
