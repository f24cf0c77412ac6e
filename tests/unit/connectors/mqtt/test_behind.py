"""A clock that is behind is told from what comes late for another reason."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from connectors.mqtt.behind import ClockWatch, wording
from tests.wire.mqtt.plant import Kept
from twin.core.batch import batch
from twin.core.event import CLOCK_OFFSET
from twin.core.instant import DAY, HOUR, MINUTE, SECOND
from twin.core.tags import TagTable

BEGIN = 20_000 * DAY
BEHIND = 40 * MINUTE
TAGS = ("filler/temp", "capper/temp")


class Desk:
    """A watch that is shown what arrives when."""

    def __init__(self) -> None:
        self.kept = Kept()
        tags = TagTable()
        for name in TAGS:
            tags.id_of(name)
        self.watch = ClockWatch("gw", tags, self.kept)

    def came(self, arrival: int, *times: int, tag: int = 0) -> None:
        """Rows with these times of the source, ns since the begin, at an arrival."""
        self.watch.look(
            batch("gw", [tag] * len(times), [BEGIN + time for time in times], [1.0] * len(times), [0] * len(times)),
            BEGIN + arrival,
        )

    @property
    def notice(self) -> str | None:
        return self.kept.notices.get("clock")

    @property
    def offsets(self) -> list[int]:
        assert {event.kind for event in self.kept.events} <= {CLOCK_OFFSET}
        return [event.body["offset_ns"] for event in self.kept.events]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def seconds(start: int, end: int, step: int = 1) -> Iterable[int]:
    return (n * SECOND for n in range(start, end, step))


def test_a_clock_behind_is_told_once_and_taken_back_once(desk: Desk) -> None:
    for at in seconds(0, 600):
        desk.came(at, at - BEHIND)
        desk.came(at, at, tag=1)
    assert desk.notice == wording("filler/temp", BEHIND)
    assert desk.offsets == [-BEHIND]
    for at in seconds(600, 700):
        desk.came(at, at)
    assert desk.notice == ""
    assert desk.offsets == [-BEHIND, 0]


def test_of_several_one_stands_for_all_until_it_is_right(desk: Desk) -> None:
    for at in seconds(0, 600):
        for tag in (0, 1):
            desk.came(at, at - BEHIND, tag=tag)
    for at in seconds(600, 700):
        desk.came(at, at, tag=0)
        desk.came(at, at - BEHIND, tag=1)
    assert desk.notice == wording("capper/temp", BEHIND)
    assert desk.offsets == [-BEHIND]


def test_a_clock_behind_shows_through_a_gateway_that_collects(desk: Desk) -> None:
    for at in seconds(60, 900, 60):
        desk.came(at, *(at - BEHIND - back for back in seconds(59, -1, -1)))
    assert desk.offsets == [-BEHIND]


def right_but_collected() -> Iterable[tuple[int, list[int]]]:
    """A minute's rows at a time, each message in its own piece of the wire."""
    for at in seconds(60, 1800, 60):
        yield from ((at + n, [at - back]) for n, back in enumerate(seconds(59, -1, -1)))


def filled_in_afterwards() -> Iterable[tuple[int, list[int]]]:
    """A day's rows again, five for each second, and then live ones."""
    for at in seconds(0, 1800):
        yield at, [5 * at - DAY + n * SECOND for n in range(5)]
    for at in seconds(1800, 3600):
        yield at, [at]


def filled_in_beside() -> Iterable[tuple[int, list[int]]]:
    for at in seconds(0, 1800):
        yield at, [at - HOUR, at]


def retained_then_live() -> Iterable[tuple[int, list[int]]]:
    yield 0, [-90 * DAY]
    for at in seconds(1, 600):
        yield at, [at]


def retained_again_and_again() -> Iterable[tuple[int, list[int]]]:
    return ((at, [-DAY]) for at in seconds(0, 3600, 10))


def quiet() -> Iterable[tuple[int, list[int]]]:
    """A value that changes once an hour and is repeated each minute with the time of its change."""
    return ((at, [at // HOUR * HOUR]) for at in seconds(0, 8 * 3600, 60))


def means_of_a_quarter() -> Iterable[tuple[int, list[int]]]:
    """Stamped where their quarter of an hour begins."""
    return ((at, [at - 15 * MINUTE]) for at in seconds(0, 8 * 3600, 900))


def less_than_a_minute() -> Iterable[tuple[int, list[int]]]:
    return ((at, [at - 55 * SECOND]) for at in seconds(0, 1800))


def ahead() -> Iterable[tuple[int, list[int]]]:
    return ((at, [at + HOUR]) for at in seconds(0, 600))


@pytest.mark.parametrize(
    "rows",
    [
        right_but_collected,
        filled_in_afterwards,
        filled_in_beside,
        retained_then_live,
        retained_again_and_again,
        quiet,
        means_of_a_quarter,
        less_than_a_minute,
        ahead,
    ],
    ids=lambda rows: rows.__name__,
)
def test_what_is_late_for_another_reason_is_not_told(desk: Desk, rows) -> None:
    for arrival, times in rows():
        desk.came(arrival, *times)
    assert desk.notice is None
    assert desk.offsets == []


@pytest.mark.parametrize(
    ("delay", "text"), [(90 * SECOND, "90 s"), (BEHIND, "40 min"), (3 * HOUR, "3 h"), (9 * DAY, "9 days")]
)
def test_how_far_is_said_in_words(delay: int, text: str) -> None:
    assert f" is {text} behind ours; set it, or write `time: arrival`" in wording("t", delay)
