"""From one edition of the plant model to its folds: which tags and machines they follow, in which order they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.alarms.alarms import Alarms
from twin.core.fold import Fold
from twin.mes.condition import Input
from twin.mes.counts import CounterSpec, Counts
from twin.mes.machine_state import InputSpec, MachineState
from twin.mes.products import Products
from twin.mes.program import MachineSpec, model_inputs
from twin.mes.rates import Rates, RateSpec
from twin.model.computed import connections_of
from twin.model.plant import Machine, Plant
from twin.model.units import Unit
from twin.runtime.alarm_folds import alarms
from twin.runtime.computed_folds import computed_folds, counter_spec, rates_read
from twin.runtime.health_folds import HEALTH_FOLDS, health_folds
from twin.runtime.mes_folds import product_specs
from twin.state.computed import Computed
from twin.state.connections import Connections
from twin.state.last_value import LastValue

_KINDS = (Counts, Rates, Computed, LastValue, Connections, MachineState, Products, *HEALTH_FOLDS, Alarms)


@dataclass(frozen=True, eq=False)
class Numbered:
    """A plant with numbers for names. ids: path of a tag -> its id. units: those of this edition, by number.

    unit_of_tag: int32 by tag id. loose: number of the unit of tags that the model does not name: last values only.
    """

    plant: Plant
    ids: Mapping[str, int]
    units: Mapping[int, Unit]
    unit_of_tag: NDArray[np.int32]
    loose: int

    @property
    def code(self) -> str:
        """What folded state depends on beside the log (R12)."""
        versions = [f"{fold.name}={fold.version}" for fold in _KINDS]
        return hashlib.sha256("|".join([self.plant.digest, *versions]).encode()).hexdigest()[:16]


def folds_of(numbered: Numbered, chosen: Sequence[int]) -> list[Fold]:
    """Fresh folds of some units, in the order in which they are stepped. Units of other editions are left out."""
    plant, ids = numbered.plant, numbered.ids
    mine = {number: numbered.units[number] for number in chosen if number in numbered.units}
    unit_of = {path: number for number, unit in mine.items() for path in unit.tags}
    machine_unit = {path: number for number, unit in mine.items() for path in unit.machines}
    machines = [m for m in plant.machines() if m.path in machine_unit]
    counters = _counters(plant, ids, unit_of)
    wanted = {*_rates_read(machines), *rates_read(plant, unit_of)}
    rates = {one: row for row, one in enumerate(sorted(wanted, key=lambda one: (unit_of[one[0]], one)))}
    place = {spec.path: row for row, spec in enumerate(counters)}
    inputs = _inputs(plant, ids, machines, unit_of, rates)
    models = [(machine_unit[m.path], m) for m in machines]
    specs = [MachineSpec(unit, m.path, m.state) for unit, m in sorted(models, key=_by_unit) if m.state is not None]
    states = MachineState(specs, inputs)
    connections = [(number, connection) for number, unit in mine.items() for connection in unit.connections]
    followed = np.where(np.isin(numbered.unit_of_tag, list(mine)), numbered.unit_of_tag, np.int32(-1))
    return [
        Counts(counters),
        Rates([RateSpec(unit_of[path], place[path], window, ids[path]) for path, window in rates]),
        *computed_folds(plant, ids, unit_of, rates),
        LastValue(followed, numbered.loose if numbered.loose in mine else -1),
        Connections(connections),
        states,
        Products(product_specs(plant, ids, unit_of)),
        *health_folds(plant, ids, machine_unit, states),
        alarms(plant, ids, unit_of),
    ]


def _by_unit(pair: tuple[int, Machine]) -> tuple[int, str]:
    return pair[0], pair[1].path


def _counters(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int]) -> list[CounterSpec]:
    mine = [(path, spec) for path, spec in plant.tags.items() if path in unit_of and path in ids]
    made = [counter_spec(spec, unit_of[path], ids[path]) for path, spec in mine]
    found = [one for one in made if one is not None]
    return sorted(found, key=lambda spec: (spec.unit, spec.tag))


def _rates_read(machines: Sequence[Machine]) -> set[Input]:
    """The rates that state models read."""
    return {one for m in machines if m.state is not None for one in model_inputs(m.state) if one[1]}


def _inputs(
    plant: Plant, ids: Mapping[str, int], machines: Sequence[Machine], unit_of: Mapping[str, int],
    rates: Mapping[Input, int],
) -> dict[Input, InputSpec]:  # fmt: skip
    """What the state models read, by unit."""
    wanted = {one for m in machines if m.state is not None for one in model_inputs(m.state)}
    ordered = sorted(wanted, key=lambda one: (unit_of[one[0]], one))
    return {one: _input(plant, ids, unit_of, one[0], rates.get(one, -1)) for one in ordered}


def _input(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int], path: str, rate: int) -> InputSpec:
    connection, *more = connections_of(plant.tags, path) or [""]
    return InputSpec(unit_of[path], ids[path], connection, rate, tuple(more))
