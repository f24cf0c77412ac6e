"""What the OPC UA standard puts into every server (namespace 0), each node made when somebody first asks for it.

asyncua builds all 6174 standard nodes of a server when it starts: 38 MB for each server, and 12 MB for the generated
modules that list them. A client of a PLC looks at a few hundred. So this file reads the list once for the whole
process, one generated module after the other and none of them kept. A server makes a node of its own from the list when
it is read, browsed, written or subscribed to, and keeps it; nothing that a server can change is shared with another.

The two servers of the packaging line, started: 89 MB and 4.0 s of processor time without this file, 11 to 16 MB and
0.4 s with it, nearly all of it the list; one more server costs next to nothing. A client that browses everything makes
its server as large as asyncua's own, 34 MB (asyncua 2.1, Python 3.11, Linux).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from asyncua import ua
from asyncua.server import internal_server
from asyncua.server.address_space import AddressSpace, NodeData, NodeManagementService
from asyncua.server.internal_server import InternalServer
from asyncua.ua.object_ids import ObjectIds

GENERATED = Path(internal_server.__file__).parent / "standard_address_space"
"""asyncua's modules with the standard's nodes; importing the package would load and keep them all."""

HAS_TYPE = ua.NodeId(ua.Int32(ObjectIds.HasTypeDefinition))
NULL = ua.NodeId()

Link = tuple[ua.NodeId, bool, ua.NodeId]
"""A reference as its source sees it: type, forward, target."""


class SmallInternalServer(InternalServer):
    """asyncua's server without its 38 MB of standard nodes. Give it to `Server(iserver=...)`."""

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        """Put the standard's nodes in place. There is no need for a shelf: starting is quick without one."""
        listed = await asyncio.to_thread(standard_nodes)
        # asyncua has no other place to hang them in: its services already hold this very address space
        self.aspace._nodes = Nodes(listed)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


class Nodes(MutableMapping[ua.NodeId, NodeData]):
    """All nodes of one server: the standard's, made when first asked for, and those that were added."""

    def __init__(self, listed: StandardNodes) -> None:
        self._listed = listed
        self._made: dict[ua.NodeId, NodeData] = {}

    def __getitem__(self, node: ua.NodeId) -> NodeData:
        made = self._made.get(node)
        if made is None:
            made = self._made[node] = self._listed.make(node)
        return made

    def __setitem__(self, node: ua.NodeId, data: NodeData) -> None:
        self._made[node] = data

    def __delitem__(self, node: ua.NodeId) -> None:
        if node in self._listed.items:
            raise TypeError(f"{node} is part of the OPC UA standard and cannot be deleted")
        del self._made[node]

    def __contains__(self, node: object) -> bool:
        return node in self._made or node in self._listed.items

    def __iter__(self) -> Iterator[ua.NodeId]:
        yield from self._listed.items
        yield from self._made.keys() - self._listed.items.keys()

    def __len__(self) -> int:
        return len(self._listed.items.keys() | self._made.keys())


class StandardNodes:
    """The list of the standard's nodes and references. Takes them in as the generated modules give them."""

    def __init__(self) -> None:
        self.items: dict[ua.NodeId, ua.AddNodesItem] = {}
        self._links: dict[ua.NodeId, list[Link]] = {}
        self._ids: dict[ua.NodeId, ua.NodeId] = {}

    def add_nodes(self, items: Sequence[ua.AddNodesItem]) -> None:
        """Note nodes, with the references that come with them: parent, child and type."""
        for item in items:
            node, parent, type_ = item.RequestedNewNodeId, item.ParentNodeId, item.TypeDefinition
            if not parent.is_null():
                self._link(parent, item.ReferenceTypeId, True, node)
                self._link(node, item.ReferenceTypeId, False, parent)
            if not type_.is_null():
                self._link(node, HAS_TYPE, True, type_)
            item.RequestedNewNodeId, item.TypeDefinition = self._one(node), self._one(type_)
            item.ParentNodeId = item.ReferenceTypeId = NULL  # the links have them
            self.items[item.RequestedNewNodeId] = item

    def add_references(self, references: Sequence[ua.AddReferencesItem]) -> None:
        """Note references."""
        for it in references:
            self._link(it.SourceNodeId, it.ReferenceTypeId, it.IsForward, it.TargetNodeId)

    def make(self, node: ua.NodeId) -> NodeData:
        """A new node that shares nothing changeable with any other. Raises KeyError when the standard has none such."""
        attributes = deepcopy(self.items[node].NodeAttributes)  # asyncua changes arrays in place
        alone = replace(self.items[node], NodeAttributes=attributes, TypeDefinition=NULL)
        space = AddressSpace()
        list(NodeManagementService(space).try_add_nodes([alone], check=False))  # it adds while it is read
        made = space[node]
        made.references = [self._description(*link) for link in self._links.get(node, ())]
        return made

    def _link(self, source: ua.NodeId, type_: ua.NodeId, forward: bool, target: ua.NodeId) -> None:
        """Note a reference once; the standard lists most of them from both ends."""
        links = self._links.setdefault(self._one(source), [])
        link = self._one(type_), forward, self._one(target)
        if link not in links:
            links.append(link)

    def _one(self, node: ua.NodeId) -> ua.NodeId:
        """The same object for equal ids: they are most of the list."""
        return self._ids.setdefault(node, node)

    def _description(self, type_: ua.NodeId, forward: bool, target: ua.NodeId) -> ua.ReferenceDescription:
        item = self.items[target]
        return ua.ReferenceDescription(
            ReferenceTypeId=type_,
            IsForward=forward,
            NodeId=target,
            BrowseName=item.BrowseName,
            DisplayName=item.NodeAttributes.DisplayName,
            NodeClass=item.NodeClass,
            TypeDefinition=item.TypeDefinition,
        )


@cache
def standard_nodes() -> StandardNodes:
    """The list, read when the first server of the process starts and kept."""
    nodes = StandardNodes()
    for path in generated_modules():
        filling(path)(nodes)
    return nodes


def generated_modules() -> list[Path]:
    """The modules in the order of their numbers. Raises RuntimeError when this asyncua has none."""
    found = [(int(match[1]), path) for path in GENERATED.glob("*.py") if (match := re.search(r"_(\d+)$", path.stem))]
    if not found:
        raise RuntimeError(f"this release of asyncua lists the standard's nodes elsewhere than in {GENERATED}")
    return [path for _, path in sorted(found)]


def filling(path: Path) -> Callable[[StandardNodes], None]:
    """The function of a generated module, loaded beside sys.modules, so that it goes when it has been called."""
    module = ModuleType(path.stem)
    SourceFileLoader(path.stem, str(path)).exec_module(module)
    [function] = [value for name, value in vars(module).items() if name.startswith("create_standard_address_space")]
    return function
