"""A recording that is played: one life of a line whose samples are known already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import numpy as np

from simulators.replay.recording import ON_MQTT, Recording, without_texts
from simulators.samples import Columns, Newest, newest_places
from simulators.truth import Record
from simulators.wiring import Clock

if TYPE_CHECKING:
    from simulators.wire.serve import Addresses

WAITING = 0x8032_0000
"""BadWaitingForInitialData: what a node shows before the first sample of its tag."""


class ReplayedRun:
    """Gives every row of a recording once, moved so that the first lies at `start`, or, in rounds, for ever.

    It gives the same rows however it is stepped.
    """

    def __init__(self, recording: Recording, seed: int, start: int, rounds: bool) -> None:
        self.seed = seed
        self.until = start
        self.wiring = recording.wiring()
        self._recording = recording
        self._rounds = rounds
        self._moved = start - recording.begins
        self._given = 0
        self._newest: dict[str, Newest] = dict.fromkeys(recording.names, (start, float("nan"), WAITING))

    def step(self, until: int) -> Columns:
        """All samples with time < until (ns) not given yet, by time; NaN where a tag holds text."""
        return without_texts(self._recording, self.shown(until))

    def shown(self, until: int) -> Columns:
        """The same for the wires: the value of a text is its place among the texts of its tag."""
        self.until = max(self.until, until)
        recording, parts = self._recording, list[Columns]()
        while True:
            last = int(np.searchsorted(recording.time, self.until - self._moved))
            rows = slice(self._given, last)
            parts.append(
                (
                    recording.names,
                    recording.time[rows] + self._moved,
                    recording.tag[rows],
                    recording.value[rows],
                    recording.status[rows],
                )
            )
            self._given = last
            if last < len(recording.time) or not self._rounds:
                break
            self._moved, self._given = self._moved + recording.round, 0
        time, tag, value, status = (np.concatenate(column) for column in list(zip(*parts, strict=True))[1:])
        for place in newest_places(tag, len(recording.names)):
            name = recording.names[int(tag[place])]
            self._newest[name] = int(time[place]), float(value[place]), int(status[place])
        return recording.names, time, tag, value, status

    @property
    def newest(self) -> Mapping[str, Newest]:
        """The newest sample of every tag; before its first one a Bad status."""
        return self._newest

    def fault(self, what: str, at: int) -> None:
        """Nothing breaks in what is over. Raises ValueError."""
        raise ValueError(f"no fault {what!r}: a recording is played as it is")

    def mend(self, what: str, at: int) -> None:
        """Nothing is mended in what is over. Raises ValueError."""
        raise ValueError(f"mend {what!r}: a recording is played as it is")

    def breakable(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Nothing."""
        return {}

    def sensors(self) -> dict[str, tuple[str, ...]]:
        """None that anybody knows of."""
        return {}

    def switches(self) -> dict[str, str]:
        """Name of a nasty switch -> what the wire does then."""
        from simulators.wire.nasty import SWITCHES  # noqa: PLC0415 - the drivers, as below

        return {name: switch.effect for name, switch in SWITCHES.items()}

    def truth(self) -> list[Record]:
        """Nobody knows what really happened."""
        return []

    def serve(
        self, clock: Clock, opcua_port: int = 0, mqtt: str | None = None, nasty: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[Addresses]:
        """Put the recording on real wires while it is played by the clock: see simulators.wire.serve."""
        from simulators.wire.serve import serve  # noqa: PLC0415 - the drivers

        return serve(OnWires(self, mqtt is not None), self.wiring, clock, opcua_port, mqtt, nasty)


class OnWires:
    """The run as its wires see it: each sample for OPC UA, and once more for MQTT where that is spoken."""

    def __init__(self, run: ReplayedRun, twice: bool) -> None:
        self._run = run
        self._twice = twice
        self.seed = run.seed

    @property
    def until(self) -> int:
        """The instant before which everything has been given."""
        return self._run.until

    @property
    def newest(self) -> Mapping[str, Newest]:
        """The newest sample of every tag."""
        return self._run.newest

    def setpoints(self) -> Sequence[str]:
        """What was recorded cannot be changed."""
        return ()

    def ask(self, name: str, value: float) -> None:
        """Nothing takes a value."""
        raise ValueError(f"{name} is a recording; {value:g} is not taken")

    def step(self, until: int) -> Columns:
        """Samples before an instant."""
        names, time, tag, value, status = self._run.shown(until)
        if not self._twice:
            return names, time, tag, value, status
        both = (*names, *(f"{ON_MQTT}{name}" for name in names))
        again = tag + np.int32(len(names))
        tags = np.column_stack([tag, again]).ravel()
        return both, np.repeat(time, 2), tags, np.repeat(value, 2), np.repeat(status, 2)
