"""What the store and a live view tell together: the view is of one instant, the store of a moment later or earlier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from twin.core.fold import Record
from twin.core.history import Publication
from twin.core.instant import MINUTE, SECOND, from_text
from twin.mes.calendar import Period, calendar_of
from twin.mes.oee import Result
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.live import LiveView, MachineNow, ProductNow, TagColumns
from twin.runtime.oee import Question, oee
from twin.runtime.plugins import connectors
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

CODES = [(0, "code")]

START = from_text("2026-11-23T06:00:00Z")
PLANT = """
linetwin: 1
plant: p
shifts: {early: "Mon-Fri 06:00-14:00"}
connections: {s7: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:a"}}
products: {cola: {code: 17, ideal: {m: 1/s}}, lemon: {code: 18, ideal: {m: 30/min}}}
lines:
  line:
    product: {tag: m/recipe}
    machines:
      m:
        from: s7
        tags: {st: {node: .st}, recipe: {node: .recipe}, total: {node: .total, counter: {}}}
        counts: {total: total}
        state: {table: {1: running, 2: down, 3: stopped}, value: st}
"""
MACHINE, LINE, TOTAL = "p/line/m", "p/line", "p/line/m/total"


class SetClock:
    def now(self) -> int:
        return START


@pytest.fixture
def results(tmp_path: Path) -> Iterator[SqliteResults]:
    log, reader = SqliteLog(tmp_path, SetClock()), LogReader(tmp_path)
    yield SqliteResults(reader, ["p/line"], CODES, log)
    reader.close()
    log.close()


def state(start: float, end: float, name: str) -> Record:
    return Record(0, "state", MACHINE, START + round(start * MINUTE), START + round(end * MINUTE), (("state", name),))


def made(start: float, end: float, code: int, name: str) -> Record:
    data = (("code", code), ("product", name))
    return Record(0, "product", LINE, START + round(start * MINUTE), START + round(end * MINUTE), data)


def counted(minute: int, pieces: int) -> Record:
    data = (("jumps", 0), ("pieces", pieces), ("resets", 0), ("wraps", 0))
    return Record(0, "count", TOTAL, START + minute * MINUTE, START + (minute + 1) * MINUTE, data)


def view(
    now: float,
    machine: tuple[str, float] | None = None,
    records: Sequence[Record] = (),
    minutes: Mapping[str, tuple[int, int]] | None = None,
    product: tuple[int, str, float] | None = None,
) -> LiveView:
    """A view of a minute of the shift; the frontier is a second behind."""
    as_of = START + round(now * MINUTE)
    none = np.empty(0, np.int64)
    tags = TagColumns(none, none.astype(np.float64), none.astype(np.uint32), none.astype(object), none > 0, none, none)
    machines = {} if machine is None else {MACHINE: MachineNow(machine[0], START + round(machine[1] * MINUTE))}
    making = {} if product is None else {LINE: ProductNow(product[0], product[1], START + round(product[2] * MINUTE))}
    return LiveView(1, as_of, as_of, as_of - SECOND, tags, machines, records, minutes or {}, products=making)


def told(results: SqliteResults, seen: LiveView, start: float = 0, end: float = 480) -> Result:
    """OEE of the machine over minutes of the shift."""
    plant: Plant = load(PLANT, "plant.yaml", connectors(), {})
    period = Period("", START + round(start * MINUTE), START + round(end * MINUTE))
    asked = Question([], plant.machines(), calendar_of(plant), [period])
    (answered,) = oee(plant, results, seen, asked)
    return answered.result


def minutes_in(result: Result) -> tuple[float, ...]:
    t = result.times
    return tuple((ns or 0) / MINUTE for ns in (t.apt, t.adet, t.unknown, t.micro))


def test_from_where_the_view_tells_of_a_machine_only_the_view_counts(results: SqliteResults) -> None:
    """Meanwhile the store has learnt that the machine was running earlier, and that it stopped later."""
    results.publish(Publication(1, [state(0, 90, "down"), state(90, 105, "running"), state(105, 130, "running")]))
    seen = view(120, ("running", 110), [state(100, 110, "down")])
    assert minutes_in(told(results, seen)) == (20, 100, 0, 0)  # 0 to 100 of the store, then the view


def test_a_stop_over_the_edge_of_a_period_is_judged_whole(results: SqliteResults) -> None:
    stop = [state(59, 59.9, "down"), state(59.9, 60.5, "stopped")]
    results.publish(Publication(1, [state(0, 59, "running"), *stop, state(60.5, 90, "running")]))
    seen = view(120, ("running", 90))
    assert minutes_in(told(results, seen, 60, 90)) == (29.5, 0.5, 0, 0)
    assert minutes_in(told(results, seen, 0, 60)) == (59, 1, 0, 0)


def test_a_product_told_by_the_view_stands_above_the_store(results: SqliteResults) -> None:
    pieces = [counted(50, 60), counted(110, 60)]
    results.publish(Publication(1, [made(0, 115, 17, "cola"), *pieces]))
    result = told(results, view(120, ("running", 0), product=(18, "lemon", 100)))
    assert result.pieces.earned == (60 + 120) * SECOND


def test_a_minute_is_counted_once_wherever_it_is_told(results: SqliteResults) -> None:
    """Stored, on its way and open; what is stored of a minute is newer."""
    results.publish(Publication(1, [counted(minute, 1) for minute in range(116)]))
    on_its_way = [counted(115, 1), counted(116, 2), counted(117, 2)]
    seen = view(119.5, ("running", 0), on_its_way, {TOTAL: (START + 119 * MINUTE, 5)}, (17, "cola", 0))
    assert told(results, seen).pieces.produced == 116 + 2 + 2 + 5
    results.publish(Publication(2, [counted(116, 3), counted(119, 9)], removed=[counted(3, 1)]))
    assert told(results, seen).pieces.produced == 115 + 3 + 2 + 9
