"""One OPC UA server for each PLC of a line. Source timestamps are the line's instants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import reduce
from itertools import groupby
from typing import cast

from asyncua import ua
from asyncua.server.server import Server
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes

from simulators.samples import Newest
from simulators.wire.historian import Historian
from simulators.wire.nasty.quirk import SCALARS, Identifier, Quirk
from simulators.wire.nodes import EPOCH, Part, Tree, Variable
from simulators.wire.server import PlcInternalServer, Quirks, plc_server
from simulators.wiring import Clock, OpcUaServer, OpcUaValue

BETWEEN_PAUSES = 200
"""Values written before the event loop gets a turn; a group of equal instants is never cut."""
ATTEMPTS, PAUSE_S = 100, 0.1
"""How often a server that restarts tries to get its port back."""

Sample = tuple[str, int, float, int]
"""name, time (ns), value, status code."""

Take = Callable[[float], None]


class OpcUaShell:
    """The values of one PLC. Every write is one notification for each client whose queue is long enough.

    newest: the samples that its nodes hold when it starts. port: 0 takes a free one. life: how often it was started
    before. setpoints: name of a value that clients may write -> takes it, or raises ValueError.
    """

    def __init__(
        self,
        spec: OpcUaServer,
        values: Mapping[str, OpcUaValue],
        newest: Mapping[str, Newest],
        port: int,
        quirks: Sequence[Quirk] = (),
        setpoints: Mapping[str, Take] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.spec = spec
        self._clock = clock
        self._setpoints = setpoints or {}
        self.values = values
        self.life = 0
        self.quirks = Quirks(quirks)
        self.historian = Historian(spec.history_s)
        self.parts: dict[str, Part] = {}
        self.server: Server | None = None
        self._tree: Tree | None = None
        self._newest = {name: newest[name] for name in values}
        self.port = port
        self._busy = asyncio.Lock()

    async def start(self) -> None:
        """Listen on loopback, on the port of before if there was one. Raises OSError when it is taken."""
        clock = self._clock
        now = None if clock is None else lambda: EPOCH + timedelta(microseconds=clock.now() // 1000)
        server = plc_server(self.quirks, now)
        await server.init()
        server.set_server_name(self.spec.product)
        server.set_endpoint(url(self.port))
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for quirk in self.quirks.all:
            for uri in quirk.before(self.life):
                await server.register_namespace(uri)
        index = await server.register_namespace(self._namespace())
        layout = next((q.layout for q in self.quirks.all if q.layout != SCALARS), SCALARS)
        self._tree = Tree(server, index, self.spec, self._identify)
        self.parts = await self._tree.add(self.values, self._newest, layout)
        await self._fill()
        self._show_history(server)
        await self._open_setpoints(server)
        for quirk in self.quirks.all:
            await quirk.prepare(server)
        await server.start()
        self.port = server.bserver.port if server.bserver is not None else self.port
        self.server = server

    async def stop(self) -> None:
        """Stop listening; what is written meanwhile is seen in the values of the next start."""
        server, self.server = self.server, None
        if server is not None:
            await server.stop()

    async def restart(self) -> None:
        """Another life of the server."""
        async with self._busy:
            await self.stop()
            self.life += 1
            for _ in range(ATTEMPTS):
                try:
                    return await self.start()
                except OSError:  # for a moment the port was free, and a client of anything may have got it
                    await asyncio.sleep(PAUSE_S)
            await self.start()

    async def write(self, samples: Sequence[Sample]) -> None:
        """Write samples in their order. Samples of one instant are written together: no client sees half of it."""
        async with self._busy:
            await self._write(samples)

    async def _write(self, samples: Sequence[Sample]) -> None:
        written = 0
        for _, together in groupby(samples, key=lambda sample: sample[1]):
            written += await self._instant(together)
            if written >= BETWEEN_PAUSES:
                await asyncio.sleep(0)
                written = 0

    async def _instant(self, together: Iterable[Sample]) -> int:
        """Write the samples of one instant, a node that holds a whole machine once; how many nodes were written."""
        wholes: dict[int, tuple[Variable, ua.DataValue]] = {}
        written = 0
        for name, time, value, status in together:
            self._newest[name] = time, value, status
            part = self.parts.get(name)
            if part is None:
                continue
            data = part.data(value, time, status)
            if self.server is None:
                self._remember(part.variable, self._twisted(part.variable, data))
                continue
            if part.whole is not None:
                wholes[part.variable.number] = part.variable, data
                continue
            await self._put(part.variable, data)
            written += 1
        for variable, data in wholes.values():
            await self._put(variable, data)
        return written + len(wholes)

    async def nasty(self, quirk: Quirk) -> None:
        """Let a quirk begin: what it does to values and answers from now on, and what it lets happen now."""
        if quirk.lasting:
            self.quirks.all.append(quirk)
        await quirk.happen(self)

    def kind(self, name: str) -> None:
        """Let the quirk of a switch end."""
        self.quirks.all[:] = [quirk for quirk in self.quirks.all if quirk.name != name]

    async def remove(self, name: str) -> None:
        """Take the node of a value away, whatever else it holds: items hear BadNodeIdUnknown, then nothing more."""
        async with self._busy:
            part = self.parts.get(name)
            if part is None or self.server is None:
                return
            variable = part.variable
            self.parts = {n: p for n, p in self.parts.items() if p.variable is not variable}
            await variable.put(ua.DataValue(StatusCode=ua.StatusCode(ua.UInt32(StatusCodes.BadNodeIdUnknown))))
            forget(self.server, variable.node)

    async def bring_back(self, name: str) -> None:
        """The node of a value that was taken away, under the id that it had. No item follows it."""
        async with self._busy:
            if name in self.parts or self.server is None or self._tree is None:
                return
            time, value, status = self._newest[name]
            part = await self._tree.part(self.values[name])
            self.parts[name] = part
            await self._put(part.variable, part.data(value, time, status))

    async def retype(self, name: str, type_: ua.VariantType) -> None:
        """Give a value's node another type while items follow it; one that holds a whole machine keeps its own."""
        async with self._busy:
            part = self.parts.get(name)
            if part is None or part.whole is not None or self.server is None:
                return
            part.variable.type = type_
            declared = self.server.iserver.aspace[part.variable.node].attributes[AttributeIds.DataType]
            declared.value = ua.DataValue(ua.Variant(ua.NodeId(ua.Int32(type_.value)), ua.VariantType.NodeId))
            time, value, status = self._newest[name]
            await self._put(part.variable, part.data(value, time, status))

    async def _open_setpoints(self, server: Server) -> None:
        for name, take in self._setpoints.items():
            if self.parts[name].whole is not None:
                continue  # a node that holds a whole machine is written by nobody
            variable = self.parts[name].variable
            await server.get_node(variable.node).set_writable()
            cast(PlcInternalServer, server.iserver).setpoints.nodes[variable.node] = take

    def _namespace(self) -> str:
        return reduce(lambda uri, quirk: quirk.namespace(uri, self.life), self.quirks.all, self.spec.namespace)

    def _identify(self, identifier: Identifier) -> Identifier:
        return reduce(lambda now, quirk: quirk.identifier(now, self.life), self.quirks.all, identifier)

    async def _fill(self) -> None:
        """The newest samples, by time, into the nodes of a server that is about to start."""
        for name, (time, value, status) in sorted(self._newest.items(), key=lambda one: one[1][0]):
            part = self.parts[name]
            await self._put(part.variable, part.data(value, time, status), first=True)

    async def _put(self, variable: Variable, data: ua.DataValue, first: bool = False) -> None:
        data = self._twisted(variable, data, first)
        if not first:
            self._remember(variable, data)
        await variable.put(data)

    def _twisted(self, variable: Variable, data: ua.DataValue, first: bool = False) -> ua.DataValue:
        for quirk in self.quirks.all:
            data = quirk.data(variable, data, first)
        return data

    def _remember(self, variable: Variable, data: ua.DataValue) -> None:
        """A PLC has its historian in itself: it goes on while nobody can reach it."""
        if self.spec.history_s:
            self.historian.keep(variable.number, data)

    def _show_history(self, server: Server) -> None:
        """Let clients read what the nodes held, in this life of the server or before."""
        self.historian.nodes.clear()
        if not self.spec.history_s or not isinstance(server.iserver, PlcInternalServer):
            return
        server.iserver.historian = self.historian
        for variable in {part.variable.number: part.variable for part in self.parts.values()}.values():
            self.historian.show(server.iserver.aspace, variable.node, variable.number)


