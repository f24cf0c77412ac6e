"""The state of a plant of 5,000 tags at any moment of a month, a sample a minute of each. Bar: 200 ms at p99."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2
import numpy as np

from benchmarks.command import Effort, main
from benchmarks.missing import Missing
from benchmarks.plant import TAGS, mqtt_plant, paths
from benchmarks.rivals.influx import Influx, influx
from benchmarks.row import Row
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.batch import Batch, batch
from twin.core.history import Publication
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MILLISECOND, MINUTE, SECOND, to_text
from twin.core.span import grid
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.assembly import assemble
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.seal import Bounds, Sealer

LINES = 50
NAMES = paths(LINES)
BEGIN = 20_400 * DAY
DAYS = 30
MOMENTS = 200
RIVAL_DAYS = 1
"""Of samples that the rival is given: the newest."""
RIVAL = "InfluxDB 1.x, last() of each tag, a day stored"


class Clock:
    """Shows when samples are recorded."""

    instant = BEGIN

    def now(self) -> int:
        """The instant it was set to."""
        return self.instant


def slow_plant() -> Plant:
    """The plant of the benchmarks where a sample comes once a minute."""
    text = mqtt_plant("mqtt://127.0.0.1:1", LINES)
    text = text.replace("stale: 30s", "stale: 5min").replace("rate(total, 30s)", "rate(total, 3min)")
    return load(text, "plant.yaml", connectors(), {})


def minutes(days: int) -> Iterator[Batch]:
    """A sample of each tag a minute, each at its own second; the same every time."""
    random = np.random.default_rng(1)
    phase = np.sort(random.integers(0, MINUTE // MILLISECOND, len(NAMES))) * MILLISECOND
    tag = random.permutation(len(NAMES)).astype(np.int32)
    machines = len(NAMES) // len(TAGS)
    total, stopped = np.zeros(machines), np.zeros(machines, np.bool_)
    for start in range(BEGIN, BEGIN + days * DAY, MINUTE):
        value = random.normal(50, 1, (machines, len(TAGS)))
        stopped ^= random.random(machines) < 0.02
        total += np.where(stopped, 0, random.integers(50, 60, machines))
        value[:, 0], value[:, 1], value[:, 2] = total, total // 100, np.where(stopped, 1 << 10, 0)
        yield batch("source", tag, start + phase, np.round(value.ravel(), 2)[tag])


def built(folder: Path, plant: Plant, days: int) -> int:
    """Log, files and results as a run of so many days leaves them; returns when it ended."""
    clock = Clock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    end = BEGIN + days * DAY
    try:
        assembly = assemble(plant, log.tags)
        results = SqliteResults(reader, assembly.names, assembly.editions.codes, log)
        engine = assembly.engine(reader, results)
        list(engine.resume(BEGIN, 0))
        sealer = Sealer(log, reader, Bounds(age=0, leave=0, grace=0, settle=0))
        told: list[Publication] = []
        for one in minutes(days):
            clock.instant = int(one.time[-1]) + SECOND // 2
            recorded = log.submit(one).result()
            engine.accept([(recorded, one)])
            told += engine.tick(recorded, recorded)
            if clock.instant % HOUR > HOUR - MINUTE:
                results.publish(_hour(told, end))
                sealer.seal(clock.instant)
                told = []
        merge_past_days(sealer, clock.instant + DAY)
        for publication in engine.final():
            results.publish(publication)
    finally:
        log.close()
        reader.close()
    return clock.instant


def _hour(told: list[Publication], end: int) -> Publication:
    """All of an hour at once, without snapshots that age thins away and the pieces of each minute, which no state has:
    forty million of them in a month.
    """
    return Publication(
        told[-1].known,
        [record for one in told for record in one.added if record.kind != "count"],
        snapshots=[s for one in told for s in one.snapshots if s.frontier % grid(end - s.frontier) == 1],
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """ms of each answer. state: the folds' own; json: GET /state of all; then: the same as it was known soon after."""

    state: Sequence[float]
    json: Sequence[float]
    then: Sequence[float]


