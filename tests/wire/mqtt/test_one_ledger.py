"""All that can happen to samples, in one run: what the sources know that they sent is on one line of coverage each.

Drops in a server's queue, a server that begins anew, a pause of the twin, back-fill and a source without history, late,
changed and doubled samples, retention and thinning: over a real broker and two real OPC UA servers.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.faults.test_gap_filled import counting_plc, events, eventually
from tests.wire.mqtt.plant import publisher
from twin.core.event import GAP, GAP_FILLED, TAGS_COVERED
from twin.core.instant import DAY, FAR_PAST, HOUR, MILLISECOND, SECOND, Span
from twin.core.rows import in_order
from twin.core.status import has_overflow
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.coverage import SpanCover
from twin.runtime.plugins import connectors
from twin.runtime.sealing import Sealing
from twin.runtime.twin import Twin, open_twin
from twin.store.seal import Bounds

PLANT = """
linetwin: 1
plant: p
history: {{keep: 30d}}
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:{broker}", wait: 0s}}
  plc: {{opcua: "{plc}", ns: "urn:plant:plc", every: 50ms, publishing: 100ms, queue: 1000}}
  tight: {{opcua: "{plc}", ns: "urn:plant:plc", every: 50ms, publishing: 1s, queue: 2}}
  mute: {{opcua: "{mute}", ns: "urn:plant:plc", every: 50ms, publishing: 100ms, queue: 1000}}
tags:
  x: {{from: gw, topic: line/x, value: $.v, timestamp: {{path: $.ts, unit: ms}}, thin: {{after: 7d, exception: 10}}}}
  whole: {{from: plc, node: m0.int32}}
  dropped: {{from: tight, node: m0.double}}
  unfilled: {{from: mute, node: m0.int32}}
