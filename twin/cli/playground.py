"""What people may break in the demo: machines of the simulated line, and the cables to them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from twin.core.instant import MILLISECOND
from twin.core.simulated import SimulatedRun
from twin.model.plant import Plant
from twin.runtime.clock import ScaledClock
from twin.testing.proxy import FaultProxy

_PORT = re.compile(r":(\d+)$")

FAULTS = {
    "filler.jam": "The filler stops for two to three minutes: it turns red, the machines behind it run empty and wait.",
    "labeller.jam": "The labeller stops for two to three minutes: the buffer before it fills, the capper blocks, "
    "the packer runs empty.",
    "filler.bearing:12m": "A bearing of the filler wears: in minutes its condition tells, and how long it may last; "
    "after 12 minutes of running the machine trips.",
}
CABLE = "The cable to {} is out for 20 s: its values turn stale and its machines unknown, then all comes back."


class Playground:
    """The line of the demo and its cables, by the address that each leads to."""

    def __init__(self, run: SimulatedRun, clock: ScaledClock, cables: Mapping[str, FaultProxy]) -> None:
        self._run = run
        self._clock = clock
        self._by_address = cables
        self._cables: dict[str, FaultProxy] = {}

    def know(self, plant: Plant) -> None:
        """Find the connections that run through the cables."""
        for id, spec in plant.connections.items():
            port = _PORT.search(spec.url)
            for one in self._by_address.values():
                if port is not None and one.port == int(port[1]):
                    self._cables[f"cable:{id}"] = one

    def choices(self) -> dict[str, str]:
        """What can be broken -> what one then sees."""
        return FAULTS | {id: CABLE.format(id.partition(":")[2]) for id in self._cables}

    def break_(self, what: str, seconds: float) -> None:
        """Break it now. Raises KeyError for what is no choice."""
        if what in FAULTS:
            self._run.fault(what, self._clock.now() + MILLISECOND)
        else:
            self._cables[what].pull(seconds)


@asynccontextmanager
async def cables(addresses: dict[str, Any]) -> AsyncGenerator[tuple[dict[str, Any], dict[str, FaultProxy]]]:
    """The addresses of a line, each led through a cable of its own, and the cables."""
    async with AsyncExitStack() as stack:
        led, found = dict(addresses), dict[str, FaultProxy]()
        for name, address in addresses.items():
            port = _PORT.search(str(address))
            if port is not None:
                one = found[name] = await stack.enter_async_context(FaultProxy(int(port[1])))
                led[name] = f"{str(address)[: port.start()]}:{one.port}"
        yield led, found
