"""LiveView: what a tick shows. Made once per tick by the folding thread, read by any number of viewers."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.alarms.alarms import Alarms
from twin.alarms.occurrence import Occurrence
from twin.core.engine import LaneView
from twin.core.fold import Record
from twin.core.instant import SECOND
from twin.core.rows import Samples
from twin.core.scales import Scales
from twin.core.status import BAD_WAITING_FOR_INITIAL_DATA
from twin.health.condition import Condition
from twin.health.reading import AlertNow, ConditionNow, ToLearn, alerts, conditions, to_learn
from twin.mes.counts import Counts
from twin.mes.machine_state import MachineState
from twin.mes.products import NO_CODE, Products
from twin.model.computed import stored_inputs
from twin.model.plant import Plant, TagSpec
from twin.state.connections import DOWN, Connections
from twin.state.last_value import LastValue, usual_interval, usual_silence

STALE_AFTER = 5
"""A tag is stale after so many of its usual intervals without a sample, where its connection says nothing else."""
STALE_AFTER_SILENCES = 3
"""... and of its usual longest silences: who comes in bursts is not stale between them."""
LEAST_STALE = 5 * SECOND


@dataclass(frozen=True, slots=True, eq=False)
class TagColumns:
    """All tags of the table by id. value: in the tag's unit; time 0 and status Bad for tags without a sample.

    stale: the value is the last one known, not the present one. usual: ns between samples, 0 when not known.
    silence: how long it is usually silent at most, 0 when not known.
    """

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_]
    stale: NDArray[np.bool_]
    usual: NDArray[np.int64]
    silence: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MachineNow:
    """A machine as of the view. since: start of this state; None with state None: nothing came yet."""

    state: str | None
    since: int | None


@dataclass(frozen=True, slots=True)
class ProductNow:
    """What a line makes as of the view, and since when. code, name: None where not known."""

    code: int | None
    name: str | None
    since: int


@dataclass(frozen=True, slots=True, eq=False)
class LiveView:
    """The plant as of one instant. records: provisional, between the frontier and now. open_minutes: per counter tag.

    number: grows by one with every view.
    """

    number: int
    as_of: int
    known: int
    frontier: int
    tags: TagColumns
    machines: Mapping[str, MachineNow]
    records: Sequence[Record] = ()
    open_minutes: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Path of a counter -> (start of its open minute, pieces in it so far)."""
    counting: Mapping[str, int] = field(default_factory=dict[str, int])
    """Path of a counter -> its first reading: pieces made before it are not known."""
    products: Mapping[str, ProductNow] = field(default_factory=dict[str, ProductNow])
    """By path of the line; none before its product tag had a sample."""
    alarms: Mapping[str, Occurrence] = field(default_factory=dict[str, Occurrence])
    """By id: every alarm that is active or waits for its acknowledgement."""
    health: Sequence[Condition] = ()
    """The folds that watch machines, as they stand; read by the methods below when somebody asks."""

    def condition(self, assets: Collection[str] | None = None) -> dict[str, list[ConditionNow]]:
        """Machine -> how it is judged, by each model that watches it. assets: of these machines alone."""
        found: dict[str, list[ConditionNow]] = {}
        for one in (one for fold in self.health for one in conditions(fold, self.as_of, assets)):
            found.setdefault(one.asset, []).append(one)
        return found

    def alerts(self) -> list[AlertNow]:
        """The open alerts."""
        return [one for fold in self.health for one in alerts(fold)]

    def to_learn(self) -> list[ToLearn]:
        """What a model can be learnt from."""
        return [one for fold in self.health for one in to_learn(fold)]


class Meaning:
    """What the model says of every tag id: its scale over time, connection, own stale limit."""

    def __init__(self, plant: Plant, names: Sequence[str], scales: Scales) -> None:
        specs = [plant.tags.get(name) for name in names]
        self.scales = scales
        self.connection = np.array(["" if s is None else s.connection for s in specs], dtype=object)
        of = plant.connections
        sent = [None if s is None or s.compute is not None else s for s in specs]  # computed ones: as their inputs
        self.silent_is_fine = np.array(
            [s is None or _may_be_silent(s, of[s.connection].protocol) for s in sent], np.bool_
        )
        stale = [0 if s is None else of[s.connection].stale for s in sent]
        self.stale_after = np.array(stale, dtype=np.int64)
        place = {name: row for row, name in enumerate(names)}
        computed = [(row, s.path) for row, s in enumerate(specs) if s is not None and s.compute is not None]
        self.inputs = [
            (row, np.array([place[one] for one in stored_inputs(plant.tags, path) if one in place], dtype=np.intp))
            for row, path in computed
        ]
        """Of each computed tag the stored tags that it is made of."""

    def reading(self, scales: Scales) -> Meaning:
        """The same with other scales."""
        other = copy.copy(self)
        other.scales = scales
        return other

    def scaled(self, rows: Samples) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Values in the tag's unit and the status with it: a sentinel becomes BadOutOfRange without a value."""
        return self.scales.meant(rows.tag, rows.time, rows.value, rows.status)


