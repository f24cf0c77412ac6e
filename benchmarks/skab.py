"""The detector on public data: SKAB, a real pump rig with valves closed on purpose (github.com/waico/SKAB).

    LINETWIN_DATA=DIR python -m benchmarks.skab

Its protocol: the first 400 rows of each file are learnt from, the rest is judged, all files together. Every row is
handed to the folds as one window; temperatures are context, as everywhere. Our limit is set for few false alerts; the
same scores against lower limits are beside it, for comparison with published figures.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import batch
from twin.core.event import MODEL_LEARNT, Event
from twin.core.fold import Series, Step
from twin.core.rows import Rows, in_order, samples_of
from twin.health.condition import Condition
from twin.health.reading import to_learn
from twin.health.watch import WINDOW, Watch, WatchedTag, Watches
from twin.health.windows import HealthWindows
from twin.runtime.learning import learnt

LEARN = 400
LIMITS = (1.0, 0.7, 0.5, 0.4)
"""Scores at which a row is taken for an anomaly; 1 is the product's."""
NO_STATES = Series(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))

Column = NDArray[np.float64]


def read(file: Path) -> tuple[list[str], Column, NDArray[np.bool_]]:
    """(tags, rows, whether each row is an anomaly) of one file."""
    with file.open(encoding="utf-8", newline="") as text:
        head, *rows = csv.reader(text, delimiter=";")
    values = np.array([[float(value) for value in row[1:]] for row in rows])
    place = head.index("anomaly") - 1
    return head[1:9], values[:, :8], values[:, place] > 0


def scores(tags: Sequence[str], values: Column) -> Column:
    """The score of each row behind the learnt ones; zeros where nothing could be learnt from."""
    margins = [10.0 if "Temperature" in tag else 0.0 for tag in tags]
    watched = tuple(WatchedTag(n, tag, margin=m) for n, (tag, m) in enumerate(zip(tags, margins, strict=True)))
    watches = Watches([Watch(0, "rig", watched, learn=LEARN, signature="rig")], len(tags), LEARN)
    windows, condition = HealthWindows(watches), Condition(watches)
    _fold(windows, condition, values[:LEARN], 0)
    [found] = to_learn(condition)
    event = learnt(found, found.end)
    judged = len(values) - LEARN
    if event.kind != MODEL_LEARNT:
        return np.zeros(judged)
    return _fold(windows, condition, values[LEARN:], LEARN, [event])


def _fold(
    windows: HealthWindows, condition: Condition, values: Column, first: int, events: Sequence[Event] = ()
) -> Column:
    """Step both folds over rows, a window each; the scores of those that were judged."""
    start, end = first * WINDOW, (first + len(values)) * WINDOW + 1
    rows = _rows(values, first)
    series = windows.step(Step(start, end, rows, (), {"machine_state": NO_STATES})).series
    assert series is not None
    told = condition.step(Step(start, end, rows, events, {"health_windows": series})).series
    return np.empty(0) if told is None else told.value


def _rows(values: Column, first: int) -> Rows:
    many, width = values.shape
    time = np.repeat((first + np.arange(many)) * WINDOW, width)
    return in_order(samples_of([(1, batch("skab", np.tile(np.arange(width), many), time, values.ravel()))]))


def main() -> int:
    """The command."""
    folder = Path(os.environ.get("LINETWIN_DATA", "")) / "skab"
    files = sorted(folder.glob("**/valve1/*.csv"))
    if not files:
        print(
            f"not run: no valve1/*.csv below {folder}; set LINETWIN_DATA to a folder with skab in it", file=sys.stderr
        )
        return 1
    told: list[Column] = []
    truth: list[NDArray[np.bool_]] = []
    for file in files:
        tags, values, anomaly = read(file)
        told.append(scores(tags, values))
        truth.append(anomaly[LEARN:])
    score, is_anomaly = np.concatenate(told), np.concatenate(truth)
    refused = sum(not one.any() for one in told)
    print(f"{len(files)} files of valve1, {len(score)} rows judged, {refused} files not learnt from")
    print("limit     F1   false alarms   missed")
    for limit in LIMITS:
        print(_line(limit, score >= limit, is_anomaly))
    return 0


def _line(limit: float, said: NDArray[np.bool_], true: NDArray[np.bool_]) -> str:
    hit, false, missed = int((said & true).sum()), int((said & ~true).sum()), int((~said & true).sum())
    f1 = 2 * hit / max(2 * hit + false + missed, 1)
    rest = int((~true).sum())
    return f"{limit:5.1f}  {f1:5.3f}   {false / max(rest, 1):11.1%}   {missed / max(int(true.sum()), 1):6.1%}"


if __name__ == "__main__":
    sys.exit(main())
