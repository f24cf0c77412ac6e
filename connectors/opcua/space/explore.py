"""A person looks round on a server: level by level, and what chosen nodes hold now. Nothing is subscribed."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.address import parse_node
from connectors.opcua.decode.value import cell_of, ns_of
from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.items import node_id
from connectors.opcua.link.services import Limits, namespaces_of, read
from connectors.opcua.space.browse import OBJECTS, Found, address_text, browse, children_of, described
from twin.core.errors import Undecodable
from twin.core.ports import Node, Seen
from twin.core.status import BAD
from twin.core.tags import TagType

Result = TypeVar("Result")
ROOT = "/Objects"


class SpaceExplorer:
    """Satisfies Explorer over one session."""

    def __init__(
        self, session: UaSession, limits: Limits, translated: Callable[[BaseException], BaseException]
    ) -> None:
        self._session = session
        self._limits = limits
        self._translated = translated

    async def children(self, address: str, path: str) -> Sequence[Node]:
        """Folders, objects and variables below a node, properties left out."""
        return await self._safe(self._children(address, path or ROOT))

    async def find(self, match: str, limit: int) -> Sequence[Node]:
        """Variables whose path matches a glob."""
        return await self._safe(browse(self._session, self._limits, match, limit))

    async def look(self, addresses: Sequence[str]) -> Sequence[Seen]:
        """What these nodes hold now."""
        return await self._safe(self._look(addresses))

    async def _safe(self, work: Awaitable[Result]) -> Result:
        try:
            return await work
        except DRIVER_ERRORS as error:
            raise self._translated(error) from error

    async def _children(self, address: str, path: str) -> Sequence[Node]:
        namespaces = await namespaces_of(self._session)
        node = node_id(parse_node(address, "", "", whole=True), namespaces) if address else OBJECTS
        [below] = await children_of(self._session, self._limits, [Found(path, node, "", 0, False, False)])
        own = {child.path: child for child in below if not child.is_attribute}
        variables = [child for child in own.values() if child.is_variable]
        shown = {n.path: n for n in await described(self._session, self._limits, variables, {})}
        return [
            shown.get(child.path) or Node(child.path, address_text(child.node, namespaces), children=True)
            for child in own.values()
        ]

    async def _look(self, addresses: Sequence[str]) -> Sequence[Seen]:
        namespaces = await namespaces_of(self._session)
        nodes = [node_id(parse_node(one, "", "", whole=True), namespaces) for one in addresses]
        values = await read(self._session, nodes, AttributeIds.Value, self._limits)
        return [seen(address, value) for address, value in zip(addresses, values, strict=True)]


def seen(address: str, value: ua.DataValue) -> Seen:
    """A value as people see it, and as a number where it is one."""
    status = 0 if value.StatusCode is None else value.StatusCode.value
    stamp = next((t for t in (value.SourceTimestamp, value.ServerTimestamp) if isinstance(t, datetime)), None)
    held = None if value.Value is None else value.Value.Value
    number = math.nan
    if held is not None and not status & BAD:
        with suppress(Undecodable):  # a text, or an array: people see it, no rule reads it
            number, _ = cell_of(held, (), TagType.NUMBER)
    text = "" if held is None else f"{held:.10g}" if isinstance(held, float) else str(held)
    return Seen(address, ns_of(stamp) if stamp is not None else 0, number, text[:200], status)
