"""OEE of machines and lines over periods: sums of state intervals and counts, cut at shift ends, then one division.

Elements, names and formulae are those of ISO 22400-2; docs/explanation/oee.md says them in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.mes import flags
from twin.mes.calendar import Period, length
from twin.mes.elements import Figures, Pieces, Times, effectiveness, figures
from twin.mes.flags import Flag
from twin.mes.flow import Flow, ideal_ns
from twin.mes.plan import Plan
from twin.mes.quantities import assumes_good, disagree, pieces_of
from twin.mes.state_time import StateTime
from twin.mes.tally import Tally
from twin.model.plant import Line, Machine
from twin.model.wall_clock import local_text

LINE_METHOD = "line OEE (bottleneck rate)"
"""Good pieces out of the line x ideal run time of its slowest station / PBT; never the mean of its machines."""
MACHINE_METHOD = "machine OEE"


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of one machine. states None: it has no state rules. tallies: by role of its counters."""

    machine: Machine
    states: StateTime | None
    tallies: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Result:
    """One asset over one period. number: place of the period in the plan. unit: of the pieces. outside: pieces made
    out of planned busy time.
    """

    asset: str
    level: Literal["machine", "line"]
    method: str
    number: int
    period: Period
    ends: int
    times: Times
    pieces: Pieces
    unit: str
    outside: int | None
    flags: Sequence[Flag]

    @property
    def so_far(self) -> bool:
        """Whether the period goes on."""
        return self.period.end < self.ends

    @property
    def figures(self) -> Figures:
        """Its key figures."""
        return figures(self.times, self.pieces)


def machine_results(plan: Plan, observed: Observed) -> list[Result]:
    """One machine over all periods of a plan."""
    machine = observed.machine
    spent = None if observed.states is None else _spent(plan, observed.states)
    made = _made(plan, observed)
    whole = _whole(plan, observed)
    found: list[Result] = []
    for number, period in enumerate(plan.periods):
        times = _times(plan, number, spent)
        pieces, missing = made[number].pieces(machine)
        outside = _outside(whole, number, pieces, machine)
        told = [*_plan_flags(plan, number), *missing, *_count_flags(machine, pieces, made[number].jumps)]
        told += [flags.NO_STATE] if spent is None else []
        told += [flags.unknown_time(times.unknown)] if times.unknown and spent is not None else []
        told += [flags.work_outside_plan(outside)] if outside else []
        shown = effectiveness(times, pieces)
        if shown is not None and shown > 1:
            told.append(flags.ideal_rate_suspect(shown, times.unknown or 0))
        ends = plan.whole[number].end
        found.append(
            Result(
                machine.path,
                "machine",
                MACHINE_METHOD,
                number,
                period,
                ends,
                times,
                pieces,
                machine.makes,
                outside,
                told,
            )
        )
    return found


def line_results(plan: Plan, line: Line, flow: Flow, observed: Mapping[str, Observed]) -> list[Result]:
    """A line over all periods of a plan. observed: by path, at least the machines of its flow and its outputs.

    produced is good + what any machine of the flow rejected; a line has no production time of its own, so availability
    and effectiveness are not defined. Unknown time is that of its outputs.
    """
    in_flow = {one.path: one for station in flow.stations for one in station} | {one.path: one for one in flow.outputs}
    made = {path: _made(plan, observed[path]) for path in in_flow}
    outputs = [observed[one.path] for one in flow.outputs]
    spent = [_spent(plan, one.states) for one in outputs if one.states is not None]
    found: list[Result] = []
    for number, period in enumerate(plan.periods):
        told = list(_plan_flags(plan, number))
        pieces = Pieces()
        if not flow.outputs or not flow.unit:
            told.append(flags.NO_COMMON_UNIT if flow.outputs else flags.NO_OUTPUT)
        else:
            pieces, missing = _line_pieces(plan, flow, {path: one[number] for path, one in made.items()})
            told += missing
            jumps = sum(made[one.path][number].jumps for one in flow.outputs)
            told += [flags.counter_jump(jumps)] if jumps else []
            told += [flags.NO_REJECT_COUNTER] if any(assumes_good(one.counts) for one in flow.outputs) else []
        unknown = max((int(one["unknown"][number]) for one in spent), default=0)
        told += [flags.unknown_time(unknown)] if unknown else []
        times = _times(plan, number, None)
        oee = figures(times, pieces).oee
        told += [flags.ideal_rate_suspect(oee, unknown)] if oee is not None and oee > 1 else []
        ends = plan.whole[number].end
        found.append(Result(line.path, "line", LINE_METHOD, number, period, ends, times, pieces, flow.unit, None, told))
    return found


