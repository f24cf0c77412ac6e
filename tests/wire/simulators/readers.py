"""Plain clients, as anybody would write them: what they receive is compared with what the line has lived through."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from asyncua import Client, ua
from paho.mqtt.client import Client as MqttClient
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.plants import PACKAGING
from simulators.wiring import OpcUaValue

WIRING = PACKAGING.described(1).wiring
ON_OPCUA = {name for name, place in WIRING.values.items() if isinstance(place, OpcUaValue)}
NAMESPACE = {server.name: server.namespace for server in WIRING.servers}


async def until(condition, seconds=30.0):
    """Wait for a condition; fails loudly when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the drivers have no event for this
            await asyncio.sleep(0.02)


class OpcUaReader:
    """name -> [(source time in ns, value)] of every notification, in the order they came."""

    def __init__(self):
        self.seen = {}
        self._names = {}

    def datachange_notification(self, node, value, data):
        stamp = data.monitored_item.Value.SourceTimestamp
        ns = (stamp.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
        self.seen.setdefault(self._names[node.nodeid], []).append((ns, float(value)))

    async def watch(self, client, server):
        index = await client.get_namespace_index(NAMESPACE[server])
        places = {n: v for n, v in WIRING.values.items() if isinstance(v, OpcUaValue) and v.server == server}
        nodes = [client.get_node(ua.NodeId(place.node, index)) for place in places.values()]
        self._names |= dict(zip((node.nodeid for node in nodes), places, strict=True))
        subscription = await client.create_subscription(100, self)
        await subscription.subscribe_data_change(nodes, queuesize=10_000)


@asynccontextmanager
async def opcua_reader(addresses):
    reader = OpcUaReader()
    async with Client(addresses["s7"]) as a, Client(addresses["bk"]) as b:
        await reader.watch(a, "s7")
        await reader.watch(b, "bk")
        yield reader


@asynccontextmanager
async def mqtt_reader(port, topic="cell/#"):
    """[(topic, payload)] of every message, in the order they came."""
    seen, subscribed = [], asyncio.Event()
    loop = asyncio.get_running_loop()
    client = MqttClient(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = lambda _c, _u, message: seen.append((message.topic, message.payload))
    client.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
    client.on_connect = lambda *_: client.subscribe(topic, qos=1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        await asyncio.wait_for(subscribed.wait(), 10)
        yield seen
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
