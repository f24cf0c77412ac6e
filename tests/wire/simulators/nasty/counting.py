"""A line that counts: every value has a sample at each tick, and tells by its number which one it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.samples import GOOD
from simulators.wiring import OpcUaServer, OpcUaValue, Wiring

TYPES = ("Double", "Int32", "UInt32", "Float", "Int16", "Boolean")
URI = "urn:plant:plc"
SERVER = OpcUaServer("plc", "PLC", URI, ("PLC1",))


class Counting:
    """`machines` machines with six values each, one of each type; a sample of all of them every `tick` ns.

    sent: every sample. written: its time -> when the wire got it, as late as the machine is busy.
    """

    def __init__(self, start: int, machines: int = 1, tick: int = 100_000_000) -> None:
        self.names = [f"line/m{m}/{type_.lower()}" for m in range(machines) for type_ in TYPES]
        self.wiring = Wiring((SERVER,), {name: self._place(name) for name in self.names})
        self.tick = tick
        self.seed = 0
        self.sent: list[tuple[str, int, float]] = []
        self.written: dict[int, int] = {}
        self.newest: dict[str, tuple[int, float, int]] = {}
        self.until = start
        self._next = start
        self._count = 0

    @staticmethod
    def _place(name: str) -> OpcUaValue:
        _, machine, value = name.split("/")
        type_ = next(t for t in TYPES if t.lower() == value)
        return OpcUaValue("plc", f"{machine}.{value}", (machine, value), type_)

    def step(self, until: int):
        rows: list[tuple[str, int, float]] = []
        while self._next < until:
            rows += [(name, self._next, self.value(name, self._count)) for name in self.names]
            self._count += 1
            self._next += self.tick
        self.until = max(self.until, until)
        self.sent += rows
        self.written |= {time: self.until for _, time, _ in rows}
        self.newest |= {name: (time, value, GOOD) for name, time, value in rows}
        place = {name: at for at, name in enumerate(self.names)}
        return (
            self.names,
            np.array([time for _, time, _ in rows], dtype=np.int64),
            np.array([place[name] for name, _, _ in rows], dtype=np.int32),
            np.array([value for _, _, value in rows], dtype=np.float64),
            np.zeros(len(rows), dtype=np.uint32),
        )

    def setpoints(self) -> Sequence[str]:
        return ()

    def ask(self, name: str, value: float) -> None:
        raise ValueError(f"{name} takes no value")

    @staticmethod
    def value(name: str, count: int) -> float:
        return (
            float(count % 2) if name.endswith("boolean") else count + 0.5 if name.endswith("double") else float(count)
        )

    def sent_of(self, name: str) -> list[tuple[int, float]]:
        return [(time, value) for n, time, value in self.sent if n == name]


def changes(samples: Sequence[tuple[int, float]]) -> list[float]:
    """Values without repeats."""
    return [value for at, (_, value) in enumerate(samples) if not at or value != samples[at - 1][1]]
