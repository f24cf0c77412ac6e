"""From what the runtime answers (ns, full paths) to what tests read (datetimes, paths without the plant)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from twin.alarms.occurrence import Occurrence
from twin.core.instant import SECOND
from twin.health.reading import ConditionNow, Shares
from twin.mes.oee import Result
from twin.model.plant import Machine, Plant
from twin.runtime.alerts import Alert as ToldAlert
from twin.runtime.intervals import Interval
from twin.runtime.pieces import Pieces
from twin.runtime.stops import Stop as ToldStop
from twin.testing.answers import Alarm, Alert, Condition, Counts, Oee, State, Stop
from twin.testing.times import Wall, span


class Telling:
    """Translates the rows of one plant."""

    def __init__(self, plant: Plant, wall: Wall) -> None:
        self._short = plant.short
        self._wall = wall

    def state(self, one: Interval) -> State:
        """An interval; the open one lasts until now."""
        at, end = self._wall.at, self._wall.now if one.end is None else one.end
        ended = self._wall.at_or_none(one.end)
        return State(self._short(one.asset), one.state, at(one.start), ended, span(end - one.start))

    def stop(self, one: ToldStop) -> Stop:
        """A stop."""
        start, end = self._wall.at(one.start), self._wall.at_or_none(one.end)
        return Stop(self._short(one.asset), one.state, start, end, span(one.length), one.is_micro)

    def counts(self, machine: Machine, found: list[Pieces], start: int, end: int) -> Counts:
        """The counters of one machine."""
        by_role = {one.role: one.sums["pieces"] for one in found}
        return Counts(self._short(machine.path), self._wall.at(start), self._wall.at(end), machine.makes, **by_role)

    def alarm(self, one: Occurrence) -> Alarm:
        """An occurrence."""
        at = self._wall.at_or_none
        return Alarm(
            tag=self._short(one.tag), name=one.name, kind=one.kind, limit=one.limit, priority=one.priority,
            text=one.text, time=self._wall.at(one.start), returned=at(one.returned), acknowledged=at(one.acked),
            by=one.by, note=one.note, end=at(one.end), peak=one.peak, id=one.id,
        )  # fmt: skip

    def alert(self, told: ToldAlert) -> Alert:
        """An alert with its title."""
        one, at = told.now, self._wall.at
        f = one.forecast
        left = None if f is None else (_seconds(f.p10_s), _seconds(f.p50_s), _seconds(f.p90_s))
        return Alert(
            machine=self._short(one.asset), title=told.title, time=at(one.start), end=self._wall.at_or_none(one.end),
            score=one.score, peak=one.peak, tags=self._shares(one.tags), onset=at(one.onset), left=left,
            forecast=one.forecast_text,
        )  # fmt: skip

    def condition(self, machine: Machine, one: ConditionNow | None) -> Condition:
        """How a machine is judged; None: nothing watches it."""
        name = self._short(machine.path)
        if one is None:
            return Condition(name, "off", None, 0.0, None, (), "")
        state = "no_model" if one.model is None and one.refused else one.state
        text = "" if one.outlook is None else one.outlook.text
        onset = self._wall.at_or_none(one.onset)
        return Condition(name, state, one.score, one.learnt, onset, self._shares(one.tags), text)

    def oee(self, one: Result) -> Oee:
        """A result with its figures."""
        elements = {name: None if ns is None else ns / SECOND for name, ns in asdict(one.times).items()}
        del elements["calendar"]
        p = one.pieces
        return Oee(
            asset=self._short(one.asset), name=one.period.name, start=self._wall.at(one.period.start),
            end=self._wall.at(one.period.end), **asdict(one.figures), **elements, produced=p.produced, good=p.good,
            reject=p.reject, rework=p.rework, unit=one.unit, flags=tuple((f.code, f.text) for f in one.flags),
        )  # fmt: skip

    def _shares(self, tags: Shares) -> tuple[tuple[str, float], ...]:
        return tuple((self._short(tag), share) for tag, share in tags)


def _seconds(many: int) -> timedelta:
    return timedelta(seconds=many)