def _may_be_silent(tag: TagSpec, protocol: str) -> bool:
    """A server that is subscribed sends changes only; a pulse comes with a piece, and a standing machine makes none."""
    return protocol == "opcua" or (tag.counter is not None and tag.counter.pulse)


def view_of(number: int, as_of: int, known: int, lanes: Sequence[LaneView], meaning: Meaning, tags: int) -> LiveView:
    """Gather the lanes into one view."""
    columns = _tag_columns(as_of, lanes, meaning, tags)
    machines: dict[str, MachineNow] = {}
    minutes: dict[str, tuple[int, int]] = {}
    counting: dict[str, int] = {}
    products: dict[str, ProductNow] = {}
    health: list[Condition] = []
    alarms: dict[str, Occurrence] = {}
    for lane in lanes:
        for fold in lane.folds:
            if isinstance(fold, MachineState):
                machines |= _machines(fold)
            elif isinstance(fold, Counts):
                minutes |= _open_minutes(fold)
                counting |= _counting(fold)
            elif isinstance(fold, Products):
                products |= _products(fold)
            elif isinstance(fold, Condition):
                health.append(fold)
            elif isinstance(fold, Alarms):
                alarms |= {one.id: one for one in fold.open()}
    records = [record for lane in lanes for record in lane.records]
    frontier = min((lane.frontier for lane in lanes), default=as_of)
    return LiveView(
        number, as_of, known, frontier, columns, machines, records, minutes, counting, products, alarms, health
    )


def _tag_columns(as_of: int, lanes: Sequence[LaneView], meaning: Meaning, tags: int) -> TagColumns:
    time = np.zeros(tags, np.int64)
    value = np.full(tags, np.nan)
    status = np.full(tags, BAD_WAITING_FOR_INITIAL_DATA, np.uint32)
    text = np.full(tags, None, dtype=object)
    usual, silence = np.zeros(tags, np.int64), np.zeros(tags, np.int64)
    down: set[str] = set()
    for lane in lanes:
        for fold in lane.folds:
            if isinstance(fold, Connections):
                links = fold.state["connection"].link
                down |= {name for (_, name), link in zip(fold.connections, links.tolist(), strict=True) if link == DOWN}
            if isinstance(fold, LastValue):
                table = fold.state["tag"]
                row = table.tag
                time[row], text[row] = table.time, table.text
                now = np.full(len(row), as_of, np.int64)  # what holds now is read as it is now
                value[row], status[row] = meaning.scales.meant(row, now, table.value, table.status)
                usual[row] = usual_interval(table.times)
                silence[row] = usual_silence(table.silences)
    stale = _stale(as_of, time, usual, silence, down, meaning)
    return TagColumns(time, value, status, text, stale, usual, silence)


def _stale(
    as_of: int,
    time: NDArray[np.int64],
    usual: NDArray[np.int64],
    silence: NDArray[np.int64],
    down: set[str],
    meaning: Meaning,
) -> NDArray[np.bool_]:
    """Stale: the connection is down, or the tag is silent for longer than its limit says.

    A tag that is subscribed (OPC UA) may be silent because nothing changes: its live connection proves it.
    """
    n = len(meaning.stale_after)
    learnt = np.maximum(STALE_AFTER * usual[:n], STALE_AFTER_SILENCES * silence[:n])
    limit = np.where(meaning.stale_after > 0, meaning.stale_after, np.maximum(learnt, LEAST_STALE))
    judged = (meaning.stale_after > 0) | (~meaning.silent_is_fine & (usual[:n] > 0))
    silent = judged & (as_of - time[:n] > limit)
    lost = np.array([name in down for name in meaning.connection], np.bool_) if down else np.zeros(n, np.bool_)
    stale = np.zeros(len(time), np.bool_)
    stale[:n] = (silent | lost) & (time[:n] > 0)
    for row, inputs in meaning.inputs:
        stale[row] = stale[inputs].any() and time[row] > 0
    return stale


def _machines(fold: MachineState) -> dict[str, MachineNow]:
    table = fold.state["machine"]
    pairs = zip(fold.machines, table.code.tolist(), table.since.tolist(), strict=True)
    return {
        spec.path: MachineNow(fold.names[code], since) if code >= 0 else MachineNow(None, None)
        for spec, code, since in pairs
    }


def _open_minutes(fold: Counts) -> dict[str, tuple[int, int]]:
    table = fold.state["counter"]
    rows = zip(fold.specs, table.minute.tolist(), table.pieces.tolist(), strict=True)
    return {spec.path: (minute, pieces) for spec, minute, pieces in rows if minute}


def _counting(fold: Counts) -> dict[str, int]:
    since = fold.state["counter"].since.tolist()
    return {spec.path: first for spec, first in zip(fold.specs, since, strict=True) if first}


def _products(fold: Products) -> dict[str, ProductNow]:
    table = fold.state["line"]
    rows = zip(fold.specs, table.code.tolist(), table.since.tolist(), strict=True)
    return {
        spec.line: ProductNow(None if code == NO_CODE else code, spec.names.get(code), since)
        for spec, code, since in rows
        if since
    }
