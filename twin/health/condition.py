"""Condition: the score of every watched machine, window by window, and the alerts that come of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.event import MODEL_LEARNT, MODEL_REFUSED, Event
from twin.core.fold import Fold, Outputs, Record, Series, Step
from twin.core.state import Table, rows, shared_rows
from twin.core.window import distinct
from twin.health.alert import PERSIST, alert_record, foretell, open_alerts
from twin.health.model import NormalModel
from twin.health.score import scored
from twin.health.watch import WINDOW, Watch, Watches

BUCKET = 10 * WINDOW
"""The trend that people see has one point for so much time: the highest score in it."""
BUCKETS = 288
"""Eight hours of them."""
ONSET = 0.5
"""An onset is where the score came above this and stayed."""
CALM = 6
"""So many windows in a row below ONSET end what had begun."""
RELEASE = 0.8
"""Below this the machine is normal again ..."""
RELEASED = 30
"""... after so many windows in a row: five minutes of running."""

Index = NDArray[np.intp]
Column = NDArray[np.float64]


class Condition(Fold):
    """Emits a record `alert` when one ends, and the scores as a series: key is the watch, time the end of the window.

    watches: by (unit, path). State `machine`: the model's constants, the smoothed deviations, the present score and
    what it is made of, the onset, the open alert. `recent`: the last windows judged (before there is a model: the
    first ones, to learn from, and which tags stood still in one), newest last, by the number of their end. `trend`:
    the highest score of each hundred seconds, by number modulo.
    """

    name = "condition"
    version = 4

    def __init__(self, watches: Watches) -> None:
        self.watches = list(watches.watches)
        self._width, self._kept = watches.width, watches.kept
        pairs = [(number, column) for number, watch in enumerate(self.watches) for column in range(len(watch.tags))]
        self._watch = np.array([number for number, _ in pairs], dtype=np.intp)
        self._column = np.array([column for _, column in pairs], dtype=np.intp)
        self._margin = np.zeros((len(self.watches), self._width))
        for number, watch in enumerate(self.watches):
            self._margin[number, : len(watch.tags)] = [tag.margin for tag in watch.tags]
        self._learn = np.array([watch.learn for watch in self.watches], dtype=np.int32)
        self._tags = np.array([len(watch.tags) for watch in self.watches], dtype=np.int32)
        self._by_path: dict[str, list[int]] = {}
        for number, watch in enumerate(self.watches):
            self._by_path.setdefault(watch.path, []).append(number)
        self.state = _first_state(self.watches, self._width, self._kept)

    def step(self, step: Step) -> Outputs:
        """Judge the windows that ended in [t0, t1); a model counts for windows that end after its event."""
        found = step.series["health_windows"]
        ends = distinct(found.time)
        events = [event for event in step.events if event.kind in {MODEL_LEARNT, MODEL_REFUSED}]
        records: list[Record] = []
        scores: list[tuple[Index, int, Column]] = []
        for end in ends.tolist():
            while events and events[0].time < end:
                self._take_model(events.pop(0))
            here = found.time == end
            self._window(end, found.key[here], found.value[here], records, scores)
        for event in events:
            self._take_model(event)
        return Outputs(records, _series(scores))

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """What is watched."""
        signatures = [watch.signature for watch in self.watches]
        return dict.fromkeys(self.state, signatures)

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """A watch goes on; there may be room for more tags and more windows than before, or less."""
        del folds
        if before is None:
            return []
        mine, theirs = shared_rows(self.row_keys()["machine"], before.row_keys()["machine"])
        for name, table in self.state.items():
            for column_name, column in table.columns.items():
                newest_last = column_name in {"window", "mean"}
                _fit(column, mine, before.state[name].columns[column_name][theirs], newest_last)
        return before.closing("machine", np.setdiff1d(np.arange(len(before.row_keys()["machine"])), theirs), at)

    def closing(self, table: str, rows: Index, at: int) -> list[Record]:
        """The alerts that stand open."""
        held = self.state["machine"]
        open_rows = [row for row in rows.tolist() if held.alert[row]] if table == "machine" else []
        return [alert_record(self.watches[row], held, row, at) for row in open_rows]

    def _window(
        self, end: int, key: NDArray[np.int32], value: Column, records: list[Record],
        scores: list[tuple[Index, int, Column]],
    ) -> None:  # fmt: skip
        mean = np.full((len(self.watches), self._width), np.nan)
        spread = np.full((len(self.watches), self._width), np.nan)
        place = key >> 1
        for column, part in ((mean, key % 2 == 0), (spread, key % 2 == 1)):
            column[self._watch[place[part]], self._column[place[part]]] = value[part]
        with_values = np.flatnonzero(~np.isnan(mean).all(axis=1))
        model = self.state["machine"]
        has = model.has[with_values] > 0
        self._gather(with_values[~has], end, mean, spread)
        judged = with_values[has]
        if len(judged):
            self._judge(judged, end, mean[judged], spread[judged], records)
            scores.append((judged, end, model.score[judged].copy()))

    def _gather(self, watch: Index, end: int, mean: Column, spread: Column) -> None:
        """Keep the first windows that have a value of every tag, until there are enough to learn from."""
        recent = self.state["recent"]
        complete = (~np.isnan(mean[watch])).sum(axis=1) == self._tags[watch]
        watch = watch[complete & (recent.many[watch] < self._learn[watch])]
        _push(recent, watch, end, mean[watch])
        recent.stood[watch] |= (spread[watch] == 0).astype(np.int8)

    def _judge(self, watch: Index, end: int, x: Column, spread: Column, records: list[Record]) -> None:
        table, recent = self.state["machine"], self.state["recent"]
        seen = ~np.isnan(x) & ~((table.moves[watch] > 0) & (spread == 0))
        found = scored(table, watch, self._margin[watch], np.where(seen, x, 0.0), seen)
        table.smooth[watch] = found.smooth
        table.score[watch] = found.score
        table.shares[watch] = found.shares
        table.judged[watch] = end
        table.last[watch, :-1] = table.last[watch, 1:]
        table.last[watch, -1] = found.score
        _push(recent, watch, end, np.where(seen, x, np.nan))
        self._follow_onset(watch, end, found.score)
        self._remember(watch, end, found.score)
        self._end_alerts(watch, end, found.score, records)
        open_alerts(self.watches, table, watch, end)
        foretell(self.watches, table, recent, watch, end)

    def _follow_onset(self, watch: Index, end: int, score: Column) -> None:
        table = self.state["machine"]
        above = score >= ONSET
        table.calm[watch] = np.where(above, 0, np.minimum(table.calm[watch] + 1, CALM))
        over = (table.calm[watch] >= CALM) & (table.alert[watch] == 0)
        begun = np.where(above & (table.onset[watch] == 0), end - WINDOW, table.onset[watch])
        table.onset[watch] = np.where(over, 0, begun)

    def _remember(self, watch: Index, end: int, score: Column) -> None:
        """Into the bucket that the window ended in; a bucket of eight hours ago gives way."""
        trend = self.state["trend"]
        bucket = (end - 1) // BUCKET
        place = bucket % BUCKETS
        same = trend.bucket[watch, place] == bucket
        trend.score[watch, place] = np.where(same, np.maximum(trend.score[watch, place], score), score)
        trend.bucket[watch, place] = bucket

    def _end_alerts(self, watch: Index, end: int, score: Column, records: list[Record]) -> None:
        table = self.state["machine"]
        table.peak[watch] = np.where(table.alert[watch] > 0, np.maximum(table.peak[watch], score), 0.0)
        table.below[watch] = np.where(score < RELEASE, np.minimum(table.below[watch] + 1, RELEASED), 0)
        for one in watch[(table.alert[watch] > 0) & (table.below[watch] >= RELEASED)].tolist():
            records.append(alert_record(self.watches[one], table, one, end))
            table.alert[one] = table.onset[one] = 0
            table.told[one] = None

    def _take_model(self, event: Event) -> None:
        """The constants of an event, for the watch that they were learnt for; a refusal begins the learning anew."""
        for number in self._by_path.get(event.subject, ()):
            watch, table, recent = self.watches[number], self.state["machine"], self.state["recent"]
            if event.body.get("signature") != watch.signature or table.has[number]:
                continue
            table.refused[number] = event.body.get("reason")
            if event.kind == MODEL_LEARNT:
                _put_model(table, number, len(watch.tags), event.body)
            for name, column in recent.columns.items():
                column[number] = np.nan if name == "mean" else 0


def _first_state(watches: Sequence[Watch], width: int, kept: int) -> dict[str, Table]:
    units = np.array([watch.unit for watch in watches], dtype=np.int32)
    machine = rows(
        units, has=np.int8, digest=np.object_, learnt_from=np.int64, learnt_to=np.int64, learnt_rows=np.int32,
        limit_raw=np.float64, limit_smooth=np.float64, score=np.float64, judged=np.int64, onset=np.int64, calm=np.int8,
        below=np.int8, alert=np.int64, peak=np.float64, told=np.object_,
        refused=np.object_,
    )  # fmt: skip
    n = len(watches)
    for name in ("centre", "low", "high", "smooth", "shares"):
        machine.columns[name] = np.zeros((n, width))
    machine.columns["scale"] = np.ones((n, width))
    machine.columns["last"] = np.zeros((n, PERSIST))
    for name in ("slope", "phi"):
        machine.columns[name] = np.zeros((n, width, width))
    for name in ("slow", "moves"):
        machine.columns[name] = np.zeros((n, width), np.int8)
    recent = rows(units, many=np.int32)
    recent.columns["window"] = np.zeros((n, kept), np.int32)
    recent.columns["mean"] = np.full((n, kept, width), np.nan, np.float32)
    recent.columns["stood"] = np.zeros((n, width), np.int8)
    trend = Table(units, bucket=np.zeros((n, BUCKETS), np.int32), score=np.zeros((n, BUCKETS), np.float32))
    return {"machine": machine, "recent": recent, "trend": trend}


def _fit(column: Column, rows: Index, held: Column, newest_last: bool) -> None:
    """Put rows into a column that may be wider or narrower than where they come from."""
    shared = [min(mine, theirs) for mine, theirs in zip(column.shape[1:], held.shape[1:], strict=True)]
    into, of = [slice(0, size) for size in shared], [slice(0, size) for size in shared]
    if newest_last:
        into[0], of[0] = slice(column.shape[1] - shared[0], None), slice(held.shape[1] - shared[0], None)
    column[(rows, *into)] = held[(slice(None), *of)]


def _push(recent: Table, watch: Index, end: int, mean: Column) -> None:
    """Shift a window in at the end of each of these rows."""
    if not len(watch):
        return
    for column, new in ((recent.window, end // WINDOW), (recent.mean, mean)):
        column[watch, :-1] = column[watch, 1:]
        column[watch, -1] = new
    recent.many[watch] = np.minimum(recent.many[watch] + 1, recent.window.shape[1])


def _put_model(table: Table, row: int, tags: int, body: Mapping[str, Any]) -> None:
    model = NormalModel.of_body(body["constants"])
    for name in ("centre", "low", "high", "scale", "slow", "moves"):
        table.columns[name][row, :tags] = getattr(model, name)
    for name in ("slope", "phi"):
        table.columns[name][row, :tags, :tags] = getattr(model, name)
    table.limit_raw[row], table.limit_smooth[row] = model.limit_raw, model.limit_smooth
    table.has[row], table.digest[row] = 1, model.digest
    table.learnt_from[row], table.learnt_to[row] = body["learnt_from"], body["learnt_to"]
    table.learnt_rows[row] = body["rows"]


def _series(scores: Sequence[tuple[Index, int, Column]]) -> Series:
    if not scores:
        return Series(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))
    key = np.concatenate([watch for watch, _, _ in scores]).astype(np.int32)
    time = np.concatenate([np.full(len(watch), end, np.int64) for watch, end, _ in scores])
    value = np.concatenate([score for _, _, score in scores])
    order = np.lexsort((time, key))
    return Series(key[order], time[order], value[order])
