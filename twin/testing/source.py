"""Where the samples of a line come from: a simulated line, or a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured
from twin.core.simulated import SimulatedRun
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.testing.names import listed
from twin.testing.past import Columns

Record = Mapping[str, Any]


class Source(Protocol):
    """Gives samples as time goes on."""

    label: str

    def samples(self, until: int) -> Batch | None:
        """All with time < until (ns) that were not given yet, in the order of time; None when there are none."""
        ...

    def fault(self, what: str, at: int) -> None:
        """Break something at an instant (ns). Raises Misconfigured."""
        ...

    def mend(self, what: str, at: int) -> None:
        """Mend it. Raises Misconfigured."""
        ...

    def truth(self) -> Sequence[Record]:
        """What really happened (simulators.truth). Raises Misconfigured where nobody knows."""
        ...


class Simulated:
    """A simulated line; its names are paths within the plant."""

    def __init__(self, make: Callable[[], SimulatedRun], name: str, plant: Plant, tags: TagTable) -> None:
        self.label = name
        self.run = make()
        self._make = make
        self._plant = plant
        self._tags = tags
        self._until = 0
        self._done: list[tuple[int, str, str, int]] = []
        """(how far it had lived, `fault` or `mend`, what, at) of all that was done to it."""

    def names(self) -> list[str]:
        """Full paths of all its values."""
        return self._full(self.run.step(0)[0])

    def _full(self, names: Sequence[str]) -> list[str]:
        return [f"{self._plant.path}/{name}" if self._plant.path else name for name in names]

    def samples(self, until: int) -> Batch | None:
        """Live until then."""
        self._until = until
        names, time, index, value, status = self.run.step(until)
        if not len(time):
            return None
        ids = self._tags.ids_of(self._full(names))
        return batch("simulator", ids[np.asarray(index)], time, value, status)

    def fault(self, what: str, at: int) -> None:
        """Break something."""
        try:
            self.run.fault(what, at)
        except ValueError as error:
            raise Misconfigured(str(error)) from None
        self._done.append((self._until, "fault", what, at))

    def mend(self, what: str, at: int) -> None:
        """Mend it."""
        try:
            self.run.mend(what, at)
        except ValueError as error:
            raise Misconfigured(str(error)) from None
        self._done.append((self._until, "mend", what, at))

    def again(self) -> tuple[SimulatedRun, Columns]:
        """The same life once more up to now, to the byte, for another to go on with; and all its samples."""
        run, parts = self._make(), list[Columns]()
        for until, verb, what, at in self._done:
            parts.append(run.step(until))
            run.fault(what, at) if verb == "fault" else run.mend(what, at)
        parts.append(run.step(self._until))
        time, name, value, status = (np.concatenate([np.asarray(part[n]) for part in parts]) for n in range(1, 5))
        return run, (parts[-1][0], time, name, value, status)

    def truth(self) -> Sequence[Record]:
        """Of the simulator."""
        return self.run.truth()


class Recorded:
    """A recording: samples in the order of time, ids of the twin's own table."""

    def __init__(self, name: str, samples: Batch) -> None:
        self.label = name
        self.begins, self.ends = int(samples.time[0]), int(samples.time[-1])
        self._samples = samples
        self._given = 0

    def samples(self, until: int) -> Batch | None:
        """The rows up to then; none once it is over."""
        first, self._given = self._given, int(np.searchsorted(self._samples.time, until))
        return self._samples.take(slice(first, self._given)) if self._given > first else None

    def fault(self, what: str, at: int) -> None:
        """Nothing can be broken in what is over."""
        raise Misconfigured(f"fault {what!r}: {self.label} is a recording, what happened is in it; simulate a line")

    def mend(self, what: str, at: int) -> None:
        """Nothing can be mended in what is over."""
        raise Misconfigured(f"mend {what!r}: {self.label} is a recording, what happened is in it; simulate a line")

    def truth(self) -> Sequence[Record]:
        """Nobody knows."""
        raise Misconfigured(f"{self.label} is a recording: what really happened is not in it, only what was seen")


def check_names(plant: Plant, tags: Sequence[str], label: str, file: str) -> None:
    """Raises Misconfigured when no value of the source is a tag of the plant file: nothing would ever come."""
    if not any(tag in plant.tags for tag in tags):
        raise Misconfigured(
            f"{file}: none of its tags comes from {label}; it has {listed(list(plant.tags)[:3])} ..., and {label} "
            f"gives {listed(list(tags)[:3])} ...; give the plant file the same paths"
        )
