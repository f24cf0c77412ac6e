"""Watched: what a twin says of a plant, as tests ask it, of a line that lives and of an incident that is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol, TypeVar, get_args

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.history import Events, TagReads
from twin.core.instant import FAR_FUTURE as LATER
from twin.core.instant import MINUTE, Span
from twin.core.rows import in_order
from twin.core.tags import TagTable
from twin.mes.calendar import Period, calendar_of
from twin.model.plant import Machine, Plant
from twin.runtime.alerts import alerts_between
from twin.runtime.intervals import intervals
from twin.runtime.live import LiveView, Meaning
from twin.runtime.occurrences import occurrences
from twin.runtime.oee import Question, oee
from twin.runtime.pieces import pieces
from twin.runtime.shown import ResultReads
from twin.runtime.stops import stops
from twin.testing.answers import Alarm, Alert, Condition, Counts, Oee, State, Stop
from twin.testing.found import Found, Timed
from twin.testing.names import Names
from twin.testing.telling import Telling
from twin.testing.times import Moment, Wall
from twin.testing.values import TagValues

One = TypeVar("One", bound=Timed)

By = Literal["shift", "day", "hour"]
"""Periods into which an OEE is cut."""


class Reads(TagReads, Events, Protocol):
    """Samples and events of a log."""


class Watching(Protocol):
    """A twin as far as tests ask it: one in memory, or one on a folder. now, start: ns."""

    @property
    def plant(self) -> Plant:
        """The model."""
        ...

    @property
    def tags(self) -> TagTable:
        """Every tag of the log."""
        ...

    @property
    def results(self) -> ResultReads:
        """What the folds made."""
        ...

    @property
    def reader(self) -> Reads:
        """The log."""
        ...

    @property
    def now(self) -> int:
        """Up to when it has come."""
        ...

    @property
    def start(self) -> int:
        """When its records begin."""
        ...

    def view(self) -> LiveView:
        """The plant now."""
        ...

    def meaning(self) -> Meaning:
        """What the model says of the tags there are now."""
        ...


class Watched:
    """What a twin says, up to now. The half that `Line` and `Incident` share.

    Assets are named by as much of their path as makes them one: `filler`, `line1/filler`; '' means all. Where a
    method takes `start` and `end`, they are lengths since the start (`"10m"`, seconds, timedelta), datetimes
    with a zone, or RFC 3339 text; without them: from the start to now. Whatever is named wrongly raises Misconfigured,
    a message of one line that says what there is.
    """

    def __init__(self, twin: Watching, wall: Wall) -> None:
        self._watching = twin
        self._wall = wall
        self._names = Names(twin.plant, twin.tags)
        self._tell = Telling(twin.plant, wall)

    @property
    def plant(self) -> Plant:
        """The model, as the plant file says it."""
        return self._watching.plant

    @property
    def start(self) -> datetime:
        """When it began, in the plant's time zone; `at="10m"` means ten minutes later."""
        return self._wall.at(self._wall.start)

    @property
    def now(self) -> datetime:
        """The instant up to which it has come."""
        return self._wall.at(self._watching.now)

    def state(self, machine: str) -> str | None:
        """What a machine is in now: running, idle, down, ...; None before anything came."""
        now = self._watching.view().machines.get(self._names.machine(machine).path)
        return None if now is None else now.state

    def states(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[State]:
        """State intervals that overlap the span, whole, the open ones too."""
        paths = sorted(machine.path for machine in self._names.machines(asset))
        found = intervals(self._watching, self._watching.view(), paths, self._span(start, end), LATER)
        return self._found("states", asset, map(self._tell.state, found))

    def stops(
        self, asset: str = "", start: Moment | None = None, end: Moment | None = None, micro: bool = False
    ) -> Found[Stop]:
        """When machines stood although they should work. micro: stops too short to count, too."""
        found = stops(self._watching, self._watching.view(), self._names.machines(asset), self._span(start, end), LATER)
        shown = (self._tell.stop(one) for one in found if micro or not one.is_micro)
        return self._found("stops", asset, shown)

    def counts(self, machine: str, start: Moment | None = None, end: Moment | None = None) -> Counts:
        """Pieces of a machine. They are counted by the minute: start and end go down to full minutes, but for now."""
        one, asked = self._names.machine(machine), self._minutes(start, end)
        found = pieces(self._watching, self._watching.view(), [one], asked, None)
        return self._tell.counts(one, found, asked.start, asked.end)

    def alarms(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[Alarm]:
        """Alarms of the machines below an asset that overlap the span."""
        tags = [path for machine in self._names.machines(asset) for path in machine.tags.values()]
        tags += [path for path in self.plant.tags if not asset and path not in tags]
        keys = [f"{tag}~{limit.name}" for tag in tags for limit in self.plant.tags[tag].alarms]
        found = occurrences(self._watching, self._watching.view(), keys, self._span(start, end), LATER)
        return self._found("alarms", asset, map(self._tell.alarm, found))

    def alerts(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[Alert]:
        """Machines that did not run as they had learnt, in the span."""
        paths = sorted(machine.path for machine in self._names.machines(asset))
        asked = self._span(start, end)
        found = alerts_between(self._watching, self._watching.view(), paths, asked.start, asked.end)
        return self._found("alerts", asset, map(self._tell.alert, found))

    def condition(self, machine: str) -> Condition:
        """How a machine is judged now."""
        one = self._names.machine(machine)
        found = self._watching.view().condition({one.path}).get(one.path, [None])
        return self._tell.condition(one, found[0])

    def oee(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Oee:
        """OEE of a machine or a line over one period ('': of the only line), as GET /oee reckons it.

        start and end go down to full minutes, but for now.
        """
        asked = self._minutes(start, end)
        if asked.end <= asked.start:
            raise Misconfigured("oee: not one full minute has passed; let the line run")
        return self._oee(asset, [Period("", asked.start, asked.end)]).first

    def oee_by(
        self,
        by: By,
        asset: str = "",
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Found[Oee]:
        """OEE by whole shifts, days or hours that overlap the span; the last one as far as it has come."""
        if by not in get_args(By):
            raise Misconfigured(f"oee_by({by!r}): there are {', '.join(get_args(By))}")
        asked = self._span(start, end)
        calendar = calendar_of(self.plant, self._names.asset(asset).path)
        return self._oee(asset, list(calendar.periods(by, asked.start, asked.end)))

    def _oee(self, asset: str, periods: list[Period]) -> Found[Oee]:
        one = self._names.asset(asset)
        lines, machines = ([], [one]) if isinstance(one, Machine) else ([one], [])
        calendar = calendar_of(self.plant, one.path)
        question = Question(lines, machines, calendar, periods, record_begins=self._watching.start)
        found = oee(self.plant, self._watching.results, self._watching.view(), question)
        return self._found("periods", asset, (self._tell.oee(answer.result) for answer in found))

    def tag(self, path: str, start: Moment | None = None, end: Moment | None = None) -> TagValues:
        """The samples of a tag (`filler/vibration`) in its unit. Without start: since the start of the test."""
        name = self._names.tag(path)
        number, spec = self._watching.tags.get(name), self.plant.tags.get(name)
        asked = self._span(start, end)
        ids = np.array([] if number is None else [number], np.int32)
        rows = in_order(self._watching.reader.read_tags(ids, asked.start, asked.end, LATER).samples)
        value, status = self._watching.meaning().scaled(rows)
        unit = "" if spec is None else spec.unit
        return TagValues(self.plant.short(name), unit, rows.time, value, status, rows.text, self._wall)

    def _span(self, start: Moment | None, end: Moment | None) -> Span:
        first = self._wall.start if start is None else self._wall.ns(start, "start")
        last = self._watching.now if end is None else self._wall.ns(end, "end")
        if last < first:
            raise Misconfigured(f"start {start!r} lies after end {end!r}; turn them round")
        return Span(first, last)

    def _minutes(self, start: Moment | None, end: Moment | None) -> Span:
        asked = self._span(start, end)
        last = asked.end if asked.end >= self._watching.now else asked.end - asked.end % MINUTE
        return Span(asked.start - asked.start % MINUTE, last)

    def _found(self, what: str, asset: str, rows: Iterable[One]) -> Found[One]:
        of = f" of {asset}" if asset else ""
        return Found(f"{what}{of}", sorted(rows, key=lambda one: one.time), self._wall)
