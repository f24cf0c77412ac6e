"""From the plant model to folds: which units there are, which tags they read, which folds in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.alarms.alarms import Alarms
from twin.core.engine import Engine
from twin.core.fold import Fold
from twin.core.history import History, Results
from twin.core.lane import Lane
from twin.core.routing import Routing
from twin.core.tags import TagTable, TagType
from twin.mes.condition import Input
from twin.mes.counts import CounterSpec, Counts
from twin.mes.machine_state import InputSpec, MachineState
from twin.mes.products import Products
from twin.mes.program import MachineSpec, model_inputs
from twin.mes.rates import Rates, RateSpec
from twin.model.plant import Machine, Plant, TagSpec
from twin.model.units import Unit, units
from twin.runtime.alarm_folds import alarms
from twin.runtime.health_folds import HEALTH_FOLDS, health_folds
from twin.runtime.mes_folds import product_specs
from twin.state.connections import Connections
from twin.state.last_value import LastValue

_KINDS = (LastValue, Connections, Counts, Rates, MachineState, Products, *HEALTH_FOLDS, Alarms)
LOOSE = "loose"
"""The unit of tags that the log has but the model does not name (imports): last values only."""


@dataclass(frozen=True)
class Assembly:
    """The plant ready to be folded. units: by number. code: digest of model and fold versions (R12)."""

    plant: Plant
    units: tuple[Unit, ...]
    routing: Routing
    code: str
    make: Callable[[Sequence[int]], list[Fold]]

    def engine(self, history: History, results: Results) -> Engine:
        """An engine with a lane for each distinct wait."""
        waits = sorted({unit.wait for unit in self.units})
        lanes: list[Lane] = []
        for wait in waits:
            numbers = [number for number, unit in enumerate(self.units) if unit.wait == wait]
            lanes.append(Lane(numbers, lambda n=numbers: self.make(n), wait, self.routing, history, results))
        return Engine(lanes, self.routing)


def assemble(plant: Plant, tags: TagTable) -> Assembly:
    """Number the units, find every tag's id (new tags are added to the table), prepare the folds."""
    ids = {path: tags.id_of(path, TagType(spec.type)) for path, spec in plant.tags.items()}
    numbered = (*units(plant), _loose(plant, tags))
    unit_of_tag = np.full(len(tags), -1, dtype=np.int32)
    for number, unit in enumerate(numbered):
        for path in unit.tags:
            tag = tags.get(path)
            if tag is not None:
                unit_of_tag[tag] = number
    subjects: dict[str, list[int]] = {}
    for number, unit in enumerate(numbered):
        alarmed = [path for path in unit.tags if path in plant.tags and plant.tags[path].alarms]
        for subject in (*unit.connections, *unit.machines, unit.name, *alarmed):
            subjects.setdefault(subject, []).append(number)
    routing = Routing(unit_of_tag, {subject: tuple(found) for subject, found in subjects.items()})
    code = _code(plant, numbered[-1])
    return Assembly(plant, numbered, routing, code, lambda n: _folds(plant, ids, numbered, unit_of_tag, n))


def _loose(plant: Plant, tags: TagTable) -> Unit:
    return Unit(LOOSE, tuple(name for name in tags.names() if name not in plant.tags), (), (), 1_000_000_000)


def _code(plant: Plant, loose: Unit) -> str:
    """What folded state depends on: a tag that came since has no place in the state of before."""
    versions = [f"{fold.name}={fold.version}" for fold in _KINDS]
    return hashlib.sha256("|".join([plant.digest, *versions, *loose.tags]).encode()).hexdigest()[:16]


def _folds(
    plant: Plant, ids: Mapping[str, int], numbered: Sequence[Unit], unit_of_tag: np.ndarray, chosen: Sequence[int]
) -> list[Fold]:
    """Fresh folds of some units, in the order in which they are stepped."""
    tags = np.flatnonzero(np.isin(unit_of_tag, list(chosen)))
    unit_of = {path: number for number in chosen for path in numbered[number].tags}
    machine_unit = {path: number for number in chosen for path in numbered[number].machines}
    machines = [m for m in plant.machines() if m.path in machine_unit]
    counters = _counters(plant, ids, unit_of)
    inputs, rates = _inputs(plant, ids, machines, unit_of, {spec.path: row for row, spec in enumerate(counters)})
    models = [(machine_unit[m.path], m) for m in machines]
    specs = [MachineSpec(unit, m.path, m.state) for unit, m in sorted(models, key=_by_unit) if m.state is not None]
    states = MachineState(specs, inputs)
    connections = [(number, connection) for number in chosen for connection in numbered[number].connections]
    return [
        LastValue(tags.tolist(), unit_of_tag[tags].tolist()),
        Connections(connections),
        Counts(counters),
        Rates(rates),
        states,
        Products(product_specs(plant, ids, unit_of)),
        *health_folds(plant, ids, machine_unit, states),
        alarms(plant, ids, unit_of),
    ]


def _by_unit(pair: tuple[int, Machine]) -> tuple[int, str]:
    return pair[0], pair[1].path


def _counters(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int]) -> list[CounterSpec]:
    found: list[CounterSpec] = []
    for path, spec in plant.tags.items():
        if spec.counter is not None and path in unit_of and path in ids:
            c = spec.counter
            resets = c.resets != "never"
            found.append(CounterSpec(unit_of[path], ids[path], path, c.wraps, resets, c.pulse, c.limit))
    return sorted(found, key=lambda spec: (spec.unit, spec.tag))


def _inputs(
    plant: Plant, ids: Mapping[str, int], machines: Sequence[Machine], unit_of: Mapping[str, int],
    counters: Mapping[str, int],
) -> tuple[dict[Input, InputSpec], list[RateSpec]]:  # fmt: skip
    """What the state models read: rows of inputs, and the rates that must be kept for them."""
    wanted = {one for m in machines if m.state is not None for one in model_inputs(m.state)}
    ordered = sorted(wanted, key=lambda one: (unit_of[one[0]], one))
    inputs: dict[Input, InputSpec] = {}
    rates: list[RateSpec] = []
    for path, window in ordered:
        rate = -1
        if window:
            rate = len(rates)
            rates.append(RateSpec(unit_of[path], counters[path], window))
        inputs[path, window] = _input(plant.tags[path], unit_of[path], ids[path], rate)
    return inputs, rates


def _input(spec: TagSpec, unit: int, tag: int, rate: int) -> InputSpec:
    if rate >= 0:
        return InputSpec(unit, tag, spec.connection, rate)
    return InputSpec(unit, tag, spec.connection, -1, spec.factor, spec.offset, spec.bad)