"""
US = 1000
"""What the simulated server keeps of a time."""
EDGE = SECOND
"""Intervals are told by our clock: what a source had taken and not sent yet lies before them, by its own time."""
AT_ONCE = Bounds(age=0, leave=0, settle=0, grace=0, pause_s=0.1)
Sent = Sequence[tuple[int, float]]
"""(time, value) of every sample, in the order in which it was sent."""


def said(start: int, many: int, value: float = 0.0) -> list[tuple[int, float]]:
    """So many samples, 100 ms apart, of whole milliseconds."""
    return [(start - start % MILLISECOND + n * 100 * MILLISECOND, value + n % 7) for n in range(many)]


async def publish(port: int, sent: Sent) -> None:
    payloads = [json.dumps({"ts": at // MILLISECOND, "v": value}).encode() for at, value in sent]
    with publisher(port) as send:
        await asyncio.to_thread(send, *payloads)


@asynccontextmanager
async def running(folder: Path, text: str) -> AsyncIterator[Twin]:
    plant = load(text, "plant.yaml", connectors(), {})
    async with open_twin(
        plant, folder, WallClock(), sealing=lambda log, reader: Sealing(log, reader, WallClock(), AT_ONCE)
    ) as twin:
        yield twin


def rows_of(twin: Twin, name: str):
    """The rows of a tag that count, by time."""
    id_ = twin.tags.get(f"p/{name}")
    wanted = np.array([] if id_ is None else [id_], np.int32)
    return in_order(twin.reader.read_tags(wanted, FAR_PAST, time.time_ns() + HOUR, twin.reader.last()).samples)


def counted(twin: Twin, name: str, span: Span) -> dict[str, int]:
    """What coverage counts of a tag, and what it says that thinning left out of the days of the span."""
    cover = SpanCover(twin.reader, twin.plant, twin.tags, span)
    found = {column: int(values[0]) for column, values in cover.counts([f"p/{name}"]).columns().items()}
    thin = cover.thinned([f"p/{name}"]).get(f"p/{name}")
    return found | {"thinned": 0 if thin is None else thin.dropped}


def within(sent: Sent, span: Span) -> list[tuple[int, float]]:
    return [one for one in sent if span.start <= one[0] < span.end]


def sums(twin: Twin, name: str, sent: Sent, span: Span) -> None:
    """What was sent of a tag that lost nothing, against its line."""
    mine = within(sent, span)
    line = counted(twin, name, span)
    assert line["received"] + line["thinned"] == len(mine), (name, line)
    last = dict(mine)
    versions = Counter(at for at, _ in mine)
    if not line["thinned"]:
        same = sum(many - 1 for at, many in versions.items() if {v for t, v in mine if t == at} == {last[at]})
        assert line["repeats"] == same, (name, line)
        assert line["overwritten"] == len(mine) - len(last) - same, (name, line)


@pytest.mark.slow
@pytest.mark.mosquitto
async def test_what_the_sources_sent_is_on_one_line_each(tmp_path: Path, only_mosquitto: int) -> None:
    async with counting_plc() as (run, addresses), counting_plc(history_s=0.0) as (mute, of_mute):
        text = PLANT.format(broker=only_mosquitto, plc=addresses["plc"], mute=of_mute["plc"])
        now = time.time_ns()
        fresh, late = said(now - 50 * SECOND, 200), said(now - 300 * SECOND, 25)
        thinned, forgotten = said(now - 12 * DAY, 120), said(now - 40 * DAY, 30)
        changed = [(at, value + 1000) for at, value in fresh[30:50]]
        sent = [*fresh, *fresh[:30], *changed, *late, *thinned, *thinned[:10], *forgotten]
        async with running(tmp_path, text) as twin:
            await eventually(lambda: all(report.state == "up" for report in twin.reports.values()))
            await publish(only_mosquitto, sent)
            await eventually(lambda: twin.reports["gw"].counters["stored"] == len(sent))
            await eventually(lambda: min(len(rows_of(twin, one)) for one in ("whole", "dropped", "unfilled")) > 5)
            await addresses.nasty("restart")
            await eventually(lambda: len(events(twin, GAP)) >= 1)
            await eventually(lambda: len(events(twin, GAP_FILLED)) == len(events(twin, GAP)))
            filled = twin.reports["plc"].counters["filled"]
        stopped = time.time_ns()
        await publish(only_mosquitto, meanwhile := said(stopped, 15))
        await eventually(lambda: min(run.until, mute.until) > stopped + 2 * SECOND)
        async with running(tmp_path, text) as twin:
            await eventually(lambda: twin.reports["gw"].counters["stored"] == len(meanwhile))
            told = {"plc", "tight", "mute"}
            await eventually(lambda: {e.subject for e in events(twin, GAP_FILLED) if e.time > stopped} == told)
            last = min(run.until, mute.until) + SECOND
            await eventually(
                lambda: min(int(rows_of(twin, n).time[-1]) for n in ("whole", "unfilled", "dropped")) > last
            )
            await eventually(lambda: twin.reader.thinned_to() is not None)
            await asyncio.to_thread(check_messages, twin, [*sent, *meanwhile], now)
            filled += twin.reports["plc"].counters["filled"]
            await asyncio.to_thread(check_servers, twin, run, mute, last, filled)


def check_messages(twin: Twin, sent: Sent, now: int) -> None:
    """Whole days, the fresh ones, what was late, what waited at the broker; and what retention has forgotten."""
    kept_from = twin.reader.kept_from() or 0
    assert now - 31 * DAY < kept_from < now
    old = (now - 12 * DAY) // DAY * DAY
    for span in (
        Span(old, old + 2 * DAY), Span(kept_from, now + HOUR), Span(now - 60 * SECOND, now + HOUR),
        Span(now - 45 * SECOND, now - 41 * SECOND), Span(now - 400 * SECOND, now - 200 * SECOND),
    ):  # fmt: skip
        sums(twin, "x", sent, span)
    assert counted(twin, "x", Span(now - 400 * SECOND, now - 200 * SECOND))["late"] == 25
    assert counted(twin, "x", Span(now - 45 * DAY, now - 35 * DAY))["received"] == 0
    assert counted(twin, "x", Span(old, old + 2 * DAY))["thinned"] > 50


def check_servers(twin: Twin, run, mute, last: int, filled: int) -> None:
    """Nothing missing, nothing missing but in the queue, and what no history gave."""

    def sent_of(of, name: str) -> list[tuple[int, float]]:
        return [(at // US * US, value) for at, value in of.sent_of(f"line/m0/{name}") if at < last]

    for name, of, node in (("whole", run, "int32"), ("dropped", run, "double"), ("unfilled", mute, "int32")):
        rows = rows_of(twin, name)
        begun = next(
            event.time for event in events(twin, TAGS_COVERED) if twin.tags.get(f"p/{name}") in event.body["tags"]
        )
        sent = [one for one in sent_of(of, node) if one[0] >= begun]
        there = dict(zip(rows.time.tolist(), rows.value.tolist(), strict=True))
        lost = [at for at, _ in sent if at not in there]
        assert {at: there[at] for at, _ in sent if at in there} == {at: v for at, v in sent if at not in set(lost)}
        line = counted(twin, name, Span(begun, last))
        kept = line["received"] - line["repeats"] - line["overwritten"]
        assert kept + len(lost) == len(sent), (name, line)
        assert line["overwritten"] == 0
        stretches = SpanCover(twin.reader, twin.plant, twin.tags, Span(begun, last)).stretches([f"p/{name}"])[
            f"p/{name}"
        ]
        missing = [one for one in stretches if one.state == "missing"]
        unexplained = [at for at in lost if not any(one.start - EDGE <= at < one.end for one in missing)]
        if name == "whole":
            assert (lost, missing, line["overflowed"]) == ([], [], 0)
            assert counted(twin, name, Span(int(rows.time[0]), last))["filled"] == filled  # before it was watched, too
        elif name == "dropped":
            over = rows.time[has_overflow(rows.status)]
            following = np.searchsorted(rows.time, lost)
            assert len(lost) > 0
            assert set(rows.time[following].tolist()) <= set(over.tolist())  # each lost sample: before a marked one
            assert missing == []
        else:
            assert (unexplained, line["filled"]) == ([], 0), (lost[:3], missing)
            assert len(lost) >= 10
            assert all(one.cause and one.unfilled for one in missing)
