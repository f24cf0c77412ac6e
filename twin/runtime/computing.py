"""Computed tags read back: made anew from the samples of their inputs, by the folds that make them live.

From far enough before the span, with what held there, so that every row is the one that the fold made. Blocking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Step, stepped
from twin.core.history import TagReads
from twin.core.instant import MINUTE
from twin.core.rows import Rows, Samples, in_order, join, no_samples
from twin.core.scales import Scales
from twin.core.state import fork
from twin.core.status import is_bad
from twin.core.stretches import held, stretches
from twin.core.tags import TagTable
from twin.mes.counts import LARGEST, Counts
from twin.mes.rates import Rates, RateSpec
from twin.model.computed import behind, reaches, samples_back, stored_inputs
from twin.model.plant import Plant
from twin.model.rule import Call, parts
from twin.runtime.computed_folds import computed_folds, counter_spec, rates_read
from twin.state.shape import OPTIONAL

LONGEST_LOOK = 64
"""So many samples of a counter are passed over before the one that it counts from."""
MOST_WAYS = 200
"""So many ways to make tags are kept at hand."""
GROWTH = 8
"""Looking for the next row, each span is so many times as long as the one before."""


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """How some computed tags are made. tags: their ids; stored: ids of what they are made of in the end.

    reach: ns that their windows look back. samples: of each stored tag so many of the newest count. needs_all: there
    is no sample while one of the stored has none.
    """

    tags: NDArray[np.int32]
    stored: NDArray[np.int32]
    counters: NDArray[np.int32]
    reach: int
    samples: int
    needs_all: bool
    pristine: Sequence[Fold]

    def folds(self) -> list[Fold]:
        """The folds in their first state."""
        return [fold.with_state(fork(fold.state)) for fold in self.pristine]


class Computing:
    """Rows of computed tags by time, as TagReads has those of others. For any thread.

    reads: where the rows of stored tags are. now: up to when time has come: a window does not move on beyond it.
    scales: from their wire numbers to values.
    """

    def __init__(self, plant: Plant, tags: TagTable, reads: TagReads, now: Callable[[], int], scales: Scales) -> None:
        self._plant = plant
        self._tags = tags
        self._reads = reads
        self._now = now
        self._scales = scales
        self._unknown = [path for path, spec in plant.tags.items() if spec.compute is not None]
        self._ids: set[int] = set()
        self._ways: dict[tuple[int, ...], _Way] = {}

    def among(self, tags: NDArray[np.int32]) -> NDArray[np.int32]:
        """Those of the tags that are computed, each once, ascending."""
        for path in [path for path in self._unknown if self._has_ids(path)]:
            self._ids.add(self._tags.id_of(path))
            self._unknown.remove(path)
        return np.array(sorted(self._ids.intersection(tags.tolist())), dtype=np.int32)

    def _has_ids(self, path: str) -> bool:
        """Whether it and all that it is made of have an id: where a plant has run, every tag of it."""
        made = behind(self._plant.tags, [path])
        return all(self._tags.get(one) is not None for one in (*made, *stored_inputs(self._plant.tags, path)))

    def read(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Samples:
        """Rows of these computed tags with start <= time < end as known then; of more than `most`, some more."""
        found: list[Samples] = []
        rows = 0
        for piece in self._made(self._way(tags), start, self._until(end, known), known):
            found.append(piece)
            rows += len(piece)
            if most is not None and rows > most:
                break
        return join(found)

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int) -> Samples:
        """Of each computed tag the newest row with least <= time of it < time."""
        time = self._until(time, known)
        return join([self._newest(self._way(np.array([tag], np.int32)), time, known, least) for tag in tags.tolist()])

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int) -> Samples:
        """Of each computed tag the oldest row with time <= time of it < most."""
        most = self._until(most, known)
        return join([self._oldest(self._way(np.array([tag], np.int32)), time, known, most) for tag in tags.tolist()])

    def _until(self, end: int, known: int) -> int:
        return min(end, self._now(), known)

    def _newest(self, way: _Way, time: int, known: int, least: int) -> Samples:
        last = held(self._reads, way.stored, time, known)
        if not len(last) or (way.needs_all and len(last) < len(way.stored)):
            return no_samples()
        newest = int(last.time.max())
        at, length = max(newest, least), MINUTE
        until = min(time, newest + way.reach + 1)
        while at < until:
            rows = join(list(self._made(way, at, until, known)))
            if len(rows):
                return rows.take(np.array([int(np.argmax(rows.time))]))
            at, until, length = max(at - length, least), at, length * GROWTH
        return no_samples()

    def _oldest(self, way: _Way, time: int, known: int, most: int) -> Samples:
        at, length = time, MINUTE
        while at < most:
            until = min(at + length, most)
            for rows in self._made(way, at, until, known):
                return rows.take(np.array([int(np.argmin(rows.time))]))
            at, length = until, length * GROWTH
        return no_samples()

    def _made(self, way: _Way, start: int, end: int, known: int) -> Iterator[Samples]:
        """The rows of [start, end), a stretch after the other; empty ones are left out."""
        if start >= end:
            return
        folds = way.folds()
        at = self._settle(folds, way, start - way.reach, known)
        for rows in stretches(self._reads, way.stored, start - way.reach, end, known):
            until = int(rows.time[-1]) + 1
            yield from self._wanted(folds, way, at, until, rows, start)
            at = until
        yield from self._wanted(folds, way, at, end, in_order(no_samples()), start)

    def _wanted(self, folds: Sequence[Fold], way: _Way, t0: int, t1: int, rows: Rows, start: int) -> Iterator[Samples]:
        """The rows that a step makes of the tags asked for, from `start` on, if there are any."""
        _, whole = stepped(folds, Step(t0, t1, replace(rows, scales=self._scales)))
        found = whole.take(np.isin(whole.tag, way.tags) & (whole.time >= start))
        if len(found):
            yield found

    def _settle(self, folds: Sequence[Fold], way: _Way, start: int, known: int) -> int:
        """Step the folds over what held at `start`; returns where they stand."""
        rows: list[Samples] = []
        wanted = dict.fromkeys(way.stored.tolist(), start)
        for _ in range(way.samples):
            rows += self._each_before(wanted, known)
        for _ in range(LONGEST_LOOK):
            usable = join(rows)
            usable = usable.take(~is_bad(usable.status) & (np.abs(usable.value) < LARGEST))
            wanted = {tag: at for tag, at in wanted.items() if tag in way.counters and tag not in usable.tag}
            if not wanted:
                break
            rows += self._each_before(wanted, known)
        seen = in_order(join(rows))
        if len(seen):
            stepped(folds, Step(int(seen.time[0]), start, replace(seen, scales=self._scales)))
        return start

    def _each_before(self, wanted: dict[int, int], known: int) -> list[Samples]:
        """Of each tag the newest row before its instant, which is moved on to it; tags without one are left out."""
        found: list[Samples] = []
        for at in sorted(set(wanted.values())):
            mine = np.array([tag for tag, when in wanted.items() if when == at], dtype=np.int32)
            found.append(held(self._reads, mine, at, known))
        rows = join(found)
        wanted_now = dict(zip(rows.tag.tolist(), rows.time.tolist(), strict=True))
        wanted.clear()
        wanted.update(wanted_now)
        return [rows]

    def _way(self, tags: NDArray[np.int32]) -> _Way:
        key = tuple(tags.tolist())
        if key not in self._ways:
            if len(self._ways) > MOST_WAYS:
                self._ways.clear()
            self._ways[key] = self._found_way(tags)
        return self._ways[key]

    def _found_way(self, tags: NDArray[np.int32]) -> _Way:
        model = self._plant.tags
        paths = [self._tags[tag].name for tag in tags.tolist()]
        made = behind(model, paths)
        stored = list(dict.fromkeys(one for path in paths for one in stored_inputs(model, path)))
        ids = {path: number for path in (*made, *stored) if (number := self._tags.get(path)) is not None}
        counters = [path for path in stored if model[path].counter is not None]
        rates = {one: row for row, one in enumerate(sorted(rates_read(self._plant, made)))}
        place = {path: row for row, path in enumerate(sorted(counters, key=ids.__getitem__))}
        folds: list[Fold] = [
            Counts([spec for path in place if (spec := counter_spec(model[path], 0, ids[path])) is not None]),
            Rates([RateSpec(0, place[path], window, ids[path]) for path, window in rates]),
            *computed_folds(self._plant, ids, dict.fromkeys(made, 0), rates),
        ]
        rules = [rule for path in made if (rule := model[path].compute) is not None]
        optional = any(isinstance(part, Call) and part.function in OPTIONAL for rule in rules for part in parts(rule))
        return _Way(
            tags,
            np.array(sorted(ids[path] for path in stored if path in ids), dtype=np.int32),
            np.array([ids[path] for path in counters], dtype=np.int32),
            max(reaches(model, paths).values(), default=0),
            max((samples_back(model, path) for path in paths), default=1),
            not optional,
            folds,
        )
