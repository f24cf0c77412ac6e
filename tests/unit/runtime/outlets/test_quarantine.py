"""What the other side refuses: kept with its cause, sent again when people ask, gone when it is mended or given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runtime.outlets.shelf import BEGIN, Shelf, Ticking, fill, opened
from tests.unit.runtime.outlets.test_forwarding import ONE, logged, until
from twin.core.batch import batch
from twin.core.event import OUTLET_DISCARDED, OUTLET_DROPPED, OUTLET_RETRIED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.runtime.twin import Twin


def counted(twin: Twin) -> tuple[int, int, int, int]:
    """Sent, refused, mended; in quarantine."""
    standing = twin.forwarding.standing("a")
    return standing.sent, standing.refused, standing.mended, twin.forwarding.outbox.counts("a")[0]


async def test_a_refused_row_is_kept_and_its_neighbours_go_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = Shelf()
    shelf.refuses = lambda value: value in {3.0, 7.0, 100.0}  # 100 is 10 of hall/temp in its unit
    async with opened(tmp_path, Ticking(), ONE, {"a": shelf}) as twin:
        await fill(twin, 10)
        await until(lambda: counted(twin) == (97, 3, 0, 3))
        held = twin.forwarding.outbox.held("a")
        assert [(one.tag, one.value, one.cause) for one in held] == [
            (1, 3.0, "no room for 3.0"),
            (1, 7.0, "no room for 7.0"),
            (0, 10.0, "no room for 100.0"),  # as the log has it
        ]
        assert len(shelf.rows) == 97
        line = "outlet a: rows are refused, see twin outlet quarantine a: no room for 3.0"
        await until(lambda: caplog.messages.count(line) == 1)

        shelf.refuses = lambda value: value == 7.0
        assert await twin.forwarding.retry("a", None, "eva") == 3
        await until(lambda: counted(twin) == (99, 3, 2, 1))
        assert set(logged(twin)) - set(shelf.rows) == {row for row in logged(twin) if row[3] == 7.0}
        (left,) = twin.forwarding.outbox.held("a")
        assert not left.again
        assert await twin.forwarding.discard("a", [left.number], "eva") == 1
        assert counted(twin) == (99, 3, 2, 0)
        told = twin.reader.events(FAR_PAST, FAR_FUTURE, (OUTLET_RETRIED, OUTLET_DISCARDED))
        assert [(event.kind, event.body["rows"], event.who) for _, event in told] == [
            ("outlet.discarded", 1, "eva"),
            ("outlet.retried", 3, "eva"),
        ]


async def test_a_row_that_is_mended_in_the_log_leaves_the_quarantine_by_itself(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.refuses = lambda value: value > 50
    async with opened(tmp_path, Ticking(), 'a: {shelf: "shelf://a", values: wire}', {"a": shelf}) as twin:
        await twin.append(batch("test", twin.tags.ids_of(["p/hall/temp"] * 2), [BEGIN, BEGIN + 1], [1.0, 99.0]))
        await until(lambda: counted(twin) == (1, 1, 0, 1))
        await twin.append(batch("test", twin.tags.ids_of(["p/hall/temp"]), [BEGIN + 1], [9.0]))
        await until(lambda: counted(twin) == (2, 1, 1, 0))


async def test_an_old_row_is_not_sent_again_where_a_newer_one_stands_for_it(tmp_path: Path) -> None:
    """The newer one was refused, too, or goes first: sent again, the old one would undo it."""
    shelf = Shelf()
    shelf.refuses = lambda value: value > 50
    async with opened(tmp_path, Ticking(), 'a: {shelf: "shelf://a", values: wire}', {"a": shelf}) as twin:
        for value in (98.0, 99.0):
            await twin.append(batch("test", twin.tags.ids_of(["p/hall/temp"]), [BEGIN], [value]))
        await until(lambda: counted(twin)[1] == 2)
        shelf.refuses = lambda _value: False
        await twin.forwarding.retry("a", None, "eva")
        await until(lambda: counted(twin)[3] == 0)
        assert [row[3] for row in shelf.rows] == [99.0]


async def test_the_quarantine_has_a_bound_and_what_goes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.store.outbox.MOST_HELD", 40)
    shelf = Shelf()
    shelf.refuses = lambda value: value % 2 == 1
    async with opened(tmp_path, Ticking(), ONE, {"a": shelf}) as twin:
        await fill(twin, 20)
        await until(lambda: counted(twin)[:2] == (100, 100))
        assert counted(twin)[3] == 40
        assert [one.value for one in twin.forwarding.outbox.held("a")] == [float(n) for n in range(121, 200, 2)]
        assert twin.forwarding.standing("a").overflowed == 60

        def told() -> int:
            events = twin.reader.events(FAR_PAST, FAR_FUTURE, (OUTLET_DROPPED,))
            return sum(event.body["rows"] for _, event in events)

        await until(lambda: told() == 60)


async def test_what_was_asked_for_in_a_run_that_ended_is_done_in_the_next(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.refuses = lambda value: value == 3.0
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 1)
        await until(lambda: counted(twin)[1] == 1)
        shelf.away = "no answer"
        await twin.forwarding.retry("a", None, "eva")
    shelf.away, shelf.refuses = "", lambda _value: False
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await until(lambda: counted(twin) == (10, 1, 1, 0))
        assert set(shelf.rows) == set(logged(twin))
