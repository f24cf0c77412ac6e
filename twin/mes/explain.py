"""A result opened to what it was made of: calendar, states, products, ideal rates and counts of one period.

Whoever adds these up again comes to the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.mes.flow import Flow, ideal_ns
from twin.mes.oee import Observed
from twin.mes.plan import Making, Plan
from twin.mes.state_time import Stretch
from twin.model.plant import Product

BUSY, BREAK, OUTSIDE, UNPLANNED = "busy", "break", "outside", "unplanned"
"""Kinds of calendar time: PBT, PDOT, not in a shift, and all there is where the plant file has no shifts."""
_ELEMENT_OUTSIDE = {BREAK: "pdot", OUTSIDE: "outside"}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What the calendar says of [start, end)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Ideal run time (ns) of one count of a machine and how many units of the line it is. station: in the flow, from
    0; None for the machine alone. product None: not known. start: of what is made of it from then on, until the next
    rate of the same product.
    """

    machine: str
    product: str | None
    ideal_ns: int | None
    content: int
    station: int | None
    start: int


@dataclass(frozen=True, slots=True)
class CountedPart:
    """Pieces of one stretch of planned busy time with one product."""

    start: int
    end: int
    product: str | None
    pieces: int
    jumps: int


@dataclass(frozen=True, slots=True)
class CounterPart:
    """What one counter counted. tag: where its samples are."""

    machine: str
    role: str
    tag: str
    parts: Sequence[CountedPart]


@dataclass(frozen=True, slots=True)
class Explained:
    """All parts of one result. states: empty for a line; they cover a machine's period without gap."""

    calendar: Sequence[Scheduled]
    states: Sequence[Stretch]
    products: Sequence[Making]
    rates: Sequence[Rate]
    counters: Sequence[CounterPart]


def explain_machine(plan: Plan, number: int, observed: Observed) -> Explained:
    """One machine in the period of a number."""
    scheduled, made = _calendar(plan, number), _products(plan, number)
    machine = observed.machine
    rates = [Rate(machine.path, one.name, ideal_ns(one.product, machine), 1, None, one.start) for one in _defined(made)]
    return Explained(scheduled, list(_states(scheduled, observed)), made, rates, _counters(plan, number, observed))


def explain_line(plan: Plan, number: int, flow: Flow, observed: Mapping[str, Observed]) -> Explained:
    """A line in the period of a number: counts of its outputs, and of what its machines rejected."""
    made = _products(plan, number)
    counters: list[CounterPart] = []
    outputs = {machine.path for machine in flow.outputs}
    for path in flow.content:
        own = _counters(plan, number, observed[path])
        counters += [one for one in own if path in outputs or one.role in {"reject", "rework"}]
    rates = [rate for one in _defined(made) for rate in _rates(flow, one)]
    return Explained(_calendar(plan, number), [], made, rates, counters)


def _defined(made: Sequence[Making]) -> Iterator[Making]:
    """The first making of each product, and those from which on it is another one by the same name."""
    known: dict[str | None, Product | None] = {}
    for one in made:
        if one.name not in known or known[one.name] != one.product:
            yield one
        known[one.name] = one.product


def _rates(flow: Flow, made: Making) -> Iterator[Rate]:
    for station, machines in enumerate(flow.stations):
        for machine in machines:
            ideal, content = ideal_ns(made.product, machine), flow.content.get(machine.path, 1)
            yield Rate(machine.path, made.name, ideal, content, station, made.start)


def _calendar(plan: Plan, number: int) -> list[Scheduled]:
    period = plan.periods[number]
    if not plan.calendar.is_known:
        return [Scheduled(period.start, period.end, UNPLANNED)]
    told = [Scheduled(a, b, BUSY) for a, b in plan.busy[number]] + [
        Scheduled(a, b, BREAK) for a, b in plan.pauses[number]
    ]
    told.sort(key=lambda one: one.start)
    found: list[Scheduled] = []
    at = period.start
    for one in told:
        found += [Scheduled(at, one.start, OUTSIDE)] if at < one.start else []
        found.append(one)
        at = one.end
    return found + ([Scheduled(at, period.end, OUTSIDE)] if at < period.end else [])


def _states(scheduled: Sequence[Scheduled], observed: Observed) -> Iterator[Stretch]:
    """Cut where the calendar changes; out of planned busy time the element is the calendar's."""
    if observed.states is None:
        return
    for one in scheduled:
        for stretch in observed.states.stretches(one.start, one.end):
            element = _ELEMENT_OUTSIDE.get(one.kind, stretch.bucket)
            counts_as_micro = stretch.is_micro and element == stretch.bucket
            yield Stretch(stretch.start, stretch.end, stretch.state, element, counts_as_micro)


def _products(plan: Plan, number: int) -> list[Making]:
    period = plan.periods[number]
    return [
        Making(max(one.start, period.start), min(one.end, period.end), one.product, one.code)
        for one in plan.makings
        if one.start < period.end and one.end > period.start
    ]


def _counters(plan: Plan, number: int, observed: Observed) -> list[CounterPart]:
    cuts = plan.stretches
    mine = np.flatnonzero(cuts.period == number)
    first, last = cuts.first[mine], cuts.last[mine]
    names = [plan.makings[making].name for making in cuts.making[mine].tolist()]
    found: list[CounterPart] = []
    for role, tally in observed.tallies.items():
        columns = (
            first.tolist(),
            last.tolist(),
            names,
            tally.pieces(first, last).tolist(),
            tally.jumps(first, last).tolist(),
        )
        parts = [CountedPart(*row) for row in zip(*columns, strict=True)]
        found.append(CounterPart(observed.machine.path, role, observed.machine.counts[role], parts))
    return found