async def asked(folder: Path, plant: Plant, end: int, moments: int) -> Asked:
    """Moments of the whole time, one after the other."""
    clock = Clock()
    clock.instant = end + MINUTE
    async with AsyncExitStack() as open_:
        twin = await open_.enter_async_context(open_twin(plant, folder, clock, connect=False))
        transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
        client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600)
        client = await open_.enter_async_context(client)
        state: list[float] = []
        json: list[float] = []
        then: list[float] = []
        for at in np.random.default_rng(2).integers(BEGIN + HOUR, end, moments).tolist():
            begun = time.perf_counter()
            await twin.at(at, FAR_FUTURE, told=False)
            state.append(1e3 * (time.perf_counter() - begun))
            json.append(await _took_ms(client, {"at": to_text(at + SECOND)}))
            then.append(await _took_ms(client, {"at": to_text(at), "known_at": to_text(at + 10 * SECOND)}))
        return Asked(state, json, then)


async def _took_ms(client: httpx2.AsyncClient, query: dict[str, str]) -> float:
    begun = time.perf_counter()
    answer = await client.get("/api/v1/state", params={"asset": "bench/plant", **query})
    took = 1e3 * (time.perf_counter() - begun)
    found = answer.raise_for_status().json()["machines"]
    values = sum(tag["value"] is not None for machine in found for tag in machine["tags"].values())
    if values != len(NAMES):
        raise RuntimeError(f"{query}: {values} values of {len(NAMES)}")
    return took


def rival_ms(moments: int) -> list[float]:
    """Ms of the rival's answers: the last value of each tag before a moment. Raises Missing."""
    with tempfile.TemporaryDirectory() as folder, influx(Path(folder)) as server:
        server.create()
        server.write(_lines())
        end = BEGIN + RIVAL_DAYS * DAY
        asks = np.random.default_rng(2).integers(BEGIN + HOUR, end, moments).tolist()
        return [_rival_took_ms(server, at) for at in asks]


def _lines() -> Iterator[bytes]:
    for one in minutes(RIVAL_DAYS):
        columns = zip(one.tag.tolist(), one.value.tolist(), one.time.tolist(), strict=True)
        yield "\n".join([f"s,tag=t{tag} value={value!r} {instant}" for tag, value, instant in columns]).encode()


def _rival_took_ms(server: Influx, at: int) -> float:
    """It may look back for as long as ours has samples of all: two minutes."""
    begun = time.perf_counter()
    span = f"time < {at} AND time >= {at - 2 * MINUTE}"
    found = server.query(f'SELECT last(value) FROM s WHERE {span} GROUP BY "tag"')
    took = 1e3 * (time.perf_counter() - begun)
    if found.count(b'"last"') != len(NAMES):
        raise RuntimeError(f"the rival has {found.count(b'last')} values of {len(NAMES)}")
    return took


@cache
def figures(days: int, moments: int) -> tuple[Asked, Sequence[float]]:
    """Ours and the rival's; once a run, for it takes a core some forty seconds to build a day."""
    plant = slow_plant()
    with tempfile.TemporaryDirectory() as folder:
        end = built(Path(folder), plant, days)
        found = asyncio.run(asked(Path(folder), plant, end, moments))
    try:
        return found, rival_ms(moments)
    except Missing as error:
        print(f"without a rival: {error}", file=sys.stderr)
        return found, ()


def run(effort: Effort) -> list[Row]:
    """A month, with --short a day; all moments come from a generator that begins the same every time."""
    days = 1 if effort.short else DAYS
    found, rival = figures(days, 40 if effort.short else MOMENTS)
    name = f"state of {len(NAMES):,} tags at a moment of {days} day{'s' * (days > 1)}"
    return [
        _row(f"{name}, p50", found.state, rival, 50),
        _row(f"{name}, p99", found.state, rival, 99),
        _row(f"{name}, as JSON, p99", found.json, rival, 99),
        _row(f"{name}, as JSON with known_at, p99", found.then, [], 99),
    ]


def _row(name: str, ours: Sequence[float], rival: Sequence[float], percent: int) -> Row:
    of_rival = float(np.percentile(rival, percent)) if rival else None
    return Row(name, float(np.percentile(ours, percent)), "ms", RIVAL if rival else "", of_rival)


if __name__ == "__main__":
    sys.exit(main([run]))
