"""Lane: units that wait equally long are folded together, kept exact by healing, cut short by snapshots.

Terms (folds.md section 2): the frontier F is how far state is final unless something late comes; `known` K is the
greatest `recorded` that state has seen; result(T, K) is the fold of all entries with recorded <= K and time < T.
Whatever this file does with waits, snapshots and heals, its state at F is result(F, K), to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twin.core.course import LONGEST, Course, first_start
from twin.core.edition import Editions
from twin.core.event import Event
from twin.core.fold import Fold, Record
from twin.core.history import History, Late, Publication, Results, Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST, SECOND
from twin.core.rows import Samples, equal_rows, in_order, join
from twin.core.span import GRID, OLDEST_GRID, cuts, grid, in_event_order, unit_state
from twin.core.state import put, take

PIECE = 50_000
"""A start tells its records by so many, about."""
HEAL_PAUSE = SECOND
"""At most one heal per unit in this time; meanwhile the frontier stands still (R6, R8)."""

Folds = list[Fold]


@dataclass(slots=True)
class _LateSpan:
    first: int
    last: int


@dataclass(slots=True)
class _Retelling:
    """A unit that a start folds again. at: records that end before are compared; told: so far the runs before told."""

    at: int
    told: int
    newest: Snapshot | None


@dataclass(slots=True)
class _Outcome:
    added: list[Record] = field(default_factory=list[Record])
    """Records that folding made."""
    corrected: list[Record] = field(default_factory=list[Record])
    """Those of a span folded again that were not there before."""
    removed: list[Record] = field(default_factory=list[Record])
    healed: list[int] = field(default_factory=list[int])
    snapshots: list[Snapshot] = field(default_factory=list[Snapshot])


class Lane:
    """State of a set of units at one frontier. For one thread."""

    def __init__(self, units: Sequence[int], editions: Editions, wait: int, history: History, results: Results) -> None:
        self.units = tuple(units)
        self.wait = wait
        self.known = 0
        self._editions = editions
        self._course = Course(editions, self.units, FAR_PAST, FAR_FUTURE)
        self._history = history
        self._results = results
        self._pending: list[Samples] = []
        self._pending_events: list[tuple[int, Event]] = []
        self._late: dict[int, _LateSpan] = {}
        self._late_entries: list[Late] = []
        self._healed_at: dict[int, int] = {}

    @property
    def frontier(self) -> int:
        """How far the state is final unless something late comes, ns."""
        return self._course.at

    @property
    def folds(self) -> Folds:
        """The folds at the frontier."""
        return self._course.folds

    # --- from the log ------------------------------------------------------------------------------------------

    def resume(self, now: int, known: int) -> Iterator[Publication]:
        """Start from the newest snapshots and fold the log up to now - wait; what is younger waits as pending.

        Records that come out otherwise than they stand are corrected: a run that was killed leaves no trace, and what
        another edition of the model says of the past is healed. What lies beyond all that was told is news. A long way
        is told in pieces: one that is cut off goes on from the last piece, not from the beginning.
        """
        self.known = known
        bases = self._bases(self.units, now, FAR_FUTURE, known, self._resumable)
        start = first_start(bases, lambda: self._beginning(now - self.wait))
        self._course = Course(self._editions, self.units, start, known)
        target = max(now - self.wait, *(start, *(basis.frontier for basis in bases.values() if basis is not None)))
        retold = {unit: self._retelling(unit, start, basis, known) for unit, basis in bases.items()}
        outcome = _Outcome()
        late: list[Late] = []
        for reached, under_way, records in self._approach(self._course, bases, target, known, now):
            outcome.added += records
            outcome.snapshots += self._snapshots_at(self._course, under_way, reached, known, now)
            if len(outcome.added) >= PIECE:
                piece = self._retold(retold, outcome, reached, known, late)
                late += piece.late
                yield piece
                outcome = _Outcome()
        last = self._retold(retold, outcome, FAR_FUTURE, known, late)
        waiting = self._editions.of_units(self._history.read(target, FAR_FUTURE, known), self.units)
        self._pending, self._pending_events = [waiting.samples], list(waiting.events)
        yield replace(last, healed=sorted({one.unit for one in (*late, *last.late)}))

    def _retelling(self, unit: int, start: int, basis: Snapshot | None, known: int) -> _Retelling:
        begun = start if basis is None else basis.frontier
        newest = self._results.snapshot_before(unit, FAR_FUTURE, known)
        return _Retelling(begun, self._told_until(unit, begun, newest), newest)

    def _retold(
        self, retold: Mapping[int, _Retelling], outcome: _Outcome, reached: int, known: int, before: Sequence[Late]
    ) -> Publication:
        """What was folded up to `reached` beside what was told of it: corrections, and news beyond. before: causes
        that were named already.
        """
        mine: dict[int, list[Record]] = {unit: [] for unit in retold}
        news: list[Record] = []
        for record in outcome.added:
            (mine[record.unit] if record.end < retold[record.unit].told else news).append(record)
        for unit, one in retold.items():  # to the end of what was told: the clock may have stepped back behind it
            until = min(one.told, reached)
            if one.at < until:
                if self._correct(unit, one.at, until, mine[unit], outcome) and one.newest is not None:
                    self._late_entries += self._causes(one.newest, one.told, known)
                one.at = until
        late, self._late_entries = list(dict.fromkeys(self._late_entries)), []
        told = set(before)
        return Publication(
            known, news, outcome.corrected, outcome.removed, outcome.snapshots, [one for one in late if one not in told]
        )

    def _told_until(self, unit: int, begun: int, newest: Snapshot | None) -> int:
        """How far the runs before have told of a unit, at least: they publish records and snapshots by their end."""
        ends = [record.end + 1 for record in self._results.current(unit, begun, FAR_FUTURE)]
        return max(FAR_PAST if newest is None else newest.frontier, *ends, begun)

    def _causes(self, newest: Snapshot, told: int, known: int) -> list[Late]:
        """What came behind the frontier of a run that ended before it had healed it, and what a new edition says of
        the past: why records that were told are others now.
        """
        taken = self._taken_since(newest, known)
        late = [one for one in taken if one.time < min(told, one.recorded - self.wait)]
        return [*late, *self._editions.mends(newest.unit, newest.known, known)]

    def _resumable(self, unit: int, now: int, known: int) -> Snapshot | None:
        """The newest snapshot of a unit that nothing came behind of: what the log took since it is looked through."""
        basis = self._valid_basis(unit, now, known)
        while basis is not None and (late := self._earliest_late(basis, known)) < basis.frontier:
            basis = self._valid_basis(unit, late, known)
        return basis

    def _beginning(self, target: int) -> int:
        first = self._history.first()
        return target if first is None else min(target, first - first % GRID + 1 - GRID)

    def _earliest_late(self, basis: Snapshot, known: int) -> int:
        """The first time among entries that the log took after a snapshot but that lie before its frontier."""
        late = [one for one in self._taken_since(basis, known) if one.time < basis.frontier]
        self._late_entries += late
        return min((one.time for one in late), default=FAR_FUTURE)

    def _taken_since(self, basis: Snapshot, known: int) -> list[Late]:
        """All entries of its unit that the log took after a snapshot."""
        found = self._editions.of_units(self._history.since(basis.known, known), (basis.unit,))
        times = [(int(r), int(t)) for r, t in zip(found.samples.recorded, found.samples.time, strict=True)]
        times += [(recorded, event.time) for recorded, event in found.events]
        return [Late(basis.unit, recorded, time) for recorded, time in times]

    # --- while it runs -----------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """Whether nothing late waits to be healed: then the state is result(frontier, known)."""
        return not self._late

    def has_any(self, units: Sequence[int]) -> bool:
        """Whether one of these units is folded here."""
        return not set(self.units).isdisjoint(units)

    def accept(self, samples: Samples, events: Sequence[tuple[int, Event]]) -> None:
        """Take entries just made durable, foldable and of these units; those behind the frontier are late."""
        late = samples.time < self.frontier
        if late.any():
            self._accept_late(samples.take(late))
            samples = samples.take(~late)
        if len(samples):
            self._pending.append(samples)
        for recorded, event in events:
            if event.time >= self.frontier:
                self._pending_events.append((recorded, event))
                continue
            for unit in self._editions.units_of(event):
                if unit in self.units:
                    self._late_entries.append(Late(unit, recorded, event.time))
                    self._mark_late(unit, event.time)

    def _accept_late(self, late: Samples) -> None:
        units = self._editions.unit_of(late)
        for unit in np.unique(units).tolist():
            mine = late.take(units == unit)
            new = self._really_new(mine)
            if len(new):
                self._mark_late(unit, int(new.time.min()))
                self._mark_late(unit, int(new.time.max()))
                for recorded in np.unique(new.recorded).tolist():
                    self._late_entries.append(Late(unit, recorded, int(new.time[new.recorded == recorded].min())))

    def _really_new(self, late: Samples) -> Samples:
        """Without rows equal to what is stored: a re-delivery is not late data (R8).

        Rows that beat each other all stay: between them the result was another one, and `known` may ask for it.
        """
        before = int(late.recorded.min()) - 1
        times = np.unique(late.time)
        parts: list[Samples] = []
        for near in np.split(times, np.flatnonzero(np.diff(times) > GRID) + 1):  # what lies between may be days
            found = self._history.read(int(near[0]), int(near[-1]) + 1, before).samples
            parts.append(found.take(np.isin(found.time, near)))
        return late.take(~equal_rows(in_order(join(parts)), late))

    def _mark_late(self, unit: int, time: int) -> None:
        span = self._late.setdefault(unit, _LateSpan(time, time))
        span.first, span.last = min(span.first, time), max(span.last, time)

    def tick(self, now: int, known: int) -> Publication:
        """Heal what is late, then advance to now - wait, then take snapshots (R6)."""
        self.known = known
        late, self._late_entries = self._late_entries, []
        outcome = _Outcome()
        for unit in sorted(self._late):
            if now - self._healed_at.get(unit, FAR_PAST) >= HEAL_PAUSE:
                self._healed_at[unit] = now
                self._heal(unit, self._late.pop(unit), now, outcome)
        if not self._late:
            self._advance(now, outcome)
        return Publication(
            known, outcome.added, outcome.corrected, outcome.removed, outcome.snapshots, late, outcome.healed
        )

    def _advance(self, now: int, outcome: _Outcome) -> None:
        target = now - self.wait
        if target <= self.frontier:
            return
        pending = join(self._pending)
        due = pending.time < target
        rows = in_order(pending.take_if(due))
        events = in_event_order(self._pending_events)
        for reached in cuts(self.frontier, target):
            outcome.added += self._course.step(rows, events, reached)
            outcome.snapshots += self._snapshots_at(self._course, self.units, reached, self.known, now)
        self._pending = [pending.take(~due)]
        self._pending_events = [(recorded, event) for recorded, event in events if event.time >= target]

    def _heal(self, unit: int, span: _LateSpan, now: int, outcome: _Outcome) -> None:
        """Fold a unit again from before its earliest late entry; stop as soon as its state is what it was (R8).

        Units that it shares something with by a change of the model in between are folded with it.
        """
        bases = self._bases((unit,), span.first, self.frontier, self.known, self._valid_basis)
        units = tuple(bases)
        start = first_start(bases, lambda: self._beginning(self.frontier))
        course = Course(self._editions, self.units, start, self.known)
        records: list[Record] = []
        reached, settled = start, False
        for reached, under_way, stepped in self._approach(course, bases, self.frontier, self.known, now):
            records += stepped
            new = self._snapshots_at(course, under_way, reached, self.known, now)
            settled = reached > span.last and len(new) == len(units) and all(self._stands(one) for one in new)
            outcome.snapshots += new
            if settled:
                break
        if not settled:
            for live, healed in zip(self.folds, course.folds, strict=True):
                for one in units:
                    put(live.state, one, take(healed.state, one))
        for one in units:
            basis = bases[one]
            begun = start if basis is None else basis.frontier
            self._correct(one, begun, reached, [record for record in records if record.unit == one], outcome)
        outcome.healed += units

    def _stands(self, new: Snapshot) -> bool:
        """Whether the state is what a snapshot of the same frontier already says."""
        old = self._results.snapshot_before(new.unit, new.frontier, new.known)
        return old is not None and old.frontier == new.frontier and old.body == new.body

    def _correct(self, unit: int, start: int, end: int, records: Sequence[Record], outcome: _Outcome) -> bool:
        """Compare what folding [start, end) again made with what stands; whether that was otherwise."""
        before, after = set(self._results.current(unit, start, end)), set(records)
        outcome.removed += sorted(before - after)
        outcome.corrected += sorted(after - before)
        return before != after

    def live(self, now: int) -> tuple[Folds, list[Record]]:
        """State and provisional records as of now: a fork stepped over what is pending, thrown away afterwards."""
        course = self._course.fork()
        if now <= self.frontier or self.frontier == FAR_PAST:
            return course.folds, []
        records = course.step(in_order(join(self._pending)), in_event_order(self._pending_events), now)
        return course.folds, records

    # --- shared by both ----------------------------------------------------------------------------------------

    def _approach(
        self,
        course: Course,
        bases: Mapping[int, Snapshot | None],
        end: int,
        known: int,
        now: int,
    ) -> Iterator[tuple[int, tuple[int, ...], list[Record]]]:
        return course.approach(bases, self._history, end, known, lambda at: grid(now - at))

    def _snapshots_at(self, course: Course, units: Sequence[int], reached: int, known: int, now: int) -> list[Snapshot]:
        if reached % grid(now - reached) != 1:
            return []
        return [Snapshot(unit, reached, known, unit_state(course.folds, unit)) for unit in units]

    def state_at(self, time: int, known: int, told: bool = True) -> tuple[Folds, list[Record]]:
        """result(time, known) of these units: the plant as it was at `time`, as it was known at `known` (R9).

        told: with all records since the snapshots that it is folded from.
        """
        bases = self._bases(self.units, time, time, known, self._valid_basis)
        start = first_start(bases, lambda: self._beginning(time))
        course = Course(self._editions, self.units, start, known)
        course.told = told
        records: list[Record] = []
        steps = course.approach(
            bases, self._history, time, known, lambda _: OLDEST_GRID, LONGEST
        )  # no snapshots on the way
        for _, _, stepped in steps:
            records += stepped
        return course.folds, records

    def _bases(
        self,
        units: Sequence[int],
        time: int,
        end: int,
        known: int,
        basis_of: Callable[[int, int, int], Snapshot | None],
    ) -> dict[int, Snapshot | None]:
        """Snapshots at or before `time` to fold these units from up to `end`.

        Units that share something with them by a change of the model on the way start before that change, too.
        """
        limits = dict.fromkeys(units, time)
        while True:
            bases = {unit: basis_of(unit, limit, known) for unit, limit in limits.items()}
            wider = dict(limits)
            for unit, basis in bases.items():
                begun = FAR_PAST if basis is None else basis.frontier
                changes = self._editions.begins(begun, end)
                for other in set(self._editions.joined((unit,), begun, end)) - {unit}:
                    wider[other] = min(wider.get(other, changes[0]), changes[0])
            if wider == limits:
                return bases
            limits = wider

    def _valid_basis(self, unit: int, time: int, known: int) -> Snapshot | None:
        basis = self._results.snapshot_before(unit, time, known)
        while basis is not None:
            late = self._results.lateness(unit, basis.known, known)
            late += self._editions.mends(unit, basis.known, known)
            behind = [entry.time for entry in late if entry.time < basis.frontier]
            if not behind:
                return basis
            basis = self._results.snapshot_before(unit, min(behind), known)
        return None

    def final_snapshots(self) -> list[Snapshot]:
        """The state at the frontier as it stands, off the grid: taken when a run stops."""
        if self.frontier == FAR_PAST or self._late:
            return []
        return [Snapshot(unit, self.frontier, self.known, unit_state(self.folds, unit)) for unit in self.units]
