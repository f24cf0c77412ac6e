"""Truth: what really happened in a simulated line, which no wire shows. For the right side of an assert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from twin.core.errors import Misconfigured
from twin.testing.answers import Row, clock, stretch
from twin.testing.found import Found, NotThere
from twin.testing.names import listed
from twin.testing.times import Moment, Wall, span

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class TrueFault(Row):
    """Something that was broken. what: `filler.bearing`. time: when it began. end: when it was mended, or None."""

    what: str
    machine: str
    component: str
    time: datetime
    failed_at: datetime | None
    end: datetime | None
    now: datetime

    @property
    def start(self) -> datetime:
        """When it began."""
        return self.time

    @property
    def failure(self) -> datetime:
        """When the machine stood because of it. Raises NotThere, an AssertionError, while it runs on."""
        __tracebackhide__ = True
        if self.failed_at is None:
            raise NotThere(f"{self.what}: has not failed until {clock(self.now)}; let the line run longer")
        return self.failed_at

    def __str__(self) -> str:
        return f"{self.time:%a} {clock(self.time)} {self.what}, failure {clock(self.failed_at)}, end {clock(self.end)}"


@dataclass(frozen=True, slots=True, repr=False)
class TrueState(Row):
    """A machine really was in a state over [time, end)."""

    machine: str
    state: str
    time: datetime
    end: datetime
    duration: timedelta

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.machine} {self.state}"


@dataclass(frozen=True, slots=True, repr=False)
class TrueStop(Row):
    """A machine really stood, for this cause. reason: the number that it tells. end None: it still does."""

    machine: str
    cause: str
    reason: int
    time: datetime
    end: datetime | None

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.machine} {self.cause}"


@dataclass(frozen=True, slots=True, repr=False)
class TrueOrder(Row):
    """What a machine really made for an order. end None: it works on it. total, reject: pieces."""

    order: int
    product: str
    machine: str
    time: datetime
    end: datetime | None
    total: int
    reject: int

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.machine} order {self.order}, {self.product}: {self.total} pieces"


class Truth:
    """All that a simulator knows until now, the life before the test included. machine '': all of them."""

    def __init__(self, records: Sequence[Record], wall: Wall) -> None:
        self.records = records
        """As the simulator wrote them, `twin simulate --truth FILE`: instants in ns since 1970 UTC."""
        self._wall = wall

    @property
    def faults(self) -> Found[TrueFault]:
        """Everything that was broken on purpose, by its beginning."""
        found = [self._fault(one) for one in self._of("fault", "")]
        return Found("faults", sorted(found, key=lambda one: one.time), self._wall)

    def fault(self, what: str) -> TrueFault:
        """The newest of a name: `filler.bearing`. Raises NotThere when nothing of that name was broken."""
        __tracebackhide__ = True
        name = what.partition(":")[0]
        found = [one for one in self.faults if one.what == name or one.what.startswith(f"{name}.")]
        found = found or [one for one in self.faults if name.startswith(f"{one.what}.")]
        if not found:
            raise NotThere(f"nothing broke {what}; broken were: {listed([one.what for one in self.faults])}")
        return found[-1]

    def states(self, machine: str = "") -> Found[TrueState]:
        """What machines really were in."""
        at = self._wall.at
        found = [
            TrueState(one["machine"], one["state"], at(one["from"]), at(one["to"]), span(one["to"] - one["from"]))
            for one in self._of("state", machine)
        ]
        return Found(f"true states{_of_machine(machine)}", sorted(found, key=_order), self._wall)

    def stops(self, machine: str = "") -> Found[TrueStop]:
        """Why machines really stood."""
        found = [
            TrueStop(
                one["machine"],
                one["cause"],
                one["reason"],
                self._wall.at(one["start"]),
                self._wall.at_or_none(one["end"]),
            )
            for one in self._of("stop", machine)
        ]
        return Found(f"true stops{_of_machine(machine)}", sorted(found, key=_order), self._wall)

    def orders(self, machine: str = "") -> Found[TrueOrder]:
        """What machines really made for orders, on a line that has some."""
        at = self._wall.at
        found = [
            TrueOrder(
                one["order"],
                one["product"],
                one["machine"],
                at(one["start"]),
                self._wall.at_or_none(one["end"]),
                one["total"],
                one["reject"],
            )
            for one in self._of("order", machine)
        ]
        return Found(f"true orders{_of_machine(machine)}", sorted(found, key=_order), self._wall)

    def left(self, component: str, at: Moment | None = None) -> timedelta | None:
        """Life really left of a component (`filler.bearing`) at full duty, at an instant or now, to ten minutes below.

        None: it does not wear. Raises NotThere for a component that is not there, or an instant not lived through.
        """
        __tracebackhide__ = True
        machine, _, part = component.partition(".")
        instant = self._wall.now if at is None else self._wall.ns(at, "at")
        told = [one for one in self._of("health", machine) if one["component"] == part]
        if not told:
            there = [f"{machine}.{one['component']}" for one in self._of("health", machine)]
            raise NotThere(f"no component {component}; there are: {listed(there)}")
        place = (instant - told[0]["from"]) // told[0]["every"]
        if place < 0 or instant > self._wall.now:
            raise NotThere(f"{component}: the line has not lived at {self._wall.text(instant)}")
        seconds = told[0]["left_s"][min(place, len(told[0]["left_s"]) - 1)]
        return None if seconds is None else timedelta(seconds=seconds)

    def count(self, machine: str, counter: str = "total", start: datetime | None = None) -> int:
        """Pieces really made (counter `total`) or thrown out (`reject`) since an instant; without it: since the start
        of the test.
        """
        since = self._wall.start if start is None else self._wall.ns(start, "start")
        told = [one["times"] for one in self._of("count", machine) if one["counter"] == counter]
        return sum(time >= since for times in told for time in times)

    def _fault(self, one: Record) -> TrueFault:
        machine = str(one["machine"])
        parts = (machine.rpartition("/")[2], one["component"], one.get("mode"))
        what = ".".join(str(part) for part in dict.fromkeys(parts) if part)
        at = self._wall.at_or_none
        begun = self._wall.at(one["start"])
        now = self._wall.at(self._wall.now)
        return TrueFault(what, machine, str(one["component"]), begun, at(one["failure"]), at(one["end"]), now)

    def _of(self, kind: str, machine: str) -> Iterable[Record]:
        found = [one for one in self.records if one["kind"] == kind]
        if not machine:
            return found
        known = dict.fromkeys(str(one["machine"]) for one in self.records if one["kind"] == "state")
        mine = [path for path in known if path == machine or path.endswith(f"/{machine}")]
        if len(mine) != 1:
            there = listed([path.rpartition("/")[2] for path in known])
            raise Misconfigured(f"no machine {machine!r} in the truth; there are: {there}")
        return [one for one in found if one["machine"] == mine[0]]


def _order(one: TrueState | TrueStop | TrueOrder) -> tuple[datetime, str]:
    return one.time, one.machine


def _of_machine(machine: str) -> str:
    return f" of {machine}" if machine else ""
