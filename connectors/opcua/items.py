"""Which monitored items the plant file's tags need, and how each is found on the server of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.address import BrowsePath, NodeText, Place, index_of, parse_pick, place_of
from connectors.opcua.decode.columns import Reading, Target
from connectors.opcua.decode.structure import Structures
from connectors.opcua.decode.value import Pick, tag_type_of
from connectors.opcua.group import Group
from connectors.opcua.link.cover import Grant
from connectors.opcua.link.services import Limits, namespaces_of, read, variant_types_of
from connectors.opcua.settings import Settings
from connectors.opcua.space.browse import nodes_at
from connectors.opcua.space.definitions import Definitions, content
from twin.core.errors import Misconfigured
from twin.core.plugin import TagAddress
from twin.core.tags import TagTable, TagType


@dataclass(slots=True)
class Item:
    """One node and the tags it feeds. Its handle, which the server echoes with every value, is its position.

    group: how it shall be followed; grant: how it is. home, number: the subscription that it lives in and its id there,
    0 for none. plain: the server refused its deadband or trigger, so it is asked for without.
    """

    place: Place
    group: Group
    tags: list[tuple[TagAddress, Pick]] = field(default_factory=list[tuple[TagAddress, Pick]])
    targets: list[Target] = field(default_factory=list[Target])
    node: ua.NodeId | None = None
    subscribed: bool = False
    home: int = 0
    number: int = 0
    grant: Grant | None = None
    plain: bool = False

    def leave(self) -> None:
        """Nothing follows it any more."""
        self.subscribed, self.home, self.number, self.grant = False, 0, 0, None

    @property
    def has_fields(self) -> bool:
        """Whether a tag picks a field of a structure."""
        return any(isinstance(step, str) for _, pick in self.tags for step in pick)


class Items:
    """All items of a connection, in a fixed order: handles stay the same over reconnects.

    Knows for each tag whether it works, and tells `problem` when that changes.
    """

    def __init__(
        self, settings: Settings, addresses: Sequence[TagAddress], tags: TagTable, problem: Callable[[str, str], None]
    ) -> None:
        self.settings = settings
        self.tags = tags
        self.all: list[Item] = []
        self._aimed = 0
        self._definitions = Definitions()
        self._problem = problem
        self._troubled: dict[str, str] = {}
        self._by_place: dict[tuple[Place, Group], Item] = {}
        self._addresses: list[TagAddress] = []
        self._targets: list[list[Target]] = []
        self._places: list[str] = []
        self.add(addresses)

    def add(self, addresses: Iterable[TagAddress]) -> None:
        """Further tags; the handles of what is there stay."""
        for address in addresses:
            self._addresses.append(address)
            self._place(address)

    def part(self, tags: Iterable[int], problem: Callable[[str, str], None]) -> Items:
        """The items of these tags, for an errand of their own."""
        names = {self.tags[tag].name for tag in tags}
        addresses = [address for address in self._addresses if address.tag in names]
        return Items(self.settings, addresses, self.tags, problem)

    def _place(self, address: TagAddress) -> None:
        by_place = self._by_place
        try:
            place = place_of(address, self.settings.namespace)
            pick = parse_pick(address.settings.get("pick") or "")
            group = self.settings.group_of(address.settings)
        except Misconfigured as error:
            self.say(address.tag, str(error))
            return
        key = place, group
        if key not in by_place:
            item = by_place[key] = Item(place, group)
            self.all.append(item)
            self._targets.append(item.targets)
            self._places.append(str(place))
        by_place[key].tags.append((address, pick))

    def reading(self) -> Reading:
        """How notifications are read: the targets fill up as nodes are found, and items come to them."""
        return Reading(self._targets, self._places, self.settings.time, lambda: self._aimed, self.structures)

    @property
    def structures(self) -> Structures:
        """What the server tells of its structures."""
        return self._definitions.structures

    def say(self, tag: str, text: str) -> None:
        """Tell that a tag does not work, or (empty text) that it does again; once for each change."""
        if self._troubled.get(tag, "") != text:
            self._troubled[tag] = text
            self._problem(tag, text)

    def say_all(self, item: Item, text: str) -> None:
        """The same for every tag of an item."""
        for address, _ in item.tags:
            self.say(address.tag, text)

    def writable(self, tag: str) -> Item:
        """The item that feeds a tag, for a write. Raises Misconfigured for a part of a node."""
        for item in self.all:
            for address, pick in item.tags:
                if address.tag == tag and pick:
                    raise Misconfigured(f"{tag!r} is a part of {item.place} (`pick`); only whole nodes are written")
                if address.tag == tag:
                    return item
        raise Misconfigured(f"{tag!r} has no node here: {self._troubled.get(tag, 'it is no tag of this connection')}")

    def works(self, item: Item) -> None:
        """Values come of it: what was told of its tags is over."""
        aimed = {target.tag for target in item.targets}
        for address, _ in item.tags:
            if self.tags.get(address.tag) in aimed:
                self.say(address.tag, "")

    def missing(self) -> list[int]:
        """Handles of the items that are not subscribed."""
        return [handle for handle, item in enumerate(self.all) if not item.subscribed]

    def forget_subscriptions(self) -> None:
        """Everything must be found and subscribed anew: node ids and namespaces belong to one life of a server."""
        self._definitions.clear()
        for item in self.all:
            item.leave()
            item.node, item.plain = None, False

    async def find(self, session: UaSession, limits: Limits, handles: Iterable[int]) -> list[int]:
        """Find nodes and types of items; those found are returned, the others are reported."""
        items = {handle: self.all[handle] for handle in handles}
        await self._find_nodes(session, limits, items)
        found = {handle: (item, item.node) for handle, item in items.items() if item.node is not None}
        kinds = await variant_types_of(session, [node for _, node in found.values()], limits)
        declared = await self._structures_of(session, limits, found, kinds)
        for (handle, (item, _)), kind in zip(found.items(), kinds, strict=True):
            self._aim(item, kind, declared.get(handle))
        return list(found)

    async def _structures_of(
        self,
        session: UaSession,
        limits: Limits,
        found: Mapping[int, tuple[Item, ua.NodeId]],
        kinds: Sequence[ua.VariantType | None],
    ) -> dict[int, ua.NodeId]:
        """The data types of the items whose values are structures, by handle; the definitions have learnt them."""
        asked = [
            handle
            for (handle, (item, _)), kind in zip(found.items(), kinds, strict=True)
            if kind is ua.VariantType.ExtensionObject or (kind is None and item.has_fields)
        ]
        answers = await read(session, [found[handle][1] for handle in asked], AttributeIds.DataType, limits)
        types = {h: t for h, a in zip(asked, answers, strict=True) if isinstance(t := content(a), ua.NodeId)}
        await self._definitions.learn(session, limits, types.values())
        return types

    async def _find_nodes(self, session: UaSession, limits: Limits, items: dict[int, Item]) -> None:
        namespaces = await namespaces_of(session)
        paths = [item.place for item in items.values() if isinstance(item.place, BrowsePath)]
        at = await nodes_at(session, limits, paths) if paths else {}
        for item in items.values():
            try:
                item.node = at[item.place] if isinstance(item.place, BrowsePath) else node_id(item.place, namespaces)
            except KeyError:
                item.node = None
                self.say_all(item, f"BadNoMatch: the server has no variable at {item.place}")
            except Misconfigured as error:
                item.node = None
                self.say_all(item, str(error))

    def _aim(self, item: Item, kind: ua.VariantType | None, structure: ua.NodeId | None) -> None:
        """Give the item its tags; one whose type differs from what the data folder holds is left out, and told."""
        targets: list[Target] = []
        for address, pick in item.tags:
            try:
                type = self._type_of(address, self._kind_at(address, pick, kind, structure))
            except Misconfigured as error:
                self.say(address.tag, str(error))
                continue
            try:
                targets.append(Target(self.tags.id_of(address.tag, type), type, pick))
            except Misconfigured as error:
                fix = f"; if it is new, write `type: {type}`" if type != address.type else ""
                self.say(address.tag, f"{error}{fix}")
        item.targets[:] = targets
        self._aimed += 1  # readings look their tables up anew

    def _kind_at(
        self, address: TagAddress, pick: Pick, kind: ua.VariantType | None, structure: ua.NodeId | None
    ) -> ua.VariantType | None:
        """The built-in type of the tag's part of a value. Raises Misconfigured for none in a structure."""
        if structure is None or (address.type == TagType.BYTES and not pick):
            return kind
        return self._definitions.end_of(structure, pick)

    def _type_of(self, address: TagAddress, kind: ua.VariantType | None) -> TagType:
        """As the plant file says, else as the node says, else as it was when last seen."""
        if address.type != TagType.NUMBER:
            return TagType(address.type)
        if kind is not None:
            return tag_type_of(kind)
        known = self.tags.get(address.tag)
        return TagType.NUMBER if known is None else self.tags[known].type


def node_id(place: NodeText, namespaces: Sequence[str]) -> ua.NodeId:
    """The node id in the numbering of today. Raises Misconfigured when the namespace is not there."""
    index = ua.Int16(index_of(place.namespace, namespaces))
    make: dict[str, Callable[[str], Any]] = {"i": int, "g": UUID, "b": bytes.fromhex, "s": str}
    return ua.NodeId(make[place.kind](place.identifier), index)
