"""Reads of sealed history beside InfluxDB 1.x with the same samples. Bars: 20 ms for a day raw, 200 ms for a trend."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import httpx2
import numpy as np

from benchmarks.command import Effort, main
from benchmarks.missing import Missing
from benchmarks.rivals.influx import Influx, influx
from benchmarks.row import Row
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.series import series
from twin.core.batch import Batch, batch
from twin.core.instant import DAY, FAR_FUTURE, SECOND, Span, to_text
from twin.core.rows import in_order
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

TAGS = 20
TEN = 10
BEGIN = 20_400 * DAY
POINTS = 1000
"""Of each tag in a trend."""
READS = 7
AT_ONCE = 3600
"""Seconds of all tags in one batch."""
PLANT = """
linetwin: 1
plant: bench
connections: {c: {mqtt: "mqtt://127.0.0.1:1"}}
types: {m: {tags: {t: {topic: "x"}}}}
lines: {l: {machines: {m: {type: m, from: c}}}}
"""
NAMES = tuple(f"bench/l/press/t{number}" for number in range(TAGS))
RIVAL = "InfluxDB 1.x over HTTP"


class PastClock:
    """Shows the time that samples are written at."""

    instant = BEGIN

    def now(self) -> int:
        """The instant it was set to."""
        return self.instant


def samples(days: int) -> Iterator[Batch]:
    """All tags at 1 Hz, an hour at a time: a random walk with two decimals."""
    random = np.random.default_rng(1)
    level = np.full(TAGS, 20.0)
    for start in range(0, days * 86_400, AT_ONCE):
        walk = level + np.cumsum(random.normal(0, 0.05, (AT_ONCE, TAGS)), axis=0)
        level = walk[-1]
        instant = BEGIN + (start + np.arange(AT_ONCE, dtype=np.int64)) * SECOND
        yield batch("bench", np.tile(np.arange(TAGS), AT_ONCE), np.repeat(instant, TAGS), np.round(walk, 2).ravel())


def sealed(folder: Path, days: int) -> None:
    """Everything in the log, then in files, then merged: what a plant has of past days."""
    clock = PastClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    try:
        log.tags.ids_of(NAMES)
        sealer = Sealer(log, reader, Bounds(age=0, leave=0, grace=0, settle=0))
        for one in samples(days):
            clock.instant = int(one.time[-1]) + 1
            log.submit(one).result()
            sealer.seal(clock.instant)  # every hour, as a plant does
        merge_past_days(sealer, clock.instant + DAY)
    finally:
        reader.close()
        log.close()


def lines(days: int) -> Iterator[bytes]:
    """The same as line protocol."""
    for one in samples(days):
        columns = zip(one.tag.tolist(), one.value.tolist(), one.time.tolist(), strict=True)
        yield "\n".join([f"s,tag=t{tag} value={value!r} {instant}" for tag, value, instant in columns]).encode()


def took_ms(read: Callable[[], int]) -> tuple[float, int]:
    """(median time of some reads after a first one, what the last one gave)."""
    read()
    times: list[float] = []
    given = 0
    for _ in range(READS):
        begun = time.perf_counter()
        given = read()
        times.append(1e3 * (time.perf_counter() - begun))
    return median(times), given


def ours(folder: Path, days: int) -> dict[str, tuple[float, int]]:
    """Of each read: (ms, rows or bytes)."""
    return asyncio.run(_ours(folder, days))


async def _ours(folder: Path, days: int) -> dict[str, tuple[float, int]]:
    clock = PastClock()
    clock.instant = BEGIN + days * DAY + 3600 * SECOND
    async with open_twin(load(PLANT, "bench", connectors(), {}), folder, clock, connect=False) as twin:
        found = await asyncio.to_thread(_columns, twin, days)
        transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            one = {"tag": NAMES[3], "from": to_text(BEGIN), "to": to_text(BEGIN + DAY)}
            ten = {"tag": NAMES[:TEN], "from": to_text(BEGIN), "to": to_text(BEGIN + days * DAY), "max_points": POINTS}
            hourly = ten | {"aggregate": "mean,min,max,twa", "interval": "1h"}
            del hourly["max_points"]
            for name, query in (("day, JSON", one), ("trend, JSON", ten), ("hourly, JSON", hourly)):
                found[name] = await _answered(client, query)
    return found


async def _answered(client: httpx2.AsyncClient, query: dict[str, object]) -> tuple[float, int]:
    times: list[float] = []
    size = 0
    for _ in range(READS + 1):
        begun = time.perf_counter()
        answer = await client.get("/api/v1/samples", params=query)
        times.append(1e3 * (time.perf_counter() - begun))
        size = len(answer.raise_for_status().content)
    return median(times[1:]), size


def _columns(twin: Twin, days: int) -> dict[str, tuple[float, int]]:
    one = np.array([twin.tags.get(NAMES[3])], dtype=np.int32)
    ten = [twin.tags.get(name) for name in NAMES[:TEN]]
    whole = Span(BEGIN, BEGIN + days * DAY)
    day = took_ms(lambda: len(in_order(twin.reader.read_tags(one, BEGIN, BEGIN + DAY, FAR_FUTURE).samples)))
    trend = took_ms(lambda: sum(len(s.time) for s in series(twin, ten, whole, FAR_FUTURE, POINTS)))
    return {"day": day, "trend": trend}


def theirs(server: Influx, days: int) -> dict[str, tuple[float, int]]:
    """The same questions; bodies are read and not parsed."""
    end = BEGIN + days * DAY
    some = "|".join(f"t{number}" for number in range(TEN))
    step = days * 86_400 // (POINTS // 6)
    of_ten = f'FROM s WHERE "tag" =~ /^({some})$/ AND time >= {BEGIN} AND time < {end} GROUP BY "tag", time'
    raw = f"SELECT value FROM s WHERE \"tag\" = 't3' AND time >= {BEGIN} AND time < {BEGIN + DAY}"
    trend = f"SELECT first(value), last(value), min(value), max(value) {of_ten}({step}s)"
    hourly = f"SELECT mean(value), min(value), max(value) {of_ten}(1h)"
    return {
        name: took_ms(lambda q=q: len(server.query(q)))
        for name, q in (("day", raw), ("trend", trend), ("hourly", hourly))
    }


def run(effort: Effort) -> list[Row]:
    """A week, or a day when it must be short; the rival's figures are left out where it is not installed."""
    days = 1 if effort.short else 7
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-", dir=Path.cwd()) as name:
        sealed(Path(name) / "data", days)
        we = ours(Path(name) / "data", days)
        they = _rivals(Path(name), days)
    if we["day"][1] != 86_400:
        raise RuntimeError(f"a day at 1 Hz had {we['day'][1]} rows")
    rows = [
        ("history: one tag, one day raw, columns", "day", "day"),
        ("history: one tag, one day raw, JSON", "day, JSON", "day"),
        (f"history: ten tags, {days} d as a trend, columns", "trend", "trend"),
        (f"history: ten tags, {days} d as a trend, JSON", "trend, JSON", "trend"),
        (f"history: ten tags, {days} d by the hour, JSON", "hourly, JSON", "hourly"),
    ]
    return [
        Row(text, we[mine][0], "ms", RIVAL if they else "", they[other][0] if they else None)
        for text, mine, other in rows
    ]


def _rivals(folder: Path, days: int) -> dict[str, tuple[float, int]]:
    try:
        with influx(folder) as server:
            server.write(lines(days))
            return theirs(server, days)
    except Missing as error:
        print(f"not run: InfluxDB: {error}", file=sys.stderr)
        return {}


if __name__ == "__main__":
    sys.exit(main([run]))
