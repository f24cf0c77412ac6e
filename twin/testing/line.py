"""Line: a plant with something to watch, at an instant that only a test moves."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar, get_args, overload

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.event import ALARM_ACKNOWLEDGED, Event
from twin.core.instant import FAR_FUTURE as LATER
from twin.core.instant import MINUTE, Span, duration_text
from twin.core.rows import in_order
from twin.mes.calendar import Period, calendar_of
from twin.model.plant import Machine, Plant
from twin.runtime.alerts import alerts_between
from twin.runtime.intervals import intervals
from twin.runtime.live import Meaning
from twin.runtime.occurrences import occurrences
from twin.runtime.oee import Question, oee
from twin.runtime.pieces import pieces
from twin.runtime.stops import stops
from twin.testing.answers import Alarm, Alert, Condition, Counts, Oee, State, Stop
from twin.testing.found import Found, Timed
from twin.testing.names import Names
from twin.testing.source import Simulated, Source
from twin.testing.telling import Telling
from twin.testing.times import Length, Moment, Wall, length_ns
from twin.testing.truth import TrueFault, Truth
from twin.testing.values import TagValues
from twin.testing.virtual import VirtualTwin

if TYPE_CHECKING:
    from twin.testing.on_the_wire import OnTheWire

One = TypeVar("One", bound=Timed)


By = Literal["shift", "day", "hour"]
"""Periods into which an OEE is cut."""


class Line:
    """A line, simulated or recorded, and the twin that watches it. Made by the fixture `twin_line`.

    Time moves with `run` and no other way. Assets are named by as much of their path as makes them one: `filler`,
    `line1/filler`; '' means all. Where a method takes `start` and `end`, they are lengths since the start of the test
    (`"10m"`, seconds, timedelta), datetimes with a zone, or RFC 3339 text; without them: from the start of the test
    to now. Whatever is named wrongly raises Misconfigured, a message of one line that says what there is.
    """

    def __init__(self, twin: VirtualTwin, source: Source, wall: Wall) -> None:
        self.twin = twin
        """The twin behind it, for those who need more than a test should."""
        self.source = source
        self._wall = wall
        self._names = Names(twin.plant, twin.tags)
        self._tell = Telling(twin.plant, wall)
        self.faults: list[tuple[datetime, str]] = []
        """(when, what) of every `fault` of this test, in the order of the calls."""
        self._run_to(wall.start)

    def __repr__(self) -> str:
        return f"<line {self.source.label} at {self._wall.text(self.twin.now)}, {len(self.plant.machines())} machines>"

    # --- time --------------------------------------------------------------------------------------------------

    @property
    def plant(self) -> Plant:
        """The model, as the plant file says it."""
        return self.twin.plant

    @property
    def start(self) -> datetime:
        """When the test began, in the plant's time zone; `at="10m"` means ten minutes later."""
        return self._wall.at(self._wall.start)

    @property
    def now(self) -> datetime:
        """The instant up to which the line has run."""
        return self._wall.at(self.twin.now)

    def run(self, duration: Length) -> Line:
        """Let the line live for so long (`"8h"`, seconds, timedelta), and the twin watch it; the line itself.

        In one call or in many: what comes of it is the same. A recording that is over goes on without values.
        """
        length = length_ns(duration, "run")
        if length <= 0:
            raise Misconfigured(f"run({duration!r}): time goes forward only; give a length like '8h'")
        self._run_to(self.twin.now + length)
        return self

    def _run_to(self, end: int) -> None:
        while self.twin.now < end:
            until = min(self.twin.now + self.twin.tick, end)
            self.twin.advance(until, self.source.samples(until))
        self._wall.now = end

    # --- what a test does --------------------------------------------------------------------------------------

    def fault(self, what: str, at: Moment | None = None) -> None:
        """Break something: `filler.jam`, `filler.bearing`, `filler.bearing:12m` (with so much life left).

        at: since the start of the test, not yet passed; None: now. For simulated lines.
        """
        instant = self._coming(at, f"fault {what!r}")
        self.source.fault(what, instant)
        self.faults.append((self._wall.at(instant), what))

    def mend(self, what: str, at: Moment | None = None) -> None:
        """End what was broken, by the same name without argument. at: as of `fault`."""
        self.source.mend(what, self._coming(at, f"mend {what!r}"))

    def acknowledge(self, alarm: Alarm, note: str = "", by: str = "test") -> None:
        """Say that an alarm was seen, now. Raises Misconfigured when there is nothing to acknowledge any more."""
        if alarm.acknowledged is not None or alarm.end is not None:
            raise Misconfigured(f"acknowledge: {alarm} was acknowledged, or another took its place")
        tag = alarm.id.partition("~")[0]
        self.twin.note(Event(self.twin.now, ALARM_ACKNOWLEDGED, tag, {"id": alarm.id, "note": note}, by))

    def _coming(self, at: Moment | None, what: str) -> int:
        instant = self.twin.now if at is None else self._wall.ns(at, what)
        if instant < self.twin.now:
            ago = duration_text(self.twin.now - instant)
            raise Misconfigured(
                f"{what} at {at!r}: this was {ago} ago, the line is at {self._wall.text(self.twin.now)}"
            )
        return instant

    # --- what the twin says ------------------------------------------------------------------------------------

    def state(self, machine: str) -> str | None:
        """What a machine is in now: running, idle, down, ...; None before anything came."""
        now = self.twin.view().machines.get(self._names.machine(machine).path)
        return None if now is None else now.state

    def states(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[State]:
        """State intervals that overlap the span, whole, the open ones too."""
        paths = sorted(machine.path for machine in self._names.machines(asset))
        found = intervals(self.twin, self.twin.view(), paths, self._span(start, end), LATER)
        return self._found("states", asset, map(self._tell.state, found))

    def stops(
        self, asset: str = "", start: Moment | None = None, end: Moment | None = None, micro: bool = False
    ) -> Found[Stop]:
        """When machines stood although they should work. micro: stops too short to count, too."""
        found = stops(self.twin, self.twin.view(), self._names.machines(asset), self._span(start, end), LATER)
        shown = (self._tell.stop(one) for one in found if micro or not one.is_micro)
        return self._found("stops", asset, shown)

    def counts(self, machine: str, start: Moment | None = None, end: Moment | None = None) -> Counts:
        """Pieces of a machine. They are counted by the minute: start and end go down to full minutes, but for now."""
        one, asked = self._names.machine(machine), self._minutes(start, end)
        found = pieces(self.twin, self.twin.view(), [one], asked, None)
        return self._tell.counts(one, found, asked.start, asked.end)

    def alarms(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[Alarm]:
        """Alarms of the machines below an asset that overlap the span."""
        tags = [path for machine in self._names.machines(asset) for path in machine.tags.values()]
        tags += [path for path in self.plant.tags if not asset and path not in tags]
        keys = [f"{tag}~{limit.name}" for tag in tags for limit in self.plant.tags[tag].alarms]
        found = occurrences(self.twin, self.twin.view(), keys, self._span(start, end), LATER)
        return self._found("alarms", asset, map(self._tell.alarm, found))

    def alerts(self, asset: str = "", start: Moment | None = None, end: Moment | None = None) -> Found[Alert]:
        """Machines that did not run as they had learnt, in the span."""
        paths = sorted(machine.path for machine in self._names.machines(asset))
        asked = self._span(start, end)
        found = alerts_between(self.twin, self.twin.view(), paths, asked.start, asked.end)
        return self._found("alerts", asset, map(self._tell.alert, found))

    def condition(self, machine: str) -> Condition:
        """How a machine is judged now."""
        one = self._names.machine(machine)
        found = self.twin.view().condition({one.path}).get(one.path, [None])
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
        return self._oee(asset, list(calendar_of(self.plant).periods(by, asked.start, asked.end)))

    def _oee(self, asset: str, periods: list[Period]) -> Found[Oee]:
        one = self._names.asset(asset)
        lines, machines = ([], [one]) if isinstance(one, Machine) else ([one], [])
        calendar = calendar_of(self.plant)
        question = Question(lines, machines, calendar, periods, record_begins=self.twin.start)
        found = oee(self.plant, self.twin.results, self.twin.view(), question)
        return self._found("periods", asset, (self._tell.oee(answer.result) for answer in found))

    def tag(self, path: str, start: Moment | None = None, end: Moment | None = None) -> TagValues:
        """The samples of a tag (`filler/vibration`) in its unit. Without start: since the start of the test."""
        name = self._names.tag(path)
        number, spec = self.twin.tags.get(name), self.plant.tags.get(name)
        asked = self._span(start, end)
        ids = np.array([] if number is None else [number], np.int32)
        rows = in_order(self.twin.reader.read_tags(ids, asked.start, asked.end, LATER).samples)
        meaning = Meaning(self.plant, self.twin.tags.names())
        value, status = meaning.scaled(rows.tag, rows.value, rows.status)
        unit = "" if spec is None else spec.unit
        return TagValues(self.plant.short(name), unit, rows.time, value, status, rows.text, self._wall)

    # --- what really happened ----------------------------------------------------------------------------------

    @overload
    def truth(self) -> Truth: ...
    @overload
    def truth(self, fault: str) -> TrueFault: ...
    def truth(self, fault: str | None = None) -> Truth | TrueFault:
        """What the simulator knows: all of it, or the newest fault of a name (`filler.bearing`).

        Raises NotThere, an AssertionError, when nothing of that name was broken yet.
        """
        __tracebackhide__ = True
        told = Truth(self.source.truth(), self._wall)
        return told if fault is None else told.fault(fault)

    # --- over real wires ---------------------------------------------------------------------------------------

    def on_the_wire(self, speed: float | None = None) -> AbstractContextManager[OnTheWire]:
        """The same line over real OPC UA and MQTT, going on from now, and a running twin with its API, in a block.

        `with line.on_the_wire() as wire: ...` gives `wire.opcua_url`, `wire.mqtt_url`, `wire.api_url`. speed:
        plant-seconds a second; None for one that the wire can carry, `wire.why` says how it was found. This line stays
        where it is. Raises Misconfigured for a recording, and for a plant file that the line does not serve.
        """
        from twin.testing.on_the_wire import on_the_wire  # noqa: PLC0415 - fastapi and sockets, for those who use it

        if not isinstance(self.source, Simulated):
            raise Misconfigured(f"on_the_wire: {self.source.label} is a recording, which no machine can go on with")
        run, lived = self.source.again()
        return on_the_wire(self.source.label, run, self.plant, lived, self.twin.now, speed)

    # --- shared ------------------------------------------------------------------------------------------------

    def _span(self, start: Moment | None, end: Moment | None) -> Span:
        first = self._wall.start if start is None else self._wall.ns(start, "start")
        last = self.twin.now if end is None else self._wall.ns(end, "end")
        if last < first:
            raise Misconfigured(f"start {start!r} lies after end {end!r}; turn them round")
        return Span(first, last)

    def _minutes(self, start: Moment | None, end: Moment | None) -> Span:
        asked = self._span(start, end)
        last = asked.end if asked.end >= self.twin.now else asked.end - asked.end % MINUTE
        return Span(asked.start - asked.start % MINUTE, last)

    def _found(self, what: str, asset: str, rows: Iterable[One]) -> Found[One]:
        of = f" of {asset}" if asset else ""
        return Found(f"{what}{of}", sorted(rows, key=lambda one: one.time), self._wall)
