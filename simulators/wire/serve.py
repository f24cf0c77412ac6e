"""A line on real wires: stepped by a clock, every sample written in order."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Protocol

from simulators.samples import NS_PER_MS, Columns, Newest
from simulators.wire.mqtt import Publisher, mqtt_publisher
from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.chain import Chain
from simulators.wire.nasty.quirk import quirk_of
from simulators.wire.nasty.switch import ANY, START, Chosen, Switch, choose, named
from simulators.wire.opcua import OpcUaShell, Sample, opcua_server, url
from simulators.wiring import Clock, MqttValue, OpcUaValue, Wiring

PERIOD_S = 0.1
"""Wall time between two steps of the line."""


class Served(Protocol):
    """What the shell needs of a run."""

    @property
    def until(self) -> int:
        """The instant before which everything has happened."""
        ...

    @property
    def newest(self) -> Mapping[str, Newest]:
        """The newest sample of every value."""
        ...

    @property
    def seed(self) -> int:
        """What all chance follows from."""
        ...

    def step(self, until: int) -> Columns:
        """Samples before an instant."""
        ...

    def setpoints(self) -> Sequence[str]:
        """Names of the values that clients may write."""
        ...

    def ask(self, name: str, value: float) -> None:
        """Somebody wrote one of them. Raises ValueError for a value that is not taken."""
        ...


class Wires:
    """All wires of a line; each sample goes to the one that has its name."""

    def __init__(self, shells: Mapping[str, OpcUaShell], publisher: Publisher | None, wiring: Wiring) -> None:
        self._shells = shells
        self._publisher = publisher
        self._home = {n: v.server if isinstance(v, OpcUaValue) else "mqtt" for n, v in wiring.values.items()}

    async def write(self, columns: Columns) -> None:
        """Write samples, on each wire in the order of time."""
        by_wire: dict[str, list[Sample]] = {}
        for sample in rows(columns):
            by_wire.setdefault(self._home[sample[0]], []).append(sample)
        for name, shell in self._shells.items():
            await shell.write(by_wire.get(name, ()))
        if self._publisher is not None:
            self._publisher.publish(by_wire.get("mqtt", ()))

    async def nasty(self, switch: Switch, on: bool = True) -> None:
        """Let a switch begin, or end, on its wires. Raises ValueError for one that cannot while they are open."""
        if switch.wire == "opcua" and not on and switch.begins != ANY:
            raise ValueError(f"nasty {switch.name!r} lasts until the server ends")
        if on and switch.begins == START:
            raise ValueError(f"nasty {switch.name!r} is how a wire opens: choose it before")
        if switch.wire == "mqtt":
            if self._publisher is None:
                raise ValueError(f"nasty {switch.name!r} needs machines on MQTT: name a broker")
            self._publisher.switch(switch.name, on)
            return
        for shell in self._shells.values():
            if on:
                await shell.nasty(quirk_of(switch))
            else:
                shell.kind(switch.name)


class Addresses(dict[str, Any]):
    """Addresses of the wires by name, and what can happen to them."""

    def __init__(self, wires: Wires) -> None:
        super().__init__()
        self._wires = wires

    async def nasty(self, name: str, on: bool = True) -> None:
        """Let the switch of a name begin or end now. Raises ValueError for an unknown one, or when it cannot now."""
        await self._wires.nasty(named(name, SWITCHES), on)


def nasty_chain(chosen: Sequence[Chosen], seed: int, mqtt: str | None) -> Chain:
    """What becomes of messages, with the switches that are on from the start. Raises ValueError without a broker."""
    chain = Chain([switch for switch in SWITCHES.values() if switch.wire == "mqtt"], seed)
    for one in chosen:
        if one.switch.wire == "mqtt" and mqtt is None:
            raise ValueError(f"nasty {one.switch.name!r} needs machines on MQTT: name a broker")
        if one.switch.wire == "mqtt" and one.after_s is None:
            chain.on(one.switch.name)
    return chain


@asynccontextmanager
async def serve(
    run: Served,
    wiring: Wiring,
    clock: Clock,
    opcua_port: int = 0,
    mqtt: str | None = None,
    nasty: Sequence[str] = (),
) -> AsyncGenerator[Addresses]:
    """Open the wires, keep the line going by the clock, and give the addresses by name.

    opcua_port: of the first server, the others follow; 0: free ones. mqtt: HOST:PORT of a broker, None: the machines on
    MQTT stay silent. nasty: names of switches, `NAME` or `NAME@2m` of the line's time. Raises ValueError for a switch
    that is not there, OSError when a port is taken or no broker is there. What the line has lived through before is not
    sent again: servers start with its newest values. Leaving takes less than 2 s.
    """
    chosen = choose(nasty, SWITCHES)
    chain = nasty_chain(chosen, run.seed, mqtt)
    first = run.step(max(clock.now(), run.until + NS_PER_MS))  # the first ms gives every value a sample
    begun = run.until
    ports = free_ports(opcua_port, len(wiring.servers)) if opcua_port else [0] * len(wiring.servers)
    async with AsyncExitStack() as stack:
        shells: dict[str, OpcUaShell] = {}
        publisher = None
        if mqtt is not None:
            publisher = await stack.enter_async_context(mqtt_publisher(mqtt, mqtt_values(wiring), chain))
        for server, port in zip(wiring.servers, ports, strict=True):
            quirks = [quirk_of(one.switch) for one in chosen if one.after_s is None and one.switch.wire == "opcua"]
            values = opcua_values(wiring, server.name)
            setpoints = {name: partial(run.ask, name) for name in run.setpoints() if name in values}
            shell = opcua_server(server, values, run.newest, port, quirks, setpoints, clock)
            shells[server.name] = await stack.enter_async_context(shell)
        await Wires({}, publisher, wiring).write(first)
        wires = Wires(shells, publisher, wiring)
        later = [(begun + round(one.after_s * 1e9), one.switch) for one in chosen if one.after_s is not None]
        await stack.enter_async_context(beside(keep_going(run, wires, clock, later)))
        addresses = Addresses(wires)
        addresses |= {"mqtt": f"mqtt://{mqtt}"} if mqtt is not None else {}
        addresses |= {name: url(shell.port) for name, shell in shells.items()}
        yield addresses


async def keep_going(run: Served, wires: Wires, clock: Clock, later: Sequence[tuple[int, Switch]] = ()) -> None:
    """Step the line and write what came, until cancelled. later: switches and the instants at which they begin."""
    waiting = sorted(later, key=lambda one: one[0])
    while True:
        await wires.write(run.step(clock.now()))
        while waiting and waiting[0][0] <= run.until:
            await wires.nasty(waiting.pop(0)[1])
        await asyncio.sleep(PERIOD_S)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Work that goes on beside the body. When it fails, the body is cancelled and the failure raised in its place."""
    body = asyncio.current_task()
    task = asyncio.create_task(work)

    def failed(ended: asyncio.Task[None]) -> None:
        if body is not None and not ended.cancelled():
            body.cancel()

    task.add_done_callback(failed)
    try:
        yield
    except asyncio.CancelledError:
        if body is not None and task.done() and not task.cancelled():
            body.uncancel()
            task.result()
        raise
    finally:
        task.remove_done_callback(failed)
        task.cancel()
        await asyncio.wait([task])


