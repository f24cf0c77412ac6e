"""The control of a simulated line on a port of its own: `twin simulate --control PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND
from twin.core.simulated import Nasty, SimulatedRun

if TYPE_CHECKING:
    from twin.api.simulation import Asked

LOCAL = "127.0.0.1"
MOST_CONNECTIONS = 20
"""Connections to the control at a time; the next is told to come later."""


class Paced(Protocol):
    """A clock that says how fast it is."""

    speed: float

    def now(self) -> int:
        """The line's instant now."""
        ...


@dataclass(slots=True)
class Controlled:
    """The line that `twin simulate` runs, for its control. tells_truth: whether GET /truth answers."""

    name: str
    seed: int
    run: SimulatedRun
    clock: Paced
    wires: Mapping[str, Any]
    tells_truth: bool = False
    asked: dict[str, Asked] = field(default_factory=dict[str, "Asked"])
    on: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def speed(self) -> float:
        """How much faster than the wall it lives."""
        return self.clock.speed

    def now(self) -> int:
        """The line's instant, ns."""
        return self.clock.now()

    def addresses(self) -> Mapping[str, str]:
        """Where its wires are, by name."""
        return {name: str(address) for name, address in self.wires.items()}

    def breakable(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Machine -> part -> what can go wrong with it."""
        return self.run.breakable()

    def sensors(self) -> Mapping[str, Sequence[str]]:
        """Machine -> its sensors."""
        return self.run.sensors()

    def faults(self) -> Sequence[Asked]:
        """All that were asked for."""
        return tuple(self.asked.values())

    def know(self, what: str, at: int, until: int | None = None) -> Asked:
        """Note a fault that the line has been told of already."""
        from twin.api.simulation import Asked  # noqa: PLC0415 - fastapi, 230 ms: only when there is a control

        fault = self.asked[str(len(self.asked) + 1)] = Asked(str(len(self.asked) + 1), what, at, until)
        return fault

    def fault(self, what: str, after: int, lasts: int | None) -> Asked:
        """Break something after so many ns, mended after so many more. Raises ValueError."""
        at = self._soon() + after
        self.run.fault(what, at)
        until = None if lasts is None else at + lasts
        if until is not None:
            self.run.mend(what, until)
        return self.know(what, at, until)

    def mend(self, id: str) -> Asked:
        """End a fault now, one that waits as it begins. Raises KeyError for none of `faults`."""
        fault = self.asked[id]
        at = max(self._soon(), fault.at)
        self.run.mend(fault.what, at)
        self.asked[id] = replace(fault, mended=at)
        return self.asked[id]

    def switches(self) -> Mapping[str, str]:
        """Nasty switch -> what the wire does then."""
        return self.run.switches()

    def nasty_now(self) -> Sequence[str]:
        """Those that are on."""
        return tuple(self.on)

    async def nasty(self, name: str, on: bool) -> None:
        """Switch one on or off. Raises ValueError for one that cannot now."""
        await cast(Nasty, self.wires).nasty(name, on)
        if on:
            self.on[name] = None
        else:
            self.on.pop(name, None)

    def truth(self) -> Sequence[Mapping[str, Any]] | None:
        """What really happened, where it may be told."""
        return self.run.truth() if self.tells_truth else None

    def _soon(self) -> int:
        """The first instant that the line has not lived through."""
        return self.clock.now() + MILLISECOND


@contextmanager
def held_port(port: int) -> Generator[socket.socket]:
    """A socket on loopback that nobody else gets; 0 takes a free port. Raises Misconfigured for one in use."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((LOCAL, port))
        except (OSError, OverflowError) as error:
            raise Misconfigured(f"--control {port}: in use on {LOCAL}, or no port; choose another") from error
        yield held


@asynccontextmanager
async def controlling(line: Controlled, held: socket.socket) -> AsyncGenerator[str]:
    """The control of a line while the block runs; gives its URL once it answers."""
    import uvicorn  # noqa: PLC0415 - with fastapi 300 ms that only a control pays

    from twin.api.access import Access  # noqa: PLC0415
    from twin.api.server import server_config  # noqa: PLC0415
    from twin.api.simulation import create_control  # noqa: PLC0415

    listens = asyncio.Event()

    class Server(uvicorn.Server):
        """Tells when it listens, and leaves the signals to us."""

        capture_signals = contextlib.nullcontext  # pyright: ignore[reportAssignmentType]

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            listens.set()

    port = held.getsockname()[1]
    config = server_config(create_control(line, Access.none()), LOCAL, port)
    config.limit_concurrency = MOST_CONNECTIONS
    server = Server(config)
    serving = asyncio.create_task(server.serve([held]))
    try:
        await listens.wait()
        yield f"http://{LOCAL}:{port}"
    finally:
        server.should_exit = True
        await serving
