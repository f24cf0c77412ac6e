"""OEE of lines and machines over periods, from the store and a live view. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.core.instant import FAR_FUTURE
from twin.mes.calendar import Calendar, Period
from twin.mes.flow import flow_of
from twin.mes.oee import Result, line_results, machine_results
from twin.mes.plan import Plan, plan_of
from twin.model.plant import Line, Machine, Plant
from twin.runtime.live import LiveView
from twin.runtime.production import Production
from twin.store.results import SqliteResults


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: lines as a whole, single machines, or both. known: as it was believed then."""

    lines: Sequence[Line]
    machines: Sequence[Machine]
    calendar: Calendar
    periods: Sequence[Period]
    known: int = FAR_FUTURE


@dataclass(frozen=True, slots=True)
class Opened:
    """A result with what it was made of."""

    result: Result
    plan: Plan


def oee(plant: Plant, results: SqliteResults, view: LiveView, asked: Question) -> list[Result]:
    """By line: the line itself, then its machines; each over the periods that have begun, up to the view's instant."""
    machines = {machine.path for machine in asked.machines}
    lines = [line for line in plant.lines if line in asked.lines or not machines.isdisjoint(_paths(line))]
    empty = plan_of(asked.calendar, asked.periods, view.as_of, ())
    start, end = empty.span
    production = Production(plant, results, view, start, end, asked.known)
    products = production.products(lines)
    plans = {line.path: plan_of(asked.calendar, asked.periods, view.as_of, products[line.path]) for line in lines}
    needed = [one for line in lines for one in line.machines if line in asked.lines or one.path in machines]
    observed = production.observed(needed, plans)
    found: list[Result] = []
    for line in lines:
        plan = plans[line.path]
        if line in asked.lines:
            found += line_results(plan, line, flow_of(line), observed)
        for machine in line.machines:
            if machine.path in machines:
                found += machine_results(plan, observed[machine.path])
    return found


def _paths(line: Line) -> list[str]:
    return [machine.path for machine in line.machines]
