"""OEE of lines and machines over periods, from the store and a live view. Blocking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.mes.calendar import Calendar, Period
from twin.mes.catalog import Catalog
from twin.mes.explain import Explained, explain_line, explain_machine
from twin.mes.flow import flow_of
from twin.mes.oee import Observed, Result, line_results, machine_results
from twin.mes.plan import Making, Plan, plan_of
from twin.model.plant import Line, Machine, Plant
from twin.runtime.live import LiveView
from twin.runtime.loaded import Loaded
from twin.runtime.production import Production
from twin.runtime.shown import ResultReads


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: lines as a whole, single machines, or both. known: as it was believed then. explain:
    with all parts. record_begins: from when the log is complete.
    """

    lines: Sequence[Line]
    machines: Sequence[Machine]
    calendar: Calendar
    periods: Sequence[Period]
    known: int = FAR_FUTURE
    explain: bool = False
    record_begins: int = FAR_PAST

    def plan(self, now: int, made: Sequence[Making], record_begins: int) -> Plan:
        """Of a line that was to make these products."""
        return plan_of(self.calendar, self.periods, now, made, record_begins)

    def begins(self, view: LiveView, counted: Sequence[Machine]) -> int:
        """Where the record of machines begins, as far as it matters to the periods.

        A source may tell a state that is hours old with its first sample; pieces are known from the first reading on.
        A counter of bad pieces decides nothing: it may be heard of with the first one, or be new in the plant file.
        """
        counters = [machine.counts.get(role) for machine in counted for role in ("total", "good")]
        readings = [view.counting.get(path, 0) for path in counters if path is not None]
        earliest = min((period.start for period in self.periods), default=0)
        return max([earliest, self.record_begins, *readings])


@dataclass(frozen=True, slots=True)
class Answered:
    """A result, and what it was made of when asked for."""

    result: Result
    explained: Explained | None = None


def oee(
    plant: Plant, results: ResultReads, view: LiveView, asked: Question, catalog: Catalog | None = None
) -> list[Answered]:
    """By line: the line itself, then its machines; each over the periods that have begun, up to the view's instant.

    plant: whose lines, roles and shifts are asked by. catalog: its products over time; None: they were always these.
    """
    machines = {machine.path for machine in asked.machines}
    lines = [line for line in plant.lines if line in asked.lines or not machines.isdisjoint(_paths(line))]
    start, end = asked.plan(view.as_of, (), asked.record_begins).span
    catalog = catalog or Catalog.always(plant.products)
    production = Production(catalog, results, view, start, end, asked.known)
    products = production.products(lines)
    needed = [one for line in lines for one in line.machines if line in asked.lines or one.path in machines]
    plans = {path: plan for line in lines for path, plan in _plans(asked, view, line, products[line.path]).items()}
    observed = production.observed(needed, plans)
    found: list[Answered] = []
    for line in lines:
        if line in asked.lines:
            found += _line(plans[line.path], line, observed, asked.explain)
        for machine in line.machines:
            if machine.path in machines:
                found += _machine(plans[machine.path], observed[machine.path], asked.explain)
    return found


def _plans(asked: Question, view: LiveView, line: Line, made: Sequence[Making]) -> dict[str, Plan]:
    """Of a line and its machines, by path; those whose record begins at one instant share theirs."""
    begins = {line.path: asked.begins(view, flow_of(line).outputs)}
    begins |= {machine.path: asked.begins(view, [machine]) for machine in line.machines}
    plans = {instant: asked.plan(view.as_of, made, instant) for instant in set(begins.values())}
    return {path: plans[instant] for path, instant in begins.items()}


def _line(plan: Plan, line: Line, observed: Mapping[str, Observed], explain: bool) -> list[Answered]:
    flow = flow_of(line)
    found = line_results(plan, line, flow, observed)
    return [Answered(one, explain_line(plan, one.number, flow, observed) if explain else None) for one in found]


def _machine(plan: Plan, observed: Observed, explain: bool) -> list[Answered]:
    found = machine_results(plan, observed)
    return [Answered(one, explain_machine(plan, one.number, observed) if explain else None) for one in found]


def _paths(line: Line) -> list[str]:
    return [machine.path for machine in line.machines]


def catalog_of(loads: Sequence[Loaded]) -> Catalog:
    """The products of all models that a plant was run with, each for its time."""
    return Catalog.over([load.since for load in loads], [load.plant.products for load in loads])
