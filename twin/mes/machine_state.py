"""The state of every machine, by rule or by table, as intervals.

Bad, missing or unreachable values give `unknown`: never the last state held, never `down` (ISO 22400 pitfall 8).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.event import CONNECTION_LOST, CONNECTION_UP
from twin.core.fold import NO_SERIES, Fold, Outputs, Record, Series, Step
from twin.core.readers import Readers
from twin.core.state import rows, shared_rows
from twin.core.window import distinct, run_ends, run_starts, stable_order
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
        if len(self.input):
            ends = run_ends(run_starts(self.input), len(self.input))
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
        read, self._reading_machine = _readings(self._programs)
        self._readers = Readers(read.astype(np.int32))
        units = np.array([machine.unit for machine in machines], dtype=np.int32)
        input_units = np.array([spec.unit for spec in self.inputs], dtype=np.int32)
        self.state = {
            "input": rows(input_units, value=np.float64, good=np.int8, reachable=np.int8),
            "machine": rows(units, code=np.int16, since=np.int64, due=np.int8),
        }
        self.state["machine"].code[:] = -1

    def step(self, step: Step) -> Outputs:
        """Find the instants at which inputs change, evaluate the rules there, emit the intervals that end."""
        if not self.machines:
            return Outputs(series=NO_SERIES)
        changes = self._changes(step)
        due = self.state["machine"].due.nonzero()[0]
        times = [c.time for c in changes if len(c.time)]
        if len(due):
            times.append(np.array([step.t0]))
        if not times:
            return Outputs(series=NO_SERIES)
        outputs = self._evaluate(changes, distinct(np.concatenate(times)), due)
        table = self.state["input"]
        for change, held in zip(changes, (table.value, table.good, table.reachable), strict=True):
            change.remember(held)
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
        seen = np.flatnonzero(self.state["input"].reachable > 0)
        _, reading = self._readers.pairs(seen.astype(np.int32))
        return distinct(self._reading_machine[reading])

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """The states that machines were in until they left the model."""
        return [
            self._record(row, at)
            for row in (rows.tolist() if table == "machine" else ())
            if self.state[table].code[row] >= 0
        ]

    # --- what changed, and when --------------------------------------------------------------------------------

    def _changes(self, step: Step) -> tuple[_Changes, _Changes, _Changes]:
        """Of the value of inputs, of whether the last sample had one, and of whether it can be reached."""
        input_, time, value = self._samples(step)
        good = ~np.isnan(value)
        own = good & (self._rate[input_] < 0)
        if step.events:  # one may make an input unreachable, then every sample after it counts
            told = reached = np.ones(len(input_), np.bool_)
        else:
            table = self.state["input"]
            starts = run_starts(input_)
            first = input_[starts]
            before, was_good = np.empty_like(value), np.empty_like(good)
            before[1:], was_good[1:] = value[:-1], good[:-1]
            before[starts], was_good[starts] = table.value[first], table.good[first] > 0
            reached = table.reachable[input_] == 0
            told = (good != was_good) | reached
            own &= told | (value != before)
        return (
            self._value_changes(input_[own], time[own], value[own], step),
            _Changes(input_[told], time[told], good[told].astype(np.float64)),
            self._reach_changes(input_[reached], time[reached], step),
        )

    def _samples(self, step: Step) -> tuple[Index, Times, NDArray[np.float64]]:
        """(input, time, value) of each sample that an input reads, by (input, time); NaN where there is no value."""
        r, time, meant = step.rows, step.rows.time, step.rows.meant
        row, input_ = self._readers_of_tags.pairs(r.tag)
        if step.held is not None:
            again, of = self._readers_of_tags.pairs(step.held.tag)
            input_, row = np.concatenate([of, input_]), np.concatenate([again, row + len(step.held)])
            time, meant = np.concatenate([step.held.time, time]), np.concatenate([step.held.meant, meant])
        order = stable_order(input_)  # rows stand by time
        row = row[order]
        return input_[order], time[row], meant[row]

    def _value_changes(self, input_: Index, time: Times, value: NDArray[np.float64], step: Step) -> _Changes:
        """Own values of tags, and rates from the series of the fold before."""
        series = step.series["rates"] if len(self._input_of_rate) else NO_SERIES
        if not len(series.key):
            return _Changes(input_, time, value)
        last = len(self._input_of_rate) - 1
        of_rate = np.where(series.key <= last, self._input_of_rate[np.minimum(series.key, last)], -1)
        used = of_rate >= 0
        input_ = np.concatenate([input_, of_rate[used]])
        time = np.concatenate([time, series.time[used]])
        value = np.concatenate([value, series.value[used]])
        order = stable_order(input_)  # an input is one or the other, each by time
        return _Changes(input_[order], time[order], value[order])

    def _reach_changes(self, input_: Index, time: Times, step: Step) -> _Changes:
        """A lost connection makes its inputs unreachable; its return, or any later sample, ends that."""
        if not step.events:
            return _Changes(input_, time, np.ones(len(input_)))
        inputs, times, values = [input_], [time], [np.ones(len(input_))]
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

    def _evaluate(self, changes: tuple[_Changes, _Changes, _Changes], instants: Times, due: Index) -> Outputs:
        """due: machines that are judged at the first instant, whatever changed."""
        keys = [self._keys(change, instants) for change in changes]
        input_, rank = np.divmod(distinct(np.concatenate(keys)), len(instants))
        change, reading = self._readers.pairs(input_.astype(np.int32))
        pairs = self._reading_machine[reading] * len(instants) + rank[change]
        pairs = distinct(np.concatenate([pairs, due * len(instants)]))
        machine, rank = np.divmod(pairs, len(instants))
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


def _readings(program_list: Sequence[Program]) -> tuple[Index, Index]:
    """(input, machine) of all that machines read, each once."""
    pairs = {
        (int(row), int(machine))
        for program in program_list
        for machine in np.flatnonzero(program.of_machine >= 0)
        for row in program.inputs[program.of_machine[machine]]
    }
    ordered = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    return ordered[:, 0], ordered[:, 1]
