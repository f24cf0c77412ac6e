"""What a server says of its variables beside their values: unit and range, read in bulk."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.items import Item, Items
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.services import Limits, read
from connectors.opcua.space.browse import Found, children_of
from connectors.opcua.space.unit import is_same, unit_name
from twin.core.ports import Reporter
from twin.core.tags import Facts

AGAIN_S = 600.0
"""How soon units and ranges are read again: a PLC that was re-programmed may have others."""
FEW = 5
"""Tags that a notice names."""


class Describer:
    """Keeps the tag table's facts as the server tells them, and tells where the plant file has another unit."""

    def __init__(self, session: RawSession, limits: Limits, items: Items, reporter: Reporter) -> None:
        self._session = session
        self._limits = limits
        self._items = items
        self._reporter = reporter

    async def run(self, ready: asyncio.Event) -> None:
        """Describe for ever, once all is subscribed. A server that cannot tell is asked again later."""
        await ready.wait()
        while True:
            with suppress(*DRIVER_ERRORS):  # that the link is lost is seen by who needs it
                await self.describe()
            await asyncio.sleep(AGAIN_S)

    async def describe(self) -> None:
        """Read what the server says of every variable that feeds a tag as it is."""
        items = [item for item in self._items.all if item.node is not None]
        facts = await facts_of(self._session, self._limits, [item.node or ua.NodeId() for item in items])
        for item, one in zip(items, facts, strict=True):
            for target in item.targets:
                self._items.tags.describe(target.tag, one)
        self._tell(zip(items, facts, strict=True))

    def _tell(self, found: Iterable[tuple[Item, Facts]]) -> None:
        differ = [
            f"{address.tag} ({address.unit} there, {one.unit} here)"
            for item, one in found
            for address, _ in item.tags
            if address.unit and one.unit and not is_same(address.unit, one.unit)
        ]
        more = f" and {len(differ) - FEW} more" if len(differ) > FEW else ""
        text = f"plant file and server have different units; the plant file's counts: {', '.join(differ[:FEW])}{more}"
        self._reporter.notice("units", text if differ else "")


async def facts_of(session: RawSession, limits: Limits, nodes: Sequence[ua.NodeId]) -> list[Facts]:
    """EngineeringUnits and EURange of each variable, empty where it has none (OPC 10000-8, 5.3.2)."""
    parents = [Found(str(i), node, "", 0, True, False) for i, node in enumerate(nodes)]
    places: list[tuple[int, str, ua.NodeId]] = []
    for number, children in enumerate(await children_of(session, limits, parents)):
        for child in children:
            if child.is_attribute and child.name in {"EngineeringUnits", "EURange"}:
                places.append((number, child.name, child.node))
    answers = await read(session, [node for *_, node in places], AttributeIds.Value, limits)
    units = [""] * len(nodes)
    ranges: list[tuple[float, float] | None] = [None] * len(nodes)
    for (number, _, _), answer in zip(places, answers, strict=True):
        held = answer.Value.Value if answer.Value is not None else None
        if isinstance(held, ua.EUInformation):
            units[number] = unit_name(int(held.UnitId), held.DisplayName.Text or "")
        elif isinstance(held, ua.Range) and math.isfinite(held.Low) and math.isfinite(held.High):
            ranges[number] = (float(held.Low), float(held.High))
    return [Facts(unit, range) for unit, range in zip(units, ranges, strict=True)]
