"""Alarms of tags: which limits are passed, since when, and who has seen it.

Detection chain: usable value? -> past the limit for `delay` -> active; back past limit and dead-band for `off_delay`
-> normal. All samples of a step are judged in columns; only alarms to which something happens are then followed
moment by moment (twin.alarms.life).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.alarms.life import BACK, BETWEEN, BEYOND, KEPT, NONE, Life
from twin.alarms.occurrence import CHATTER_TIME, Occurrence
from twin.alarms.spec import STALE, AlarmSpec, key_of
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.readers import Index, Readers
from twin.core.rows import Rows
from twin.core.state import rows, shared_rows
from twin.core.status import is_bad
from twin.core.window import run_starts

Moment = tuple[int, int, float, int]
"""Arguments of Life.samples."""

_ALIKE = np.array([[NONE, BACK, BACK, BEYOND], [NONE, BACK, BEYOND, BEYOND]], dtype=np.int8)
"""[active, zone]: zones that make no difference to an alarm are one; within the dead-band it stays what it is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """Samples as alarms see them, a row for each pair. value: with the sign of the limit; zone: see Life."""

    alarm: Index
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    zone: NDArray[np.int8]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> _Judged:
        return _Judged(self.alarm[rows], self.time[rows], self.value[rows], self.zone[rows])

    def before(self, other: _Judged) -> _Judged:
        return _Judged(
            np.concatenate([self.alarm, other.alarm]),
            np.concatenate([self.time, other.time]),
            np.concatenate([self.value, other.value]),
            np.concatenate([self.zone, other.zone]),
        )


