"""The server's clock: measured halfway, told once when it is wrong beyond doubt and once when it is right again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua

from connectors.opcua.link.offset import ClockWatch, Offset, offset_of, wording
from tests.unit.connectors.opcua.link.test_publisher import Reporter
from twin.core.event import CLOCK_OFFSET
from twin.core.instant import SECOND

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


class Walk:
    """A clock of ours that every look moves on by 100 ms: half a round trip each way."""

    def __init__(self) -> None:
        self.ns = int(BEGIN.timestamp()) * SECOND

    def now(self) -> int:
        self.ns += SECOND // 10
        return self.ns


class Server:
    """Shows a time that is so far from the clock; None: none at all."""

    def __init__(self, clock: Walk, away: timedelta | None) -> None:
        self.clock = clock
        self.away = away

    async def read_attributes(self, nodes: list[ua.NodeId], attribute: ua.AttributeIds) -> list[ua.DataValue]:
        if self.away is None:
            return [ua.DataValue()]
        moment = datetime.fromtimestamp(self.clock.now() / SECOND, UTC) + self.away
        return [ua.DataValue(ua.Variant(moment, ua.VariantType.DateTime))]


async def test_the_offset_is_counted_from_halfway() -> None:
    clock = Walk()
    offset = await offset_of(Server(clock, timedelta(minutes=-40)), clock)  # type: ignore[arg-type]
    assert offset is not None
    assert abs(offset.ns + 2400 * SECOND) < SECOND // 1000
    assert offset.wrong


async def test_a_server_without_a_clock_tells_none() -> None:
    clock = Walk()
    assert await offset_of(Server(clock, None), clock) is None  # type: ignore[arg-type]


def test_it_is_told_once_and_once_when_it_is_right_again() -> None:
    reporter = Reporter()
    watch = ClockWatch("c1", Walk(), reporter)  # type: ignore[arg-type]
    for seconds in (0, -1, -2400, -2400, -2401, 3600, 0, 0):
        watch.measured(Offset(seconds * SECOND, SECOND))
    assert [e.body["offset_ns"] // SECOND for e in reporter.events] == [-2400, 3600, 0]
    assert {e.kind for e in reporter.events} == {CLOCK_OFFSET}
    assert reporter.notices == {"clock": ""}
    assert reporter.gauges["clock_offset_s"] == 0


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s ahead of"), (-2400, "40 min behind"), (7200, "2 h ahead of"), (86400, "24 h ahead")]
)
def test_the_size_is_said_in_words(seconds: int, words: str) -> None:
    assert words in wording(Offset(seconds * SECOND, 0))
