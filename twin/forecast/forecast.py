"""What may come of a line: pieces, when so many are made, OEE and stops, each with the interval of many runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.instant import SECOND
from twin.forecast.model import Floats, LineModel, LineState
from twin.forecast.simulate import MINUTE_S, Futures, simulate

LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Of the quantiles that are kept: 5 % to 95 %. The interval that is shown is from 10 % to 90 %: 80 % of the runs."""
FLOOR = 0.005
"""No forecast of pieces is taken for more exact than this share of them: a model leaves things out."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """What a tenth, half and nine tenths of the runs stay below."""

    p10: float
    p50: float
    p90: float

    @staticmethod
    def of(values: Floats) -> Quantiles:
        """Over runs."""
        return Quantiles(*(float(one) for one in np.quantile(values, (0.1, 0.5, 0.9))))


@dataclass(frozen=True, slots=True)
class MachineForecast:
    """running, stopped, starved, blocked: shares of the time (running: of the planned time, its availability)."""

    machine: str
    availability: Quantiles
    stops: Quantiles
    stopped: Quantiles
    starved: Quantiles
    blocked: Quantiles


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Over [start, end), ns; amounts in `unit`. good: levels of LEVELS. path: minute -> quantiles of the good pieces.

    histogram: (edges, runs between them) of the good pieces. finish_ns: instants at which a tenth, half, nine tenths of
    the runs have made `target`; None where so many have not within the time. reached: share of runs that have.
    """

    line: str
    unit: str
    start: int
    end: int
    runs: int
    seed: int
    good: Floats
    pieces: Quantiles
    produced: Quantiles
    path: Sequence[tuple[int, Quantiles]]
    histogram: tuple[Floats, Floats]
    machines: Sequence[MachineForecast]
    oee: Quantiles | None
    target: float | None
    reached: float | None
    finish_ns: tuple[int | None, int | None, int | None]
    settings: Mapping[str, str]


PATH_POINTS = 48
BINS = 24


def forecast(
    model: LineModel, state: LineState, horizon: int, runs: int, seed: int, target: float | None = None,
    settings: Mapping[str, str] | None = None,
) -> Forecast:  # fmt: skip
    """Many runs from a state over a horizon (ns, whole minutes). The same arguments give the same answer."""
    futures = simulate(model, state, horizon // SECOND, runs, seed)
    minute = checked_path(futures.minute, model, seed)
    good = minute[-1]
    counts, edges = np.histogram(good, BINS)
    reached = None if target is None else float(np.mean(good >= target))
    bad = np.maximum(futures.produced - futures.minute[-1], 0.0)
    return Forecast(
        model.line, model.unit, state.at, state.at + horizon, runs, seed, np.quantile(good, LEVELS),
        Quantiles.of(good), Quantiles.of(good + bad), _path(minute, state.at), (edges, counts.astype(np.float64)),
        _machines(model, futures, horizon // SECOND), _oee(futures, good), target, reached,
        _finish(minute, state.at, target), dict(settings or {}),
    )  # fmt: skip


def checked_path(minute: Floats, model: LineModel, seed: int) -> Floats:
    """The good pieces of each run in whole pieces of the last machine, after what the hindcasts say of such forecasts:
    moved by their bias and spread as much wider as they had to be, in units of their own scatter.
    """
    random = np.random.Generator(np.random.PCG64([seed, 1]))
    content = min((model.machines[row].content for row in model.outputs), default=1)
    good = minute[-1]
    middle, floor = float(np.median(good)), floor_of(good, content)
    scatter = float(np.hypot(good.std(), floor))
    check = model.check
    spread = good - middle + random.normal(0.0, floor, good.shape)
    moved = np.maximum(middle + check.bias * scatter + check.spread * spread, 0.0)
    share = np.divide(moved, good, out=np.ones_like(good), where=good > 0.0)
    whole = content * np.floor(minute * share / content + random.random(good.shape))
    return np.maximum.accumulate(whole, axis=0)


def floor_of(good: Floats, content: int) -> float:
    """Least scatter of pieces: counting in whole ones, and what a model leaves out."""
    return float(np.hypot(content / np.sqrt(12.0), FLOOR * float(np.median(good))))


def apart(actual: float, good: Floats, content: int) -> float:
    """How many times its own scatter a forecast was off: positive where more was made."""
    return float((actual - np.median(good)) / np.hypot(good.std(), floor_of(good, content)))


def _path(minute: Floats, start: int) -> list[tuple[int, Quantiles]]:
    every = max(1, (len(minute) - 1) // PATH_POINTS)
    places = sorted({*range(0, len(minute), every), len(minute) - 1})
    return [(start + place * MINUTE_S * SECOND, Quantiles.of(minute[place])) for place in places]


def _machines(model: LineModel, futures: Futures, horizon_s: int) -> list[MachineForecast]:
    open_s = max(futures.open_s, 1.0)
    return [
        MachineForecast(
            one.path,
            Quantiles.of(futures.running[row] / open_s),
            Quantiles.of(futures.stops[row]),
            *(Quantiles.of(spent[row] / horizon_s) for spent in (futures.stopped, futures.starved, futures.blocked)),
        )
        for row, one in enumerate(model.machines)
    ]


def _oee(futures: Futures, good: Floats) -> Quantiles | None:
    """Time that the good pieces need at the ideal rate of the slowest station, of the planned time."""
    if futures.earned is None or futures.open_s <= 0.0:
        return None
    simulated = np.maximum(futures.minute[-1], 1e-9)
    return Quantiles.of(futures.earned * good / simulated / futures.open_s)


def _finish(minute: Floats, start: int, target: float | None) -> tuple[int | None, int | None, int | None]:
    if target is None:
        return None, None, None
    reached = minute[-1] >= target
    when = np.where(reached, (minute >= target).argmax(axis=0), len(minute) * 1e6)
    found = np.quantile(when, (0.1, 0.5, 0.9), method="inverted_cdf")
    instants = [start + int(one) * MINUTE_S * SECOND if one < len(minute) else None for one in found.tolist()]
    return instants[0], instants[1], instants[2]