class Alarms(Fold):
    """Emits a record `alarm` when an occurrence ends: returned and acknowledged, or a new one took its place.

    State `alarm`, a row each: see Life. Units: instants in ns, peak and reach in the tag's unit with the sign of the
    limit (of a `low` turned round). No lifetime totals: `recent` holds the activations of the last minute only.
    """

    name = "alarms"

    def __init__(self, specs: Sequence[AlarmSpec]) -> None:
        self.specs = sorted(specs, key=lambda spec: (spec.unit, spec.tag, spec.key))
        self._readers = Readers(np.array([s.tag for s in self.specs], dtype=np.int32))
        self._sign = np.array([s.sign for s in self.specs])
        self._stale = np.array([s.limit.kind == STALE for s in self.specs], dtype=np.bool_)
        self._limit = np.where(self._stale, np.inf, np.array([s.limit.limit for s in self.specs]) * self._sign)
        self._back = self._limit - np.array([s.limit.deadband for s in self.specs])
        self._silence = np.array([s.limit.silence for s in self.specs], dtype=np.int64)
        self._numeric = np.array([s.numeric for s in self.specs], dtype=np.bool_)
        self._is_new = np.zeros(len(self.specs), np.bool_)
        self._row = {s.key: row for row, s in enumerate(self.specs)}
        self._of_connection = _rows_by({s.connection, *s.more} for s in self.specs)
        table = rows(
            np.array([s.unit for s in self.specs], dtype=np.int32),
            zone=np.int8, lost=np.int8, due=np.int64, active=np.int8, start=np.int64, returned=np.int64,
            acked=np.int64, by=np.object_, note=np.object_, cause=np.int8, burst=np.int8, peak=np.float64,
            reach=np.float64,
        )  # fmt: skip
        table.columns["recent"] = np.zeros((len(self.specs), KEPT), np.int64)
        self.state = {"alarm": table}

    def step(self, step: Step) -> Outputs:
        """Judge the samples of [t0, t1), follow the alarms to which something happens."""
        if not self.specs:
            return Outputs()
        judged = self._judge(step.rows)
        if step.held is not None:
            again = self._judge(step.held)
            judged = again.take(self._is_new[again.alarm]).before(judged)
        events = self._events(step.events)
        busy = self._busy(judged, step.t1)
        busy[list(events)] = True
        followed = busy[judged.alarm]
        some = bool(followed.any())
        self._pass(judged.take(~followed) if some else judged)
        moments = self._moments(judged.take(followed), events) if some else {}
        records: list[Record] = []
        for row in np.flatnonzero(busy).tolist():
            records += self._follow(row, moments.get(row, ()), events.get(row, ()), step.t1)
        self._forget(step.t1 - CHATTER_TIME)
        return Outputs(records)

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """Tag and name: an alarm that is active stays so when its limit is moved, until its tag says otherwise."""
        return {"alarm": [(spec.tag, spec.limit.name, spec.limit.kind) for spec in self.specs]}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """Alarms that are new or have other limits are judged at once, by the last value of their tag."""
        records = super().carry(before, folds, at)
        if not isinstance(before, Alarms):
            return records
        mine, theirs = shared_rows(self.row_keys()["alarm"], before.row_keys()["alarm"])
        same = [
            self.specs[r].limit == before.specs[o].limit for r, o in zip(mine.tolist(), theirs.tolist(), strict=True)
        ]
        self._is_new = np.ones(len(self.specs), np.bool_)
        self._is_new[mine[np.array(same, np.bool_)]] = False
        return records

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """The occurrences that stand open of alarms that the model has no more."""
        open_rows = [row for row in rows.tolist() if self.state[table].start[row]]
        lives = [Life.load(self.specs[row], self.state[table], row) for row in open_rows]
        return [record for life in lives for record in life.removed(at)]

    def open(self) -> list[Occurrence]:
        """What stands open: every occurrence that is active or not yet acknowledged."""
        table = self.state["alarm"]
        return [
            Life.load(self.specs[row], table, row).occurrence(int(np.count_nonzero(table.recent[row])))
            for row in np.flatnonzero(table.start).tolist()
        ]

    # --- columns -----------------------------------------------------------------------------------------------

    def _judge(self, r: Rows) -> _Judged:
        """The zone of each sample for each alarm; every limit is one from below here."""
        sample, alarm = self._readers.pairs(r.tag)
        value = r.meant[sample]
        bad = is_bad(r.meant_status[sample]) | (np.isnan(value) & self._numeric[alarm])
        value *= self._sign[alarm]
        zone = np.full(len(alarm), BETWEEN, np.int8)
        zone[~(value > self._back[alarm])] = BACK  # a text, which has no value, is there for a stale alarm
        zone[value > self._limit[alarm]] = BEYOND
        zone[bad] = NONE
        return _Judged(alarm, r.time[sample], value, zone)

    def _busy(self, judged: _Judged, t1: int) -> NDArray[np.bool_]:
        """Alarms to which something happens: a zone that matters changes, or a delay ends before t1."""
        table, alarm, zone = self.state["alarm"], judged.alarm, judged.zone
        active = table.active[alarm]
        changed = _ALIKE[active, zone] != _ALIKE[active, table.zone[alarm]]
        changed |= table.lost[alarm] > 0
        changed |= self._stale[alarm] & (zone > NONE) & (table.due[alarm] == 0)
        busy = (table.due > 0) & (table.due < t1)
        busy[alarm[changed]] = True
        return busy

    def _pass(self, judged: _Judged) -> None:
        """Leave in the state what samples say to which nothing happens; of one alarm the last assignment stays."""
        table, alarm, zone = self.state["alarm"], judged.alarm, judged.zone
        table.zone[alarm] = zone
        beyond = np.flatnonzero(zone == BEYOND)
        if len(beyond):
            np.maximum.at(table.reach, alarm[beyond], judged.value[beyond])
        alive = np.flatnonzero(self._stale[alarm] & (zone > NONE))
        if len(alive):
            row = alarm[alive]
            table.due[row] = judged.time[alive] + self._silence[row]

    def _moments(self, judged: _Judged, eventful: Iterable[int]) -> dict[int, list[Moment]]:
        """Runs of samples of one zone, by alarm; of a stale alarm without a silence that is too long.

        eventful: alarms with events, of which every sample stands alone: an event may lie between any two.
        """
        judged = judged.take(np.argsort(judged.alarm, kind="stable"))  # samples stand by time
        alarm, time, zone = judged.alarm, judged.time, judged.zone
        alone = np.zeros(len(self.specs), np.bool_)
        alone[list(eventful)] = True
        apart = alone[alarm]
        apart[1:] |= self._stale[alarm[1:]] & (time[1:] - time[:-1] >= self._silence[alarm[1:]])
        starts = run_starts(alarm, zone, np.cumsum(apart))
        ends = np.append(starts[1:], len(alarm)) - 1
        reach = np.maximum.reduceat(judged.value, starts)
        columns = (alarm[starts], time[starts], zone[starts], reach, time[ends])
        found: dict[int, list[Moment]] = {}
        for row, first, where, furthest, last in zip(*(column.tolist() for column in columns), strict=True):
            found.setdefault(row, []).append((first, where, furthest, last))
        return found

    def _forget(self, before: int) -> None:
        """Drop activations up to an instant; the newest of an alarm stands last."""
        recent = self.state["alarm"].recent
        rows = np.flatnonzero(recent[:, -1])
        if len(rows):
            recent[rows] *= recent[rows] > before

    # --- moments -----------------------------------------------------------------------------------------------

    def _events(self, events: Sequence[Event]) -> Mapping[int, list[Event]]:
        """Events by the alarms that they concern."""
        found: dict[int, list[Event]] = {}
        for event in events:
            concerned: Sequence[int] = ()
            if event.kind in {CONNECTION_LOST, CONNECTION_UP}:
                concerned = self._of_connection.get(event.subject, ())
            elif event.kind == ALARM_ACKNOWLEDGED:
                row = self._row.get(key_of(str(event.body.get("id", ""))))
                concerned = () if row is None or self.specs[row].path != event.subject else (row,)
            for row in concerned:
                found.setdefault(row, []).append(event)
        return found

    def _follow(self, row: int, moments: Sequence[Moment], events: Sequence[Event], t1: int) -> list[Record]:
        """One alarm through [t0, t1): timers of an instant before its events, events before its samples."""
        table = self.state["alarm"]
        life = Life.load(self.specs[row], table, row)
        for event, moment in _merged(events, moments):
            if event is not None:
                life.until(event.time)
                life.event(event)
            elif moment is not None:
                life.until(moment[0])
                life.samples(*moment)
        life.until(t1 - 1)
        life.save(table, row)
        return life.records


def _merged(events: Sequence[Event], moments: Sequence[Moment]) -> Iterable[tuple[Event | None, Moment | None]]:
    """Both in the order of their times."""
    if not events:
        return [(None, moment) for moment in moments]
    both: list[tuple[int, int, Event | None, Moment | None]] = [(event.time, 0, event, None) for event in events]
    both += [(moment[0], 1, None, moment) for moment in moments]
    both.sort(key=lambda one: one[:2])
    return [(event, moment) for _, _, event, moment in both]


def _rows_by(names: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, own in enumerate(names):
        for name in own:
            found.setdefault(name, []).append(row)
    return found
