"""Made-up flow models and histories whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from twin.core.instant import HOUR, MINUTE, SECOND
from twin.forecast.history import LineHistory, MachineHistory, Made
from twin.forecast.lifetime import Lifetime
from twin.forecast.model import BufferModel, LineModel, LineState, MachineModel, MachineNow, Pace, StopMode
from twin.forecast.spells import RUNNING
from twin.mes.calendar import Calendar
from twin.model.plant import Buffer, Line, Machine, StateModel

BEGIN = 1_700_000_000 * SECOND - 1_700_000_000 * SECOND % HOUR
CALENDAR = Calendar(ZoneInfo("UTC"), {})


def mode(mean_s: float, lasts_s: float, lives: int = 4000) -> StopMode:
    """Stops by chance, known well: every `mean_s` of running, of one length."""
    life = Lifetime(np.full(lives, mean_s), mean_s * lives, 1.0)
    return StopMode("down", life, np.full(lives, lasts_s), 0.0)


def machine(
    name: str, station: int, rate: float, *modes: StopMode, rejects: int = 0, restart: float = 20.0
) -> MachineModel:
    """rate: pieces a second."""
    return MachineModel(f"p/{name}", name, station, 1, {"": rate}, modes, Pace(), rejects, 10_000_000, restart)


def line_of(*machines: MachineModel, capacity: float = 100.0, level: float = 50.0, named: bool = True) -> LineModel:
    """One after the other."""
    buffers = [
        BufferModel(f"buffer{n + 1}", n, capacity, min(level, capacity), min(level, capacity), named)
        for n in range(len(machines) - 1)
    ]
    stations = [(row,) for row in range(len(machines))]
    return LineModel(
        "p", "piece", BEGIN, BEGIN + 100 * HOUR, machines, stations, buffers, [len(machines) - 1], {}, None, True
    )


def running(model: LineModel) -> LineState:
    """All machines run."""
    return LineState(model.until, [MachineNow(RUNNING, "running", 60.0) for _ in model.machines])


def history(
    hours: int, seed: int, *, rate: float = 1.0, mean_s: float = 900.0, lasts_s: float = 100.0, bad: float = 0.0
) -> LineHistory:
    """A line of one machine that runs and is down by turns, with exponential times."""
    random = np.random.default_rng(seed)
    many = int(hours * 3600 / mean_s * 3) + 10
    ran, stood = random.exponential(mean_s, many), random.exponential(lasts_s, many)
    edges = BEGIN + np.round(np.append(0.0, np.cumsum(np.stack([ran, stood], axis=1).ravel())) * SECOND).astype(
        np.int64
    )
    end = BEGIN + hours * HOUR
    kept = edges[:-1] < end
    start, ends = edges[:-1][kept], np.minimum(edges[1:][kept], end)
    state = (np.arange(len(start)) % 2).astype(np.int32)
    minute = np.arange(BEGIN, end, MINUTE, dtype=np.int64)
    spent = np.array([
        np.maximum(np.minimum(ends[state == 0], at + MINUTE) - np.maximum(start[state == 0], at), 0).sum()
        for at in minute.tolist()
    ])  # fmt: skip
    made = np.diff(np.floor(np.append(0, np.cumsum(spent)) * rate / SECOND)).astype(np.int64)
    good = made - random.binomial(made, bad)
    told = Machine("p/a", "a", "", {}, counts={"total": "p/a/total"}, state=StateModel())
    line = Line("p", "p", (told,), (("p/a",),), ("p/a",))
    one = MachineHistory(told, start, ends, state, ("running", "down"), minute, made, good)
    return LineHistory(line, CALENDAR, BEGIN, end, [one], [Made(BEGIN, end, None)])


def two_machines(past: LineHistory, capacity: int) -> LineHistory:
    """The same machine twice, with a buffer between: the second one does at once what the first one does."""
    first = past.machines[0]
    second = replace(first, machine=replace(first.machine, path="p/b", name="b"))
    flow = (("p/a",), Buffer(capacity, "piece"), ("p/b",))
    line = replace(past.line, machines=(first.machine, second.machine), flow=flow, output=("p/b",))
    return replace(past, line=line, machines=[first, second])