@asynccontextmanager
async def opcua_server(
    spec: OpcUaServer,
    values: Mapping[str, OpcUaValue],
    newest: Mapping[str, Newest],
    port: int,
    quirks: Sequence[Quirk] = (),
    setpoints: Mapping[str, Take] | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[OpcUaShell]:
    """A server on loopback with the newest samples in its nodes. Raises OSError when the port is taken.

    clock: whose time it shows as its own; None: that of this machine.
    """
    logging.getLogger("asyncua").setLevel(logging.WARNING)
    for loud in ("asyncua.server.server", "asyncua.server.uaprocessor"):
        logging.getLogger(loud).setLevel(logging.CRITICAL)  # no security and refused calls: both meant so
    shell = OpcUaShell(spec, values, newest, port, quirks, setpoints, clock)
    await shell.start()
    try:
        yield shell
    finally:
        await shell.stop()


def forget(server: Server, node: ua.NodeId) -> None:
    """Take a node out of the address space, and what points to it."""
    space = server.iserver.aspace
    gone = space[node]
    for handle in tuple(gone.attributes[AttributeIds.Value].datachange_callbacks):
        space.delete_datachange_callback(handle)
    for reference in gone.references:
        neighbour = space.get(reference.NodeId)
        if neighbour is not None:
            neighbour.references = [r for r in neighbour.references if r.NodeId != node]
    del space[node]


def url(port: int) -> str:
    """The address of a server of ours."""
    return f"opc.tcp://127.0.0.1:{port}"
