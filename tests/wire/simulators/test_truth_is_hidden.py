"""What really happened is on no wire: everything that a server and a broker have is what the wiring says."""

import json

from asyncua import Client, ua

from simulators.plants import PACKAGING
from simulators.wiring import MqttValue
from tests.unit.simulators.start import SECOND, START
from tests.wire.mqtt.brokers import free_port, iotcore
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.readers import mqtt_reader, until


async def variables(client, node):
    """Identifiers of all variables below a node that are not the server's own."""
    found = set()
    for child in await node.get_children():
        if child.nodeid.NamespaceIndex == 0:
            continue
        if await child.read_node_class() == ua.NodeClass.Variable:
            found.add(child.nodeid.Identifier)
        found |= await variables(client, child)
    return found


async def test_browsing_everything_and_subscribing_to_everything_finds_no_truth(tmp_path):
    port = free_port()
    clock = ClockWithEnd(START, START + 60 * SECOND, speed=60)
    values = PACKAGING.described(3).wiring.values
    run = PACKAGING.build(3, START, [("filler.bearing:20m", START + SECOND), ("packer.jam", START + 2 * SECOND)])
    found, by_topic = set(), {}
    with iotcore(tmp_path, port):
        async with mqtt_reader(port, "#") as seen, run.serve(clock, mqtt=f"127.0.0.1:{port}") as addresses:
            clock.go()
            for name, url in addresses.items():
                if name != "mqtt":
                    async with Client(url) as client:
                        found |= await variables(client, client.nodes.objects)
            await until(lambda: run.until >= clock.end)
    for topic, payload in seen:
        by_topic.setdefault(topic, set()).update(json.loads(payload))
    assert found == {value.node for value in values.values() if not isinstance(value, MqttValue)}
    expected = {}
    for value in values.values():
        if isinstance(value, MqttValue):
            expected.setdefault(value.topic, {"ts"}).add(value.key)
    assert by_topic == expected
    assert any(record["kind"] == "health" for record in run.truth())