def rows(columns: Columns) -> Iterator[Sample]:
    """Columns as (name, time, value, status)."""
    names, time, name, value, status = columns
    indices: list[int] = name.tolist()
    for t, n, v, s in zip(time.tolist(), indices, value.tolist(), status.tolist(), strict=True):
        yield names[n], t, v, s


def opcua_values(wiring: Wiring, server: str) -> dict[str, OpcUaValue]:
    """The values that one server shows."""
    return {n: v for n, v in wiring.values.items() if isinstance(v, OpcUaValue) and v.server == server}


def mqtt_values(wiring: Wiring) -> dict[str, MqttValue]:
    """The values that go over MQTT."""
    return {n: v for n, v in wiring.values.items() if isinstance(v, MqttValue)}


def free_ports(first: int, count: int) -> list[int]:
    """Ports in a row from the first, or any free ones when it is 0. Raises OSError for one that is taken."""
    with ExitStack() as stack:
        return [stack.enter_context(held_port(first + place if first else 0)) for place in range(count)]


@contextmanager
def held_port(port: int) -> Generator[int]:
    """A loopback port that nobody else gets meanwhile; 0 picks a free one."""
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError as error:
            raise ValueError(f"port {port} is none: 0 to 65535; choose another one") from error
        except OSError as error:
            raise OSError(f"port {port} is taken on 127.0.0.1; choose another one") from error
        yield probe.getsockname()[1]
