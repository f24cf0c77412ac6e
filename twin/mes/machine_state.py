"""The state of every machine, by rule or by table, as intervals.

Bad, missing or unreachable values give `unknown`: never the last state held, never `down` (ISO 22400 pitfall 8).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.event import CONNECTION_LOST, CONNECTION_UP
from twin.core.fold import Fold, Outputs, Record, Series, Step
from twin.core.readers import Readers
from twin.core.state import rows, shared_rows
from twin.core.window import distinct, run_starts
from twin.mes.condition import Input, Known
from twin.mes.program import UNKNOWN, MachineSpec, Program, programs

Times = NDArray[np.int64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What one input of a rule reads. tag: id. rate: index in Rates.specs, -1 for the tag's own value.

    more: the other connections of a computed tag that is made of tags of several.
    """

    unit: int
    tag: int
    connection: str
    rate: int = -1
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of one property of inputs, by (input, time); of one instant the last counts."""

    input: Index
    time: Times
    value: NDArray[np.float64]

    def at(self, held: NDArray[np.generic], key: Index, keys: Index, input_: Index) -> NDArray[np.float64]:
        """The value at each (input, instant) asked for: the last change up to it, else what was held before."""
        if not len(keys):
            return held[input_].astype(np.float64)
        place = np.searchsorted(keys, key, side="right") - 1
        found = (place >= 0) & (self.input[place] == input_)
        return np.where(found, self.value[place], held[input_])

    def remember(self, held: NDArray[np.generic]) -> None:
        """Leave the last value of each input in the state."""
        ends = np.append(self.input[1:] != self.input[:-1], True)[: len(self.input)]
        held[self.input[ends]] = self.value[ends]


class MachineState(Fold):
    """Emits a record `state` when a machine's state ends, and a series of the codes that begin: key is the machine's
    place in `machines`, value its code in `names`.

    State `input`: value, good (the last sample had one), reachable (its connection is up, or a sample came since).
    `machine`: state code (index of `names`, -1 before the first sample) and since when; due: judged at the begin of
    the next step, for its rules are new.
    """

    name = "machine_state"
    version = 3

    def __init__(self, machines: Sequence[MachineSpec], inputs: Mapping[Input, InputSpec]) -> None:
        self.machines = list(machines)
        keys = sorted(inputs, key=lambda key: (inputs[key].unit, key))
        self.inputs = [inputs[key] for key in keys]
        self._windows = [window for _, window in keys]
        self.names, self._programs = programs(machines, {key: row for row, key in enumerate(keys)})
        self._readers_of_tags = Readers(np.array([spec.tag for spec in self.inputs], dtype=np.int32))
        self._rate = np.array([spec.rate for spec in self.inputs], dtype=np.int32)
        self._input_of_rate = _input_of_rate(self._rate)
        self._readers = _readers(self._programs, len(self.inputs))
        units = np.array([machine.unit for machine in machines], dtype=np.int32)
        input_units = np.array([spec.unit for spec in self.inputs], dtype=np.int32)
        self.state = {
            "input": rows(input_units, value=np.float64, good=np.int8, reachable=np.int8),
            "machine": rows(units, code=np.int16, since=np.int64, due=np.int8),
        }
        self.state["machine"].code[:] = -1

    def step(self, step: Step) -> Outputs:
        """Find the instants at which inputs change, evaluate the rules there, emit the intervals that end."""
        scaled, good = self._samples(step)
        value = self._value_changes(scaled, good, step)
        reachable = self._reach_changes(good, step)
        due = np.flatnonzero(self.state["machine"].due)
        begin = np.full(min(len(due), 1), step.t0)
        instants = distinct(np.concatenate([value.time, good.time, reachable.time, begin]))
        changed = distinct(np.concatenate([self._keys(c, instants) for c in (value, good, reachable)]))
        outputs = self._evaluate((value, good, reachable), instants, changed, due)
        table = self.state["input"]
        for changes, held in ((value, table.value), (good, table.good), (reachable, table.reachable)):
            changes.remember(held)
        self.state["machine"].due[due] = 0
        return outputs

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """Tag and window of an input, path of a machine."""
        inputs = [(spec.tag, window) for spec, window in zip(self.inputs, self._windows, strict=True)]
        return {"input": inputs, "machine": [spec.path for spec in self.machines]}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """A machine stays in its state until its rules of now say otherwise: those that are new are asked at once."""
        records = super().carry(before, folds, at)
        if not isinstance(before, MachineState):
            return records
        mine, theirs = shared_rows(self.row_keys()["machine"], before.row_keys()["machine"])
        table = self.state["machine"]
        table.due[self._known_machines()] = 1
        table.due[mine] = 0
        for row, other in zip(mine.tolist(), theirs.tolist(), strict=True):
            changed = self.machines[row].model != before.machines[other].model
            table.due[row] = changed and table.code[row] >= 0
        return records

    def _known_machines(self) -> Index:
        """Machines of which an input has had a value."""
        first, machines = self._readers
        seen = np.flatnonzero(self.state["input"].reachable > 0)
        return distinct(np.concatenate([machines[first[row] : first[row + 1]] for row in (*seen.tolist(),)] or [seen]))

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """The states that machines were in until they left the model."""
        return [
            self._record(row, at)
            for row in (rows.tolist() if table == "machine" else ())
            if self.state[table].code[row] >= 0
        ]

    # --- what changed, and when --------------------------------------------------------------------------------

    def _samples(self, step: Step) -> tuple[NDArray[np.float64], _Changes]:
        """(value, good) of each sample that an input reads and that says something new, by (input, time)."""
        r, time, meant = step.rows, step.rows.time, step.rows.meant
        row, input_ = self._readers_of_tags.pairs(r.tag)
        if step.held is not None:
            again, of = self._readers_of_tags.pairs(step.held.tag)
            input_, row = np.concatenate([of, input_]), np.concatenate([again, row + len(step.held)])
            time, meant = np.concatenate([step.held.time, time]), np.concatenate([step.held.meant, meant])
        order = np.argsort(input_, kind="stable")  # rows stand by time
        row, input_ = row[order], input_[order]
        value = meant[row]
        good = ~np.isnan(value)
        if not step.events:  # an event may make an input unreachable, then every sample after it counts
            new = self._is_new(input_, value, good)
            row, input_, value, good = row[new], input_[new], value[new], good[new]
        return value, _Changes(input_, time[row], good.astype(np.float64))

    def _is_new(self, input_: Index, value: NDArray[np.float64], good: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where a sample differs from the one before it, or its input could not be reached until now."""
        table = self.state["input"]
        starts = run_starts(input_)
        before, was_good = np.empty_like(value), np.empty_like(good)
        before[1:], was_good[1:] = value[:-1], good[:-1]
        before[starts], was_good[starts] = table.value[input_[starts]], table.good[input_[starts]] > 0
        same = (good == was_good) & (~good | (value == before))
        return ~same | (table.reachable[input_] == 0)

    def _value_changes(self, value: NDArray[np.float64], good: _Changes, step: Step) -> _Changes:
        """Own values of tags from their good samples, rates from the series of the fold before."""
        own = (self._rate[good.input] < 0) & (good.value > 0)
        input_, time, values = good.input[own], good.time[own], value[own]
        if len(self._input_of_rate):
            series = step.series["rates"]
            last = len(self._input_of_rate) - 1
            of_rate = np.where(series.key <= last, self._input_of_rate[np.minimum(series.key, last)], -1)
            used = of_rate >= 0
            input_ = np.concatenate([input_, of_rate[used]])
            time = np.concatenate([time, series.time[used]])
            values = np.concatenate([values, series.value[used]])
        order = np.lexsort((time, input_))
        return _Changes(input_[order], time[order], values[order])

    def _reach_changes(self, good: _Changes, step: Step) -> _Changes:
        """A lost connection makes its inputs unreachable; its return, or any later sample, ends that."""
        inputs, times, values = [good.input], [good.time], [np.ones(len(good.input))]
        for event in reversed(step.events):  # prepended one by one, so the earliest ends up in front
            if event.kind not in {CONNECTION_LOST, CONNECTION_UP}:
                continue
            of_event = [row for row, spec in enumerate(self.inputs) if event.subject in {spec.connection, *spec.more}]
            inputs.insert(0, np.array(of_event, dtype=np.intp))
            times.insert(0, np.full(len(of_event), event.time))
            values.insert(0, np.full(len(of_event), float(event.kind == CONNECTION_UP)))
        input_, time, value = np.concatenate(inputs), np.concatenate(times), np.concatenate(values)
        order = np.lexsort((time, input_))  # stable: events of an instant stand before its samples
        return _Changes(input_[order], time[order], value[order])

    # --- evaluation --------------------------------------------------------------------------------------------

    @staticmethod
    def _keys(changes: _Changes, instants: Times) -> Index:
        """(input, instant) as one number, ascending like the changes."""
        return changes.input * len(instants) + np.searchsorted(instants, changes.time)

    def _evaluate(
        self, changes: tuple[_Changes, _Changes, _Changes], instants: Times, changed: Index, due: Index
    ) -> Outputs:
        """due: machines that are judged at the first instant, whatever changed."""
        if not len(changed) and not len(due):
            return Outputs(series=Series(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0)))
        input_, rank = np.divmod(changed, len(instants))
        first, last = self._readers[0][input_], self._readers[0][input_ + 1]
        pair = np.repeat(np.arange(len(changed)), last - first)
        inner = np.arange(len(pair)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
        machine = self._readers[1][np.repeat(first, last - first) + inner]
        pairs = distinct(np.concatenate([machine * len(instants) + rank[pair], due * len(instants)]))
        machine, rank = np.divmod(pairs, len(instants))
        keys = [self._keys(change, instants) for change in changes]
        codes = np.full(len(pairs), UNKNOWN, np.int16)
        for program in self._programs:
            mine = np.flatnonzero(program.of_machine[machine] >= 0)
            if len(mine):
                columns = self._columns(program, machine[mine], rank[mine], changes, keys, len(instants))
                codes[mine] = program.evaluate(columns, len(mine))
        return self._intervals(machine, instants[rank], codes)

    def _columns(
        self, program: Program, machine: Index, rank: Index, changes: tuple[_Changes, _Changes, _Changes],
        keys: Sequence[Index], instants: int,
    ) -> dict[Input, Known]:  # fmt: skip
        table = self.state["input"]
        held = (table.value, table.good, table.reachable)
        columns: dict[Input, Known] = {}
        for slot, name in enumerate(program.slots):
            input_ = program.inputs[program.of_machine[machine], slot]
            wanted = input_ * instants + rank
            value, good, reachable = (
                change.at(column, wanted, key, input_) for change, column, key in zip(changes, held, keys, strict=True)
            )
            columns[name] = Known(value, (good > 0) & (reachable > 0))
        return columns

    def _intervals(self, machine: Index, time: Times, code: NDArray[np.int16]) -> Outputs:
        """Where the code differs from the one before, an interval ends and another begins; by (machine, time)."""
        table = self.state["machine"]
        starts = run_starts(machine)
        before = np.empty_like(code)
        before[1:] = code[:-1]
        before[starts] = table.code[machine[starts]]
        change = np.flatnonzero(code != before)
        records: list[Record] = []
        for at in change.tolist():
            row = int(machine[at])
            if before[at] >= 0:
                records.append(self._record(row, int(time[at])))
            table.since[row] = time[at]
            table.code[row] = code[at]
        begun = Series(machine[change].astype(np.int32), time[change], code[change].astype(np.float64))
        return Outputs(records, begun)

    def _record(self, row: int, end: int) -> Record:
        """The interval of the state that a machine is in, ended."""
        table, spec = self.state["machine"], self.machines[row]
        data = (("state", self.names[int(table.code[row])]),)
        return Record(spec.unit, "state", spec.path, int(table.since[row]), end, data)


def _input_of_rate(rate_of_input: NDArray[np.int32]) -> Index:
    """The input that reads each rate, -1 where none does; rates past the last that one reads are left out."""
    found = np.full(int(rate_of_input.max(initial=-1)) + 1, -1, dtype=np.intp)
    rows = np.flatnonzero(rate_of_input >= 0)
    found[rate_of_input[rows]] = rows
    return found


def _readers(program_list: Sequence[Program], inputs: int) -> tuple[Index, Index]:
    """Machines that read each input, packed: machines[first[i]:first[i + 1]]."""
    pairs = {
        (int(row), int(machine))
        for program in program_list
        for machine in np.flatnonzero(program.of_machine >= 0)
        for row in program.inputs[program.of_machine[machine]]
    }
    ordered = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    return np.searchsorted(ordered[:, 0], np.arange(inputs + 1)), ordered[:, 1]
