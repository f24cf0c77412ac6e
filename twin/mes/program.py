"""State models compiled: machines whose rules read alike are evaluated together, a column for each thing they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.mes.condition import Input, Known, evaluate, inputs_of
from twin.model.keys import GENERIC_STATES
from twin.model.plant import StateModel
from twin.model.rule import Rule, renamed

UNKNOWN = 0
"""Code of the state that bad or missing values give; names[0]."""
_UNDECIDED = -2


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A machine whose state is folded. unit: number of its unit; path: full."""

    unit: int
    path: str
    model: StateModel


@dataclass(frozen=True, slots=True)
class Program:
    """One shape of rules. slots: what it reads, by place; inputs: int[machine of program, slot], rows of inputs.

    of_machine: for each machine of the fold its row in `inputs`, -1 for machines of other programs.
    """

    slots: tuple[Input, ...]
    rules: tuple[tuple[Rule | None, int], ...]
    table: tuple[tuple[int, int], ...]
    table_slot: Input | None
    inputs: NDArray[np.intp]
    of_machine: NDArray[np.intp]

    def evaluate(self, columns: Mapping[Input, Known], rows: int) -> NDArray[np.int16]:
        """The code of each row: the first rule that holds; what is not known before one holds gives unknown."""
        code = np.full(rows, _UNDECIDED, np.int16)
        for rule, state in self.rules:
            answer = Known(np.ones(rows), np.ones(rows, np.bool_)) if rule is None else evaluate(rule, columns, rows)
            open_ = code == _UNDECIDED
            code[open_ & answer.true] = state
            code[open_ & ~answer.known] = UNKNOWN
        if self.table_slot is not None:
            number = columns[self.table_slot]
            for wire, state in self.table:
                code[(code == _UNDECIDED) & number.known & (number.value == wire)] = state
        code[code == _UNDECIDED] = UNKNOWN
        return code


@dataclass(frozen=True)
class _Shape:
    """A state model with the place of a tag among its inputs instead of its path: equal for machines of one type."""

    slots: tuple[Input, ...]
    rules: tuple[tuple[Rule | None, str], ...]
    table: tuple[tuple[int, str], ...]
    value: str | None


def programs(machines: Sequence[MachineSpec], rows: Mapping[Input, int]) -> tuple[list[str], list[Program]]:
    """State names by code, the same for all plants and units, and the programs. rows: where each input stands in the
    fold's table.
    """
    names = ["unknown", *GENERIC_STATES]
    shapes: dict[_Shape, list[tuple[int, list[Input]]]] = {}
    for number, machine in enumerate(machines):
        inputs = model_inputs(machine.model)
        shapes.setdefault(_shape(machine.model, inputs), []).append((number, inputs))
    return names, [_program(shape, members, machines, rows, names) for shape, members in shapes.items()]


def model_inputs(model: StateModel) -> list[Input]:
    """What a state model reads, each once, in reading order."""
    read = [found for rule, _ in model.rules if rule is not None for found in inputs_of(rule)]
    return list(dict.fromkeys([*read, *([(model.value, 0)] if model.value else [])]))


def _shape(model: StateModel, inputs: Sequence[Input]) -> _Shape:
    place = {path: f"#{number}" for number, path in enumerate(dict.fromkeys(path for path, _ in inputs))}
    rules = tuple((None if rule is None else renamed(rule, place.__getitem__), state) for rule, state in model.rules)
    slots = tuple((place[path], window) for path, window in inputs)
    return _Shape(slots, rules, tuple(sorted(model.table.items())), place.get(model.value))


def _program(
    shape: _Shape, members: Sequence[tuple[int, list[Input]]], machines: Sequence[MachineSpec],
    rows: Mapping[Input, int], names: Sequence[str],
) -> Program:  # fmt: skip
    of_machine = np.full(len(machines), -1, np.intp)
    of_machine[[number for number, _ in members]] = np.arange(len(members))
    inputs = np.array([[rows[one] for one in read] for _, read in members], dtype=np.intp).reshape(len(members), -1)
    code = {name: number for number, name in enumerate(names)}
    return Program(
        shape.slots,
        tuple((rule, code[state]) for rule, state in shape.rules),
        tuple((wire, code[state]) for wire, state in shape.table),
        None if shape.value is None else (shape.value, 0),
        inputs,
        of_machine,
    )
