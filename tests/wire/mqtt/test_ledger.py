"""The ledger adds up: what a publisher knows that it sent, on a real broker, against what coverage counts of it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from tests.wire.mqtt.plant import Wall, publisher, until
from twin.core.instant import DAY, HOUR, MILLISECOND, Span
from twin.model.load import load
from twin.runtime.coverage import SpanCover
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

PLANT = """
linetwin: 1
plant: acme/brno
connections: {{gw: {{mqtt: "mqtt://127.0.0.1:{port}", wait: 0s}}}}
tags:
  x: {{from: gw, topic: line/x, value: $.v, timestamp: {{path: $.ts, unit: ms}}}}
  y: {{from: gw, topic: line/x, value: $.w, timestamp: {{path: $.ts, unit: ms}}}}
"""


def messages(now_ms: int) -> dict[str, list[bytes]]:
    """What the source sends, by what shall become of it."""

    def said(ts: int, v: float | None, **more: Any) -> bytes:
        return json.dumps({"ts": ts, "v": v, "w": 1, **more}).encode()

    plain = [(now_ms - 50_000 + 100 * n, float(n)) for n in range(200)]
    return {
        "plain": [said(ts, v) for ts, v in plain],
        "repeats": [said(ts, v) for ts, v in plain[:30]],
        "overwritten": [said(ts, v + 1000, w=2) for ts, v in plain[30:50]],
        "late": [said(now_ms - 300_000 + 100 * n, 1.0) for n in range(25)],
        "too old": [said(now_ms - 8 * 86_400_000 + 100 * n, 1.0) for n in range(7)],
        "ahead": [said(now_ms + 3_600_000 + 100 * n, 1.0) for n in range(5)],
        "bad": [said(now_ms - 20_000 + n, None) for n in range(6)],
        "unreadable": [b"{not json"] * 9,
    }


async def counted(twin: Twin, now: int) -> dict[str, dict[str, int]]:
    """Of each tag what coverage counts, over all that was sent."""
    cover = SpanCover(twin.reader, twin.plant, twin.tags, Span(now - 9 * DAY, now + HOUR))
    paths = sorted(twin.plant.tags)
    found = (await asyncio.to_thread(cover.counts, paths)).columns()
    return {path[-1]: {name: int(column[n]) for name, column in found.items()} for n, path in enumerate(paths)}


async def test_every_message_is_on_one_line_of_the_ledger(tmp_path: Path, broker: int) -> None:
    plant = load(PLANT.format(port=broker), "plant.yaml", connectors(), {})
    async with open_twin(plant, tmp_path, Wall()) as twin:
        report = twin.reports["gw"]
        await until(lambda: report.state == "up")
        now = time.time_ns()
        sent = messages(now // MILLISECOND)
        with publisher(broker) as publish:
            for one in sent.values():
                await asyncio.to_thread(publish, *one)
        many = {name: len(one) for name, one in sent.items()}
        readable = sum(many.values()) - many["unreadable"]
        await until(lambda: report.counters["stored"] == 2 * readable)
        await until(lambda: report.counters["dead_letters"] == many["unreadable"])

        assert report.counters["messages"] == readable + many["unreadable"]
        assert report.counters["too_old"] == 2 * many["too old"]
        assert report.counters["restamped"] == 2 * many["ahead"]
        rows = await counted(twin, now)
        for tag, bad in (("x", many["bad"]), ("y", 0)):
            assert rows[tag] == {
                "received": readable, "repeats": many["repeats"], "overwritten": many["overwritten"],
                "overflowed": 0, "bad": bad, "uncertain": many["ahead"],
                "late": many["late"] + many["too old"], "filled": 0,
            }  # fmt: skip
            kept = rows[tag]["received"] - rows[tag]["repeats"] - rows[tag]["overwritten"]
            assert kept == readable - many["repeats"] - many["overwritten"]
            stored = await asyncio.to_thread(twin.reader.read, now - 9 * DAY, now + HOUR, twin.reader.last())
            assert len({(t, at) for t, at in zip(stored.samples.tag, stored.samples.time, strict=True)}) == 2 * kept
