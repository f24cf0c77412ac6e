"""The two PLCs of a served line, as any client finds them."""

import pytest
import pytest_asyncio
from asyncua import Client, ua

from simulators.plants import PACKAGING
from simulators.wire.serve import free_ports
from tests.unit.simulators.start import START
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.readers import NAMESPACE, ON_OPCUA, opcua_reader, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
END = START + 600 * 10**9


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served():
    """A line that has lived for ten minutes before it is served: (run, addresses, first port)."""
    run = PACKAGING.build(3, START)
    run.step(END)
    first = free_pair()
    async with run.serve(ClockWithEnd(END, END, speed=1), opcua_port=first) as addresses:
        yield run, addresses, first


def free_pair():
    """A free port whose neighbour is free too."""
    for first in range(42_000, 43_000, 2):
        try:
            return free_ports(first, 2)[0]
        except OSError:
            continue
    raise RuntimeError("no two free ports side by side")


async def test_they_stand_on_the_given_ports_on_loopback(served):
    _, addresses, first = served
    assert addresses == {"s7": f"opc.tcp://127.0.0.1:{first}", "bk": f"opc.tcp://127.0.0.1:{first + 1}"}


async def test_a_taken_port_is_named(served):
    _, _, first = served
    with pytest.raises(OSError, match=f"port {first} is taken on 127.0.0.1"):
        await PACKAGING.build(3, START).serve(ClockWithEnd(START, START, 1), opcua_port=first).__aenter__()


async def test_they_start_with_the_newest_values_of_what_the_line_has_lived_through(served):
    run, addresses, _ = served
    async with opcua_reader(addresses) as reader:
        await until(lambda: reader.seen.keys() == ON_OPCUA)
    assert reader.seen == {name: [run.newest[name][:2]] for name in ON_OPCUA}
    assert len({time for [(time, _)] in reader.seen.values()}) > 5  # each with the time of its own change


async def test_nobody_may_write(served):
    _, addresses, _ = served
    async with Client(addresses["bk"]) as client:
        index = await client.get_namespace_index(NAMESPACE["bk"])
        node = client.get_node(ua.NodeId("GVL.stCapper.eState", index))
        with pytest.raises(ua.UaStatusCodeError, match="BadUserAccessDenied"):
            await node.write_value(ua.Variant(6, ua.VariantType.Int32))


async def test_values_are_found_by_browsing_as_in_the_real_ones(served):
    _, addresses, _ = served
    async with Client(addresses["s7"]) as client:
        index = await client.get_namespace_index(NAMESPACE["s7"])
        path = [f"{index}:{name}" for name in ("PLC_1", "DataBlocksGlobal", "DB_Filler", "Stat", "eState")]
        node = await client.nodes.objects.get_child(path)
        assert node.nodeid.Identifier == '"DB_Filler"."Stat"."eState"'
