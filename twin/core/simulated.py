"""What the twin needs of a line that does not exist: found through entry points, never imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from twin.core.ports import Clock


class SimulatedLine(Protocol):
    """A line that does not exist, found through the entry-point group `linetwin.lines` or read by `LineFiles`."""

    name: str

    def build(self, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()) -> SimulatedRun:
        """A line at its start instant (ns); faults are (what, instant). Raises ValueError for an unknown fault."""
        ...

    def plant_file(self, addresses: dict[str, Any]) -> str:
        """The PLANT.yaml that fits the line, with the addresses that `serve` opened filled in.

        addresses: URL by the name of a connection, `mqtt` for all on MQTT; `wait` and `every`: durations for all.
        """
        ...


class Scenario(Protocol):
    """What shall happen to a simulated line, from a file: its line, seed, length, faults and nasty wires.

    All of it was tried when it was read, so what it names is there. length: ns of the line's time, None: without end.
    nasty: for `serve`.
    """

    @property
    def line(self) -> SimulatedLine:
        """What it happens to."""
        ...

    @property
    def seed(self) -> int:
        """Of its life, where nobody takes another."""
        ...

    @property
    def length(self) -> int | None:
        """How long it goes on."""
        ...

    @property
    def nasty(self) -> Sequence[str]:
        """What is wrong with the wires, by name."""
        ...

    def planned(self, start: int) -> Sequence[tuple[str, int, int | None]]:
        """(what, at, until) of its faults in a life from an instant (ns) on; until None: it takes its course."""
        ...

    def build(self, start: int, seed: int | None = None) -> SimulatedRun:
        """A life of its line from an instant (ns) on, with every fault and its end entered."""
        ...


class LineFiles(Protocol):
    """Makes lines of files, found through the entry-point group `linetwin.line_files`.

    `line` and `scenario` raise ValueError with one line, `FILE:LINE: fact; fix`, for what is wrong in a file.
    """

    def line(self, file: str) -> SimulatedLine:
        """The line that a file describes."""
        ...

    def scenario(self, file: str, line: Callable[[str], SimulatedLine]) -> Scenario:
        """The scenario of a file, without faults for that of a line. line: as `plugins.line`, by name or file."""
        ...

    def recording(
        self, name: str, columns: tuple[Sequence[str], Any, Any, Any, Any], texts: Any = None, rounds: bool = False
    ) -> SimulatedLine:
        """The line that gives recorded samples again, the first of them at its start.

        columns: as `SimulatedRun.step` gives them, at least one row. texts: object[n] of str or None, or None for all.
        rounds: it begins again when it is over.
        """
        ...


class Nasty(Protocol):
    """The addresses that `SimulatedRun.serve` gives can do this too."""

    async def nasty(self, name: str, on: bool = True) -> None:
        """Let a nasty switch begin or end while the line runs. Raises ValueError for one that cannot."""
        ...


class SimulatedRun(Protocol):
    """One life of a simulated line. Time only goes forward."""

    def step(self, until: int) -> tuple[Sequence[str], Any, Any, Any, Any]:
        """Advance to an instant: (names, time int64[n], name index int32[n], value float64[n], status uint32[n]) of
        all samples before it.

        Names are paths within the plant, as `plant_file` names the tags.
        """
        ...

    def fault(self, what: str, at: int) -> None:
        """Break something at an instant not yet passed: `filler.jam`, `filler.bearing:12m`. Raises ValueError."""
        ...

    def mend(self, what: str, at: int) -> None:
        """End what was broken at an instant not yet passed, by the same name without argument. Raises ValueError."""
        ...

    def breakable(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Machine -> part -> what can go wrong with it, the first by default: what `fault` takes."""
        ...

    def sensors(self) -> Mapping[str, Sequence[str]]:
        """Machine -> those of its parts that are sensors."""
        ...

    def switches(self) -> Mapping[str, str]:
        """Name of a nasty switch -> what the wire does then: what `serve` takes."""
        ...

    def truth(self) -> Sequence[dict[str, Any]]:
        """Ground truth so far, one record per fact, apart from the wire."""
        ...

    def serve(
        self, clock: Clock, opcua_port: int = 0, mqtt: str | None = None, nasty: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[dict[str, Any]]:
        """Put the line on real wires (loopback) while it runs by the clock; gives the addresses opened.

        mqtt: HOST:PORT of a broker that speaks MQTT 5, or None for no MQTT machines. nasty: what is wrong with the
        wires, by name (docs/reference/nasty-servers.md). Raises ValueError for one that is not there.
        """
        ...