@dataclass(frozen=True, slots=True)
class Made:
    """What one machine counted in the busy time of one period. by_making: place of the making -> role -> pieces."""

    plan: Plan
    by_making: Mapping[int, Mapping[str, int]]
    jumps: int

    def pieces(self, machine: Machine) -> tuple[Pieces, list[Flag]]:
        """All products together, and what stands against an effectiveness."""
        total = pieces_of(dict.fromkeys(machine.counts, 0))
        missing: dict[Flag, None] = {}
        for place, counted in self.by_making.items():
            making = self.plan.makings[place]
            own = pieces_of(counted, ideal_ns(making.product, machine))
            if own.produced is not None and own.earned is None:
                missing[flags.no_ideal_rate(making.name, making.code)] = None
            total += own
        return total, list(missing)


def _made(plan: Plan, observed: Observed) -> list[Made]:
    """By period."""
    cuts = plan.stretches
    by_role = {role: tally.pieces(cuts.first, cuts.last).tolist() for role, tally in observed.tallies.items()}
    jumps = np.zeros(len(plan.periods), np.int64)
    for tally in observed.tallies.values():
        np.add.at(jumps, cuts.period, tally.jumps(cuts.first, cuts.last))
    by_period: list[dict[int, dict[str, int]]] = [{} for _ in plan.periods]
    for row, (number, making) in enumerate(zip(cuts.period.tolist(), cuts.making.tolist(), strict=True)):
        counted = by_period[number].setdefault(making, dict.fromkeys(by_role, 0))
        for role, pieces in by_role.items():
            counted[role] += pieces[row]
    return [Made(plan, counted, int(jumps[number])) for number, counted in enumerate(by_period)]


def _line_pieces(plan: Plan, flow: Flow, made: Mapping[str, Made]) -> tuple[Pieces, list[Flag]]:
    """Of one period, in the line's unit."""
    total = Pieces(0, 0, 0, 0, None, Fraction(0))
    missing: dict[Flag, None] = {}
    for place, making in enumerate(plan.makings):
        counted = {path: one.by_making[place] for path, one in made.items() if place in one.by_making}
        if not counted:
            continue
        own = {path: pieces_of(of_roles) for path, of_roles in counted.items()}
        good = [
            None if own[one.path].good is None else _units(flow, one.path, own[one.path].good) for one in flow.outputs
        ]
        bad = sum(_units(flow, path, (one.reject or 0) + (one.rework or 0)) for path, one in own.items())
        if any(one is None for one in good):
            return Pieces(), [flags.NO_COUNTS]
        out = sum(one for one in good if one is not None)
        slowest = flow.slowest_ns(making.product)
        if out and slowest is None:
            missing[flags.no_ideal_rate(making.name, making.code)] = None
        earned = Fraction(0) if not out else None if slowest is None else out * slowest
        total += Pieces(out + bad, out, bad, 0, None, earned)
    return total, list(missing)


def _units(flow: Flow, path: str, pieces: int | None) -> int:
    return (pieces or 0) * flow.content[path]


def _spent(plan: Plan, states: StateTime) -> Mapping[str, NDArray[np.int64]]:
    """Time in each element (ns), by period."""
    cuts = plan.stretches
    found: dict[str, NDArray[np.int64]] = {}
    for name, spent in states.time_in(cuts.first, cuts.last).items():
        found[name] = np.zeros(len(plan.periods), np.int64)
        np.add.at(found[name], cuts.period, spent)
    return found


def _times(plan: Plan, number: int, spent: Mapping[str, NDArray[np.int64]] | None) -> Times:
    period = plan.periods[number]
    known = {} if spent is None else {name: int(of_period[number]) for name, of_period in spent.items()}
    if not plan.calendar.is_known:
        return Times(period.end - period.start, **known)
    pot, pdot = length(plan.planned[number]), length(plan.pauses[number])
    return Times(period.end - period.start, pot, pdot, pot - pdot, **known)


def _whole(plan: Plan, observed: Observed) -> Mapping[str, list[int]]:
    """Pieces by role over whole periods, breaks and all."""
    first = np.array([one.start for one in plan.periods], np.int64)
    last = np.array([one.end for one in plan.periods], np.int64)
    return {role: tally.pieces(first, last).tolist() for role, tally in observed.tallies.items()}


def _outside(whole: Mapping[str, list[int]], number: int, inside: Pieces, machine: Machine) -> int | None:
    produced = pieces_of({role: pieces[number] for role, pieces in whole.items() if role in machine.counts}).produced
    return None if produced is None or inside.produced is None else produced - inside.produced


def _plan_flags(plan: Plan, number: int) -> list[Flag]:
    told = [] if plan.calendar.is_known else [flags.NO_CALENDAR]
    period, whole = plan.periods[number], plan.whole[number]
    if period.start > whole.start:
        told.append(flags.record_begins(local_text(period.start, plan.calendar.zone)))
    return told + ([flags.SO_FAR] if period.end < whole.end else [])


def _count_flags(machine: Machine, pieces: Pieces, jumps: int) -> list[Flag]:
    if pieces.produced is None:
        return [flags.NO_COUNTS]
    told = [flags.NO_REJECT_COUNTER] if assumes_good(machine.counts) else []
    told += [flags.COUNTS_DISAGREE] if disagree(pieces) and not assumes_good(machine.counts) else []
    return told + ([flags.counter_jump(jumps)] if jumps else [])
