"""OEE of ten machines for a month, out of the real store, beside pandas over the same records. Bar: 1 s."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.command import Effort, main
from benchmarks.row import Row
from twin.core.fold import Record
from twin.core.history import Publication
from twin.core.instant import DAY, MINUTE, SECOND, from_text
from twin.mes.calendar import Period, calendar_of
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.clock import WallClock
from twin.runtime.live import LiveView, TagColumns
from twin.runtime.oee import Answered, Question, oee
from twin.runtime.plugins import connectors
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

CODES = [(0, "code")]

BEGIN = from_text("2026-09-30T22:00:00Z")
"""The first of October in Prague; the month has a day of 25 hours."""
MACHINES = 10
PLANT = f"""
linetwin: 1
plant: bench/plant
timezone: Europe/Prague
shifts:
  early: "Mon-Sun 06:00-14:00"
  late: "Mon-Sun 14:00-22:00"
  night: "Mon-Sun 22:00-06:00"
  breaks: ["10:00-10:15", "18:00-18:20", "02:00-02:15"]
connections: {{s7: {{opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:bench"}}}}
products: {{cola: {{code: 17, ideal: {{machine: 30/min}}}}}}
types:
  machine:
    makes: bottle
    tags: {{st: {{node: .st}}, total: {{node: .total, counter: {{}}}}, reject: {{node: .reject, counter: {{}}}}}}
    counts: {{total: total, reject: reject}}
    state: {{table: {{1: running, 2: down, 3: starved, 4: idle}}, value: st}}
lines:
  line:
    flow: [{", ".join(f"m{n}" for n in range(MACHINES))}]
    machines: {{{", ".join(f"m{n}: {{type: machine, from: s7, node: N{n}}}" for n in range(MACHINES))}}}
"""
STATES = ("running", "down", "starved", "idle")
MEAN_STATE_S = 300
"""A state lasts five minutes on average: 290 changes a day and machine."""
IDEAL = 2 * SECOND


def records_of_a_day(plant: Plant, day: int, random: np.random.Generator) -> Iterator[Record]:
    """Every minute of both counters, and every state."""
    start = BEGIN + day * DAY
    for machine in plant.machines():
        pieces = random.integers(5, 30, DAY // MINUTE)
        bad = random.binomial(pieces, 0.02)
        for role, column in (("total", pieces), ("reject", bad)):
            path = machine.counts[role]
            for minute, count in enumerate(column.tolist()):
                data = (("jumps", 0), ("pieces", count), ("resets", 0), ("wraps", 0))
                yield Record(0, "count", path, start + minute * MINUTE, start + (minute + 1) * MINUTE, data)
        lasts = random.exponential(MEAN_STATE_S, DAY // SECOND // 100) * SECOND
        edges = start + np.append(0, np.cumsum(lasts.astype(np.int64) + 1))
        edges = np.append(edges[edges < start + DAY], start + DAY).tolist()
        for place, (a, b) in enumerate(pairwise(edges)):
            state = STATES[0 if place % 2 == 0 else 1 + (place // 2) % 3]
            yield Record(0, "state", machine.path, a, b, (("state", state),))


@contextmanager
def stored(days: int) -> Iterator[tuple[Plant, Path]]:
    """A data folder with the results of so many days."""
    plant = load(PLANT, "plant.yaml", connectors(), {})
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        log = SqliteLog(Path(name), WallClock())
        with closing(LogReader(Path(name))) as reader:
            results = SqliteResults(reader, ["bench/plant/line"], CODES, log)
            for day in range(days):
                results.publish(Publication(day + 1, list(records_of_a_day(plant, day, random))))
                results.current(0, BEGIN, BEGIN)  # wait until it is written
        log.close()
        yield plant, Path(name)


def view_at(instant: int) -> LiveView:
    """Nothing is on its way: all lies in the store."""
    none = np.empty(0, np.int64)
    tags = TagColumns(none, none.astype(np.float64), none.astype(np.uint32), none.astype(object), none > 0, none)
    return LiveView(1, instant, instant, instant, tags, {})


def ours(plant: Plant, folder: Path, end: int, by: str | None) -> list[Answered]:
    """The function behind GET /oee, on a store just opened."""
    calendar = calendar_of(plant)
    periods = [Period("", BEGIN, end)] if by is None else calendar.periods("shift", BEGIN, end)
    with closing(LogReader(folder)) as reader:
        results = SqliteResults(reader, ["bench/plant/line"], CODES)
        return oee(plant, results, view_at(end), Question(plant.lines, plant.machines(), calendar, periods))


def naive(plant: Plant, folder: Path, end: int) -> dict[str, float]:
    """OEE of each machine as a data scientist would write it: all records of the time into pandas."""
    busy = calendar_of(plant).busy(BEGIN, end)
    starts, ends = (np.array(column) for column in zip(*busy, strict=True))
    with closing(sqlite3.connect(folder / "log.db")) as connection:
        query = "SELECT key, start, end, data FROM record WHERE kind = ? AND known_to IS NULL AND end > ? AND start < ?"
        counts = pd.read_sql_query(query, connection, params=("count", BEGIN, end))
        states = pd.read_sql_query(query, connection, params=("state", BEGIN, end))
    counts["pieces"] = [json.loads(data)["pieces"] for data in counts["data"]]
    place = np.searchsorted(starts, counts["start"], side="right") - 1
    counts = counts[(place >= 0) & (counts["start"].to_numpy() < ends[place])]
    pieces = counts.groupby("key")["pieces"].sum()
    states["state"] = [json.loads(data)["state"] for data in states["data"]]
    states["ns"] = states["end"] - states["start"]  # not cut at breaks, no micro stops: it needs the times only to
    times = states.groupby(["key", "state"])["ns"].sum()  # show them, and is given them for free
    if times.empty:
        raise RuntimeError("no states")
    pbt = int((ends - starts).sum())
    good = {m.path: int(pieces[m.counts["total"]] - pieces[m.counts["reject"]]) for m in plant.machines()}
    return {path: count * IDEAL / pbt for path, count in good.items()}


def timed(work: Callable[[], object]) -> float:
    """Seconds of the wall."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def run(effort: Effort) -> list[Row]:
    """The month in one, and by shift."""
    days = 3 if effort.short else 31
    end = BEGIN + days * DAY
    with stored(days) as (plant, folder):
        found = {one.result.asset: one.result.figures.oee for one in ours(plant, folder, end, None)}
        rival = naive(plant, folder, end)
        if any(abs((found[path] or 0) - value) > 1e-12 for path, value in rival.items()):
            raise RuntimeError("the two do not agree")
        seconds = timed(lambda: naive(plant, folder, end))
        name, rival_name = f"OEE of {MACHINES} machines, {days} days", "pandas over the same records"
        return [
            Row(f"{name}, in one", timed(lambda: ours(plant, folder, end, None)), "s", rival_name, seconds),
            Row(f"{name}, by shift", timed(lambda: ours(plant, folder, end, "shift")), "s", rival_name, seconds),
        ]


if __name__ == "__main__":
    sys.exit(main([run]))
