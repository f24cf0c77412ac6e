"""What the log has and what an outlet has: the same rows, in order, whatever happens on the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np

from tests.unit.runtime.outlets.shelf import BEGIN, Row, Shelf, Ticking, fill, opened, rows_of
from twin.core.event import OUTLET_DROPPED
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.runtime.outlets.carrier import Pace
from twin.runtime.sealing import Sealing
from twin.runtime.twin import Twin
from twin.store.seal import Bounds, Sealer

ONE = 'a: {shelf: "shelf://a"}'


def logged(twin: Twin, scaled: bool = True) -> list[Row]:
    """All rows of the log, in the order in which an outlet gets them."""
    s = twin.reader.since(0, FAR_FUTURE).samples
    s = s.take(np.lexsort((s.tag, s.time, s.recorded)))
    rows = rows_of(s)
    return [(*row[:3], row[3] * 10 if scaled and row[1] == 0 else row[3], row[4]) for row in rows]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a task does."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.005)


async def test_every_row_arrives_in_the_order_of_the_log_and_once(tmp_path: Path) -> None:
    shelf = Shelf()
    async with opened(tmp_path, Ticking(), ONE, {"a": shelf}) as twin:
        await fill(twin, 40)
        await shelf.until(lambda: len(shelf.rows) == 400)
        assert shelf.rows == logged(twin)
        assert "run.started" in shelf.events
        await until(lambda: twin.forwarding.standing("a").sent == 400 and twin.forwarding.behind("a")[0] == 0)
        assert twin.forwarding.reports()["a"].state == "up"


async def test_after_a_restart_it_goes_on_behind_its_cursor(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 20)
        await shelf.until(lambda: len(shelf.rows) == 200)
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 20, first=20)
        await shelf.until(lambda: len(shelf.rows) == 400)
        assert shelf.rows == logged(twin)


async def test_a_backlog_in_files_and_in_the_log_comes_in_pieces_of_whole_entries(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    async with opened(tmp_path, clock, "b: {shelf: 'shelf://b'}", {"b": Shelf()}) as twin:
        await fill(twin, 300)
        sealer = Sealer(twin._log, twin.reader, Bounds(rows=700, age=0, leave=0))
        for _ in range(3):
            assert await asyncio.to_thread(sealer.seal, clock.now() + SECOND) == 700
        await fill(twin, 3, rows=250, first=20)
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await shelf.until(lambda: len(shelf.rows) == 3750)
        assert shelf.rows == logged(twin)
        assert max(shelf.pieces) == 250  # a batch is not divided
        assert sorted(set(shelf.pieces) - {0})[-2] == 100
        assert shelf.doubled() == 0


async def test_it_gets_its_tags_alone_and_wire_numbers_when_it_says_so(tmp_path: Path) -> None:
    hall, wire, late = Shelf(), Shelf(), Shelf()
    both = "hall: {shelf: 'shelf://h', tags: [hall/**]}\nwire: {shelf: 'shelf://w', values: wire}"
    clock = Ticking()
    async with opened(tmp_path, clock, both, {"hall": hall, "wire": wire}) as twin:
        await fill(twin, 20)
        await wire.until(lambda: len(wire.rows) == 200)
        await hall.until(lambda: len(hall.rows) == 100)
        assert wire.rows == logged(twin, scaled=False)
        assert hall.rows == [row for row in logged(twin) if row[1] == 0]
    async with opened(tmp_path, clock, "late: {shelf: 'shelf://l', from: now}", {"late": late}) as twin:
        await fill(twin, 1, first=20)
        await late.until(lambda: bool(late.rows))
        assert late.rows == logged(twin)[200:]


async def test_one_that_is_away_or_wrongly_set_does_not_touch_its_neighbours(tmp_path: Path) -> None:
    shelves = {name: Shelf() for name in ("well", "away", "wrong")}
    shelves["away"].away, shelves["wrong"].wrong = "no answer", "no such bucket; make it"
    outlets = "\n".join(f"{name}: {{shelf: 'shelf://{name}'}}" for name in shelves)
    async with opened(tmp_path, Ticking(), outlets, shelves) as twin:
        await fill(twin, 30)
        await shelves["well"].until(lambda: len(shelves["well"].rows) == 300)
        reports = twin.forwarding.reports()
        await until(lambda: reports["wrong"].state == "stopped" and reports["away"].attempts > 2)
        assert (reports["well"].state, reports["away"].state) == ("up", "down")
        assert (reports["away"].cause, reports["wrong"].cause) == ("no answer", "no such bucket; make it")
        assert twin.ready()[0] or "outlet" not in twin.ready()[1]
        assert twin.forwarding.behind("away")[0] == 300
        shelves["away"].away = shelves["wrong"].wrong = ""
        await twin.forwarding.retry("wrong", None, "eva")
        for name in ("away", "wrong"):
            await shelves[name].until(lambda name=name: len(shelves[name].rows) == 300)
            assert shelves[name].rows == logged(twin)


async def test_the_other_sides_wish_to_be_left_alone_is_heard(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away, shelf.retry_after = "busy", 3600.0
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        report = twin.forwarding.reports()["a"]
        await until(lambda: report.next_attempt is not None)
        assert report.next_attempt is not None
        assert report.next_attempt - clock.now() > 3500 * SECOND
        assert report.attempts == 1
        shelf.away = ""
        await twin.forwarding.retry("a", None, "eva")
        await until(lambda: report.state == "up")


async def test_a_send_that_stalls_is_given_up_and_the_piece_comes_again(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.stalls = asyncio.Event()
    pace = Pace(first_s=0.01, longest_s=0.05, linger_s=0.01, stalled_s=0.3, piece=100, stretch=1000)
    async with opened(tmp_path, Ticking(), ONE, {"a": shelf}, pace=pace) as twin:
        await fill(twin, 10)
        report = twin.forwarding.reports()["a"]
        await until(lambda: report.state == "down" and "no answer in 0.3 s" in report.cause)
        assert twin.forwarding.standing("a").sent == 0
        shelf.stalls.set()
        await until(lambda: twin.forwarding.standing("a").sent == 100)
        assert shelf.once() == set(logged(twin))


async def test_a_piece_cut_off_by_the_end_of_the_run_comes_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("twin.runtime.outlets.forwarding.GRACE_S", 0.05)
    shelf, clock = Shelf(), Ticking()
    shelf.stalls = asyncio.Event()
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 10)
        await asyncio.wait_for(shelf.stalled.wait(), 60)
    shelf.stalls = None
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await shelf.until(lambda: shelf.once() == set(logged(twin)))
        await until(lambda: twin.forwarding.standing("a").sent == 100)


async def test_what_is_more_than_most_is_dropped_oldest_first_counted_and_told(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.away = "no answer"
    async with opened(tmp_path, Ticking(), 'a: {shelf: "shelf://a", most: 150}', {"a": shelf}) as twin:
        await fill(twin, 100)
        await until(lambda: twin.forwarding.standing("a").told >= 850)
        shelf.away = ""
        await until(lambda: twin.forwarding.standing("a").sent > 0 and twin.forwarding.behind("a")[0] == 0)
        standing = twin.forwarding.standing("a")
        assert standing.sent + standing.dropped == 1000
        assert shelf.rows == logged(twin)[standing.dropped :]
        events = [event for _, event in reversed(twin.reader.events(FAR_PAST, FAR_FUTURE, (OUTLET_DROPPED,)))]
        assert sum(event.body["rows"] for event in events) == standing.dropped == standing.told
        assert all(a.body["to"] <= b.body["from"] for a, b in pairwise(events))
        assert {event.body["cause"] for event in events} == {"more waited than `most` allows"}


async def test_what_waits_longer_than_most_is_dropped(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no answer"
    async with opened(tmp_path, clock, 'a: {shelf: "shelf://a", most: 30m}', {"a": shelf}) as twin:
        await fill(twin, 10)
        clock.instant += HOUR
        await fill(twin, 10, first=10)
        await until(lambda: twin.forwarding.standing("a").told == 100)
        shelf.away = ""
        await until(lambda: twin.forwarding.standing("a").sent == 100)
        assert shelf.rows == logged(twin)[100:]


async def test_without_a_bound_nothing_is_dropped_where_the_log_keeps_all(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no answer"
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 10)
        clock.instant += HOUR
        await fill(twin, 10, first=10)
        assert twin.forwarding.needed_from() < BEGIN + 2 * 3600 * SECOND
        shelf.away = ""
        await until(lambda: twin.forwarding.standing("a").sent == 200)
        assert twin.forwarding.standing("a").dropped == 0
        await until(lambda: twin.forwarding.needed_from() == twin.reader.last())


async def test_a_renamed_outlet_goes_on_and_one_that_left_holds_nothing_up(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 10)
        await until(lambda: twin.forwarding.standing("a").sent == 100)
    async with opened(tmp_path, clock, 'b: {shelf: "shelf://a", was: a}', {"b": shelf}) as twin:
        await fill(twin, 10, first=10)
        await until(lambda: twin.forwarding.standing("b").sent == 200)
        assert shelf.rows == logged(twin)
        assert set(twin.forwarding.outbox.standings()) == {"b"}
    async with opened(tmp_path, clock, "c: {shelf: 'shelf://c', from: now}", {"c": Shelf()}) as twin:
        assert not twin.forwarding.standing("b").active
        assert twin.forwarding.needed_from() > twin.forwarding.standing("b").cursor
        await fill(twin, 10, first=20)
    async with opened(tmp_path, clock, 'b: {shelf: "shelf://a"}', {"b": shelf}) as twin:
        await until(lambda: twin.forwarding.standing("b").sent == 300)
        assert shelf.rows == logged(twin)


async def test_a_twin_that_serves_what_is_stored_forgets_nothing_that_an_outlet_waits_for(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no answer"
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 10)
    async with opened(tmp_path, clock, ONE, {"a": shelf}, connect=False) as twin:
        assert twin.forwarding.needed_from() == twin.forwarding.standing("a").cursor == 0
    async with opened(tmp_path, clock, "b: {shelf: 'shelf://b'}", {"b": Shelf()}, connect=False) as twin:
        assert twin.forwarding.needed_from() == FAR_FUTURE


async def test_live_rows_are_acknowledged_while_a_backlog_drains(tmp_path: Path) -> None:
    """Both go on together: batches become durable between the pieces of a backlog that is not through yet."""
    shelf, clock = Shelf(), Ticking()
    async with opened(tmp_path, clock, "b: {shelf: 'shelf://b', from: now}", {"b": Shelf()}) as twin:
        await fill(twin, 400, rows=50)
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        acknowledged = 0
        while twin.forwarding.behind("a")[0] > 5000:
            await fill(twin, 1, rows=10, first=2000 + acknowledged)
            acknowledged += 1
        assert acknowledged > 10
        await until(lambda: twin.forwarding.behind("a")[0] == 0)
        assert shelf.rows == logged(twin)


async def test_rows_are_sealed_and_merged_under_an_outlet_that_reads_them(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()

    def sealing(log, reader):
        return Sealing(log, reader, clock, Bounds(rows=300, age=0, leave=0, grace=0, settle=0, pause_s=0.001))

    shelf.away = "no answer"
    async with opened(tmp_path, clock, ONE, {"a": shelf}, sealing=sealing) as twin:
        for n in range(8):
            await fill(twin, 25, first=25 * n)
            shelf.away = "" if n % 3 else "no answer"
            clock.instant += MINUTE
        shelf.away = ""
        await until(lambda: twin.forwarding.standing("a").sent == 2000)
        assert shelf.once() == set(logged(twin))
        assert [row[0] for row in shelf.rows] == sorted(row[0] for row in shelf.rows)


async def test_retention_waits_for_an_outlet_and_forgets_once_it_has_all(tmp_path: Path) -> None:
    """The real retention of a twin, whose first look is at its start; in the log and in files."""
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no route to host"
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 20)
        sealer = Sealer(twin._log, twin.reader, Bounds(rows=100, age=0, leave=0))
        assert await asyncio.to_thread(sealer.seal, clock.now() + SECOND) == 100
        rows = logged(twin)
    clock.instant += 20 * HOUR

    def retained(twin: Twin) -> bool:
        return twin.reader.kept_from() is not None and twin.reader.kept_from() > clock.now() - HOUR - SECOND

    async with opened(tmp_path, clock, ONE, {"a": shelf}, connect=False, keep=HOUR) as twin:
        await until(lambda: retained(twin))
        assert logged(twin) == rows  # a twin that only serves forgets nothing that waits, either
    clock.instant += HOUR
    async with opened(tmp_path, clock, ONE, {"a": shelf}, keep=HOUR) as twin:
        await until(lambda: retained(twin))
        shelf.away = ""
        await shelf.until(lambda: len(shelf.rows) == 200)
        assert shelf.rows == rows
        await until(lambda: twin.forwarding.behind("a")[0] == 0)
        assert twin.forwarding.standing("a").dropped == 0
    clock.instant += HOUR
    async with opened(tmp_path, clock, ONE, {"a": shelf}, keep=HOUR) as twin:
        await until(lambda: retained(twin) and not logged(twin))


async def test_damaged_entries_of_the_log_hold_no_outlet_up(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no route to host"
    async with opened(tmp_path, clock, ONE, {"a": shelf}) as twin:
        await fill(twin, 20)
        with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
            of_kind = "(SELECT max(recorded) FROM entry WHERE kind {} '')"
            for kind in ("=", "!="):
                connection.execute(f"UPDATE entry SET crc = crc + 1 WHERE recorded = {of_kind.format(kind)}")
        shelf.away = ""
        await shelf.until(lambda: len(shelf.rows) == 190)
        await until(lambda: twin.forwarding.behind("a")[0] == 0)
        assert "gap" in shelf.events


async def test_what_a_damaged_file_holds_is_left_out_beyond_the_bound(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Ticking()
    shelf.away = "no route to host"
    bounded = 'a: {shelf: "shelf://a", most: 1h}'
    async with opened(tmp_path, clock, bounded, {"a": shelf}) as twin:
        await fill(twin, 10)
        sealer = Sealer(twin._log, twin.reader, Bounds(rows=100, age=0, leave=0))
        assert await asyncio.to_thread(sealer.seal, clock.now() + SECOND) == 100
        ((path,),) = twin.reader.rows("SELECT path FROM file")
        body = bytearray((tmp_path / path).read_bytes())
        body[len(body) // 3] ^= 1
        (tmp_path / path).write_bytes(body)
        shelf.away = ""
        await until(lambda: "checksum" in (twin.forwarding.reports()["a"].cause or ""))
        clock.instant += 2 * HOUR
        await fill(twin, 1, first=10)
        await shelf.until(lambda: len(shelf.rows) == 10)
        assert twin.forwarding.standing("a").dropped == 100
