"""The standard's nodes, made one by one, are the ones that asyncua itself would have built all together."""

import pytest
from asyncua import ua
from asyncua.server.address_space import NodeData
from asyncua.server.internal_server import InternalServer

from simulators.wire.address_space import Nodes, SmallInternalServer, standard_nodes

STATES = ua.NodeId(ua.ObjectIds.ServerState_EnumStrings)
OBJECTS = ua.NodeId(ua.ObjectIds.ObjectsFolder)
OURS = ua.NodeId("ours", 2)


def attributes(node: NodeData):
    return {name: held.value for name, held in node.attributes.items()}


def references(node: NodeData):
    """Without their order, which the standard does not give."""
    return sorted(map(repr, (reference(it) for it in node.references)))


def reference(it: ua.ReferenceDescription):
    ends = [(id_.NamespaceIndex, id_.Identifier) for id_ in (it.ReferenceTypeId, it.NodeId, it.TypeDefinition)]
    return ends, it.IsForward, it.BrowseName, it.DisplayName, it.NodeClass


async def test_every_node_is_the_one_that_asyncua_builds():
    theirs = InternalServer()
    await theirs.load_standard_address_space()
    ours = SmallInternalServer()
    await ours.load_standard_address_space()
    assert len(theirs.aspace.keys()) > 6000
    assert set(ours.aspace.keys()) == set(theirs.aspace.keys())
    for id_ in theirs.aspace.keys():  # noqa: SIM118 - an AddressSpace is not iterable
        assert attributes(ours.aspace[id_]) == attributes(theirs.aspace[id_]), id_
        assert references(ours.aspace[id_]) == references(theirs.aspace[id_]), id_


def test_two_servers_have_no_changeable_thing_in_common():
    one, other = Nodes(standard_nodes())[STATES], Nodes(standard_nodes())[STATES]
    assert attributes(one) == attributes(other)
    one.references.clear()
    one.attributes[ua.AttributeIds.Value].value.Value.Value.append(ua.LocalizedText("mine"))
    one.attributes[ua.AttributeIds.DisplayName].value = None
    fresh = Nodes(standard_nodes())[STATES]
    assert attributes(fresh) == attributes(other)
    assert references(fresh) == references(other) != []


def test_a_node_is_made_once():
    nodes = Nodes(standard_nodes())
    assert nodes[OBJECTS] is nodes.get(OBJECTS)


def test_added_nodes_come_and_go_beside_those_of_the_standard():
    nodes = Nodes(standard_nodes())
    standard = len(nodes)
    nodes[OURS] = NodeData(OURS)
    nodes[OBJECTS].call = None
    assert OURS in nodes
    assert [len(nodes), len(list(nodes))] == [standard + 1, standard + 1]
    del nodes[OURS]
    assert OURS not in nodes
    assert nodes.get(OURS) is None
    assert len(nodes) == standard


@pytest.mark.parametrize("touched", [False, True])
def test_what_the_standard_demands_cannot_be_deleted(touched):
    nodes = Nodes(standard_nodes())
    if touched:
        assert nodes[OBJECTS]
    with pytest.raises(TypeError, match="part of the OPC UA standard"):
        del nodes[OBJECTS]
    assert OBJECTS in nodes
