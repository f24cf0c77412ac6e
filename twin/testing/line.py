"""Line: a plant with something to watch, at an instant that only a test moves."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, overload

from twin.core.errors import Misconfigured
from twin.core.event import ALARM_ACKNOWLEDGED, Event
from twin.core.instant import duration_text
from twin.testing.answers import Alarm
from twin.testing.source import Simulated, Source
from twin.testing.times import Length, Moment, Wall, length_ns
from twin.testing.truth import TrueFault, Truth
from twin.testing.virtual import VirtualTwin
from twin.testing.watched import Watched

if TYPE_CHECKING:
    from twin.testing.on_the_wire import OnTheWire


class Line(Watched):
    """A line, simulated or recorded, and the twin that watches it. Made by the fixture `twin_line`.

    Time moves with `run` and no other way. Assets are named by as much of their path as makes them one: `filler`,
    `line1/filler`; '' means all. Where a method takes `start` and `end`, they are lengths since the start of the test
    (`"10m"`, seconds, timedelta), datetimes with a zone, or RFC 3339 text; without them: from the start of the test
    to now. Whatever is named wrongly raises Misconfigured, a message of one line that says what there is.
    """

    twin: VirtualTwin
    """The twin behind it, for those who need more than a test should."""

    def __init__(self, twin: VirtualTwin, source: Source, wall: Wall) -> None:
        super().__init__(twin, wall)
        self.twin = twin
        self.source = source
        self.faults: list[tuple[datetime, str]] = []
        """(when, what) of every `fault` of this test, in the order of the calls."""
        self._run_to(wall.start)

    def __repr__(self) -> str:
        return f"<line {self.source.label} at {self._wall.text(self.twin.now)}, {len(self.plant.machines())} machines>"

    # --- time --------------------------------------------------------------------------------------------------

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
