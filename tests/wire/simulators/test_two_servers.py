"""Two servers in one process, as plain clients find them: what one says or is told, the other knows nothing of."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from asyncua import Client, ua
from asyncua.server.server import Server

from simulators.wire.address_space import SmallInternalServer
from simulators.wire.serve import free_ports
from tests.wire.simulators.readers import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
IDS = ua.ObjectIds
SPEED = ua.NodeId("speed", 2)


@asynccontextmanager
async def server(name, port):
    """A server with a variable below Objects, both known by the same ids in every server."""
    it = Server(iserver=SmallInternalServer())
    await it.init()
    await it.set_application_uri(f"urn:{name}")
    it.set_server_name(f"the {name}")
    it.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    it.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await it.register_namespace(f"urn:{name}:values")
    folder = await it.nodes.objects.add_folder(ua.NodeId(name, 2), ua.QualifiedName(name, 2))
    await folder.add_variable(SPEED, ua.QualifiedName("speed", 2), 1.0)
    async with it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair():
    """(server, client of it) of a filler and of a capper."""
    ports = free_ports(0, 2)
    async with (
        server("filler", ports[0]) as filler,
        server("capper", ports[1]) as capper,
        Client(f"opc.tcp://127.0.0.1:{ports[0]}") as of_filler,
        Client(f"opc.tcp://127.0.0.1:{ports[1]}") as of_capper,
    ):
        yield (filler, of_filler), (capper, of_capper)


class Told:
    """The values that a subscription brings."""

    def __init__(self):
        self.values = []

    def datachange_notification(self, node, value, data):
        self.values.append(value)


@asynccontextmanager
async def told(client, node):
    one = Told()
    subscription = await client.create_subscription(20, one)
    await subscription.subscribe_data_change(client.get_node(node))
    await until(lambda: one.values)
    yield one
    await subscription.delete()


async def names(node, type_=IDS.HierarchicalReferences):
    """Browse names below a node, as a generic client asks for them: one kind of reference with its subtypes."""
    found = await node.get_references(type_, ua.BrowseDirection.Forward, ua.NodeClass.Unspecified, True)
    return [it.BrowseName.Name for it in found]


@pytest.mark.parametrize(("place", "name"), [(0, "filler"), (1, "capper")])
async def test_each_says_who_it_is(pair, place, name):
    _, client = pair[place]
    core = "http://opcfoundation.org/UA/"
    assert await client.get_namespace_array() == [core, f"urn:{name}", f"urn:{name}:values"]
    assert await client.get_node(IDS.Server_ServerArray).read_value() == [f"urn:{name}"]
    [described] = {endpoint.Server.ApplicationName.Text for endpoint in await client.get_endpoints()}
    assert described == f"the {name}"


@pytest.mark.parametrize(("place", "name"), [(0, "filler"), (1, "capper")])
async def test_browsing_objects_finds_the_server_and_its_own_folder(pair, place, name):
    _, client = pair[place]
    found = await names(client.nodes.objects)
    assert "Server" in found
    assert {"filler", "capper"} & set(found) == {name}
    assert await names(client.nodes.root) == ["Objects", "Types", "Views"]
    assert await names(client.get_node(ua.NodeId(name, 2))) == ["speed"]


async def test_types_are_found_from_the_values(pair):
    _, client = pair[0]
    speed = client.get_node(SPEED)
    kind = client.get_node(await speed.read_type_definition())
    assert (await kind.read_browse_name()).Name == "BaseDataVariableType"
    assert (await client.get_node(await speed.read_data_type()).read_browse_name()).Name == "Double"
    assert await kind.get_parent() == client.get_node(IDS.BaseVariableType)


async def test_the_server_status_is_read_and_its_clock_goes_on(pair):
    for _, client in pair:
        status = await client.get_node(IDS.Server_ServerStatus).read_value()
        assert status.State == ua.ServerState.Running
        assert status.BuildInfo == await client.get_node(IDS.Server_ServerStatus_BuildInfo).read_value()
        async with told(client, IDS.Server_ServerStatus_CurrentTime) as clock:
            await until(lambda seen=clock.values: len(set(seen)) > 1)
        assert clock.values == sorted(clock.values)
        assert clock.values[0] >= status.StartTime


async def test_each_has_its_own_time_of_start(pair):
    nodes = [client.get_node(IDS.Server_ServerStatus_StartTime) for _, client in pair]
    first, second = await asyncio.gather(*(node.read_value() for node in nodes))
    assert first < second


@pytest.mark.parametrize("node", [SPEED, ua.NodeId(IDS.Server_ServiceLevel)], ids=["ours", "the standard's"])
async def test_a_write_in_one_reaches_its_own_subscribers_and_never_the_other(pair, node):
    (filler, of_filler), (capper, of_capper) = pair
    async with told(of_filler, node) as here, told(of_capper, node) as there:
        kind = await filler.get_node(node).read_data_type_as_variant_type()
        before = await capper.get_node(node).read_value()
        await filler.get_node(node).write_value(ua.Variant(200, kind))
        await until(lambda: here.values[-1] == 200)
        await capper.get_node(node).write_value(ua.Variant(100, kind))
        await until(lambda: there.values[-1] == 100)
    assert here.values == [before, 200]
    assert there.values == [before, 100]
    assert await of_filler.get_node(node).read_value() == 200


async def test_a_type_added_to_one_is_unknown_to_the_other(pair):
    (filler, of_filler), (_, of_capper) = pair
    objects = filler.get_node(IDS.BaseObjectType)
    await objects.add_object_type(ua.NodeId("MachineType", 2), ua.QualifiedName("MachineType", 2))
    below = [await names(client.get_node(IDS.BaseObjectType), IDS.HasSubtype) for client in (of_filler, of_capper)]
    assert ["MachineType" in found for found in below] == [True, False]
    assert below[0] == [*below[1], "MachineType"]
