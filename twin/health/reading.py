"""What the fold `condition` holds, for people: how each machine is judged, its open alert, what to learn from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Record
from twin.core.instant import HOUR
from twin.health.alert import leading, outlook_of
from twin.health.condition import BUCKET, Condition
from twin.health.forecast import Forecast
from twin.health.model import NAME
from twin.health.watch import WINDOW, Watch

TREND = 8 * HOUR

Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class ModelNow:
    """The model that a machine is judged by. rows: windows that it was learnt from."""

    name: str
    digest: str
    learnt_from: int
    learnt_to: int
    rows: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """made_at: the instant it is reckoned from; forecast None: the text says why there is none."""

    forecast: Forecast | None
    text: str
    tag: str
    made_at: int


@dataclass(frozen=True, slots=True)
class ConditionNow:
    """A machine as it is judged. state: learning, watching, alert. score: None before the first judged window.

    judged: end of the last judged window, 0 for none. learnt: share of what is to be learnt from, 1 with a model.
    refused: why the last try to learn failed, '' where none did.
    trend: (end of the stretch, highest score in it), oldest first. tags: with shares. onset: None while all is normal.
    """

    asset: str
    state: Literal["learning", "watching", "alert"]
    model: ModelNow | None
    learnt: float
    refused: str
    score: float | None
    judged: int
    trend: tuple[tuple[int, float], ...]
    tags: Shares
    onset: int | None
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class AlertNow:
    """An alert, open (end None) or over. What it says was said when it opened; peak grew since.

    forecast: the first that could be made, at made_at (0: none could).
    """

    asset: str
    start: int
    end: int | None
    score: float
    peak: float
    tags: Shares
    onset: int
    forecast: Forecast | None
    forecast_text: str
    limit_tag: str
    made_at: int
    model: str


def conditions(fold: Condition, as_of: int, assets: Collection[str] | None = None) -> list[ConditionNow]:
    """Every watch of a fold as of an instant; of these machines alone where they are given."""
    wanted = [(row, watch) for row, watch in enumerate(fold.watches) if assets is None or watch.path in assets]
    return [_condition(fold, row, watch, as_of) for row, watch in wanted]


def _condition(fold: Condition, row: int, watch: Watch, as_of: int) -> ConditionNow:
    table, recent = fold.state["machine"], fold.state["recent"]
    has, alert, judged = bool(table.has[row]), int(table.alert[row]), int(table.judged[row])
    onset = int(table.onset[row]) or None
    model = None
    if has:
        learnt = int(table.learnt_from[row]), int(table.learnt_to[row])
        model = ModelNow(NAME, str(table.digest[row]), *learnt, int(table.learnt_rows[row]))
    return ConditionNow(
        asset=watch.path,
        state="alert" if alert else "watching" if has else "learning",
        model=model,
        learnt=1.0 if has else float(recent.many[row]) / watch.learn,
        refused=table.refused[row] or "",
        score=float(table.score[row]) if judged else None,
        judged=judged,
        trend=_trend(fold, row, as_of),
        tags=tuple(leading(watch, table, row)) if judged else (),
        onset=onset,
        outlook=None if onset is None else _outlook(fold, row, watch, as_of),
    )


def _outlook(fold: Condition, row: int, watch: Watch, as_of: int) -> Outlook:
    """Reckoned from now: while the machine stands, nothing wears."""
    forecast, text, tag = outlook_of(watch, fold.state["machine"], fold.state["recent"], row)
    return Outlook(forecast, text, tag, as_of)


def _trend(fold: Condition, row: int, as_of: int) -> tuple[tuple[int, float], ...]:
    trend = fold.state["trend"]
    bucket, score = trend.bucket[row].astype(np.int64), trend.score[row]
    shown = np.flatnonzero((bucket > 0) & (bucket * BUCKET > as_of - TREND))
    shown = shown[np.argsort(bucket[shown], kind="stable")]
    ends = np.minimum((bucket[shown] + 1) * BUCKET, as_of)
    return tuple(zip(ends.tolist(), np.round(score[shown].astype(np.float64), 3).tolist(), strict=True))


def alerts(fold: Condition) -> Iterator[AlertNow]:
    """The open alerts of a fold."""
    table = fold.state["machine"]
    for row in np.flatnonzero(table.alert).tolist():
        said = json.loads(table.told[row]) | {"peak": round(float(table.peak[row]), 2)}
        yield _alert(fold.watches[row].path, int(table.alert[row]), None, said)


def alert_of(record: Record) -> AlertNow:
    """An alert that is over."""
    data = dict(record.data)
    said = data | {name: json.loads(data[name]) for name in ("tags", "forecast")}
    return _alert(record.key, record.start, record.end, said)


def _alert(asset: str, start: int, end: int | None, said: dict[str, Any]) -> AlertNow:
    return AlertNow(
        asset=asset,
        start=start,
        end=end,
        score=said["score"],
        peak=said["peak"],
        tags=_shares(said["tags"]),
        onset=said["onset"],
        forecast=None if said["forecast"] is None else Forecast(*said["forecast"]),
        forecast_text=said["forecast_text"],
        limit_tag=said["limit_tag"],
        made_at=said["made_at"],
        model=said["model"],
    )


def _shares(pairs: list[tuple[str, float]]) -> Shares:
    return tuple((tag, share) for tag, share in pairs)


@dataclass(frozen=True, slots=True, eq=False)
class ToLearn:
    """Windows that a model of a watch can be learnt from. [start, end): the log time they lie in.

    rows: means, float64[window, tag]. stood: bool[tag], whether a tag did not move in one of them.
    """

    watch: Watch
    rows: NDArray[np.float64]
    stood: NDArray[np.bool_]
    start: int
    end: int


def to_learn(fold: Condition) -> Iterator[ToLearn]:
    """Every watch without a model that has run for long enough."""
    table, recent = fold.state["machine"], fold.state["recent"]
    for row, watch in enumerate(fold.watches):
        many = int(recent.many[row])
        if table.has[row] or many < watch.learn:
            continue
        width = len(watch.tags)
        ends = recent.window[row, -many:].astype(np.int64) * WINDOW
        rows = recent.mean[row, -many:, :width].astype(np.float64)
        stood = recent.stood[row, :width] > 0
        yield ToLearn(watch, rows, stood, int(ends[0]) - WINDOW, int(ends[-1]))
