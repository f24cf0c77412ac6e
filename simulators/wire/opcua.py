"""One OPC UA server for each PLC of a line. Source timestamps are the line's instants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.server import Server

from simulators.samples import GOOD, Newest
from simulators.wire.address_space import SmallInternalServer
from simulators.wiring import OpcUaServer, OpcUaValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BETWEEN_PAUSES = 200
"""Values written before the event loop gets a turn; a group of equal instants is never cut."""

Sample = tuple[str, int, float, int]
"""name, time (ns), value, status code."""


class OpcUaShell:
    """The values of one PLC. Every write is one notification for each client whose queue is long enough."""

    def __init__(self, server: Server, nodes: Mapping[str, tuple[ua.NodeId, ua.VariantType]]) -> None:
        self._server = server
        self._nodes = nodes

    async def write(self, samples: Sequence[Sample]) -> None:
        """Write samples in their order. Samples of one instant are written together: no client sees half of it."""
        written, instant = 0, None
        for name, time, value, status in samples:
            if time != instant and written >= BETWEEN_PAUSES:
                await asyncio.sleep(0)
                written = 0
            instant = time
            written += 1
            node, type_ = self._nodes[name]
            await self._server.write_attribute_value(node, data_value(value, type_, time, status))


@asynccontextmanager
async def opcua_server(
    spec: OpcUaServer, values: Mapping[str, OpcUaValue], newest: Mapping[str, Newest], port: int
) -> AsyncGenerator[OpcUaShell]:
    """A server on loopback with the newest samples in its nodes. Raises OSError when the port is taken."""
    logging.getLogger("asyncua").setLevel(logging.WARNING)
    logging.getLogger("asyncua.server.server").setLevel(logging.ERROR)  # it warns that there is no security: meant so
    server = Server(iserver=SmallInternalServer())
    await server.init()
    server.allow_remote_admin(allow=False)  # a simulated machine has no inputs: nobody writes
    server.set_server_name(spec.product)
    server.set_endpoint(url(port))
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(spec.namespace)
    nodes = await add_nodes(server, index, spec, values, newest)
    await server.start()
    try:
        yield OpcUaShell(server, nodes)
    finally:
        await server.stop()


async def add_nodes(
    server: Server,
    index: int,
    spec: OpcUaServer,
    values: Mapping[str, OpcUaValue],
    newest: Mapping[str, Newest],
) -> dict[str, tuple[ua.NodeId, ua.VariantType]]:
    """All values as variables below their folders; name -> what a write needs."""
    folders: dict[tuple[str, ...], Node] = {(): server.nodes.objects}
    nodes: dict[str, tuple[ua.NodeId, ua.VariantType]] = {}
    for name, value in values.items():
        *above, own = (*spec.folders, *value.browse)
        parent = await folder(folders, tuple(above), index)
        node, type_ = node_id(value.node, index), ua.VariantType[value.type]
        time, first, status = newest[name]
        await parent.add_variable(node, ua.QualifiedName(own, index), variant(first, type_))
        await server.write_attribute_value(node, data_value(first, type_, time, status))
        nodes[name] = node, type_
    return nodes


async def folder(folders: dict[tuple[str, ...], Node], path: tuple[str, ...], index: int) -> Node:
    """The folder of a path below Objects, made with those above it where it is not there yet."""
    if path not in folders:
        parent = await folder(folders, path[:-1], index)
        identifier = node_id("/".join(path), index)
        folders[path] = await parent.add_folder(identifier, ua.QualifiedName(path[-1], index))
    return folders[path]


def data_value(value: float, type_: ua.VariantType, time: int, status: int = GOOD) -> ua.DataValue:
    """A value with its status and the line's instant as source timestamp, exact to the ms."""
    moment = EPOCH + timedelta(microseconds=time // 1000)
    stamp = cast(ua.DateTime, moment)  # asyncua writes a plain datetime; only its annotation asks for its own type
    code = ua.StatusCode(ua.UInt32(status))
    return ua.DataValue(variant(value, type_), code, SourceTimestamp=stamp, ServerTimestamp=stamp)


def node_id(identifier: str, index: int) -> ua.NodeId:
    """A string identifier in a namespace of the server."""
    return ua.NodeId(ua.String(identifier), ua.Int16(index))


def variant(value: float, type_: ua.VariantType) -> ua.Variant:
    """A number in the PLC's own type."""
    if type_ is ua.VariantType.Boolean:
        return ua.Variant(bool(value), type_)
    if type_ in {ua.VariantType.Float, ua.VariantType.Double}:
        return ua.Variant(value, type_)
    return ua.Variant(int(value), type_)


def url(port: int) -> str:
    """The address of a server of ours."""
    return f"opc.tcp://127.0.0.1:{port}"
