"""The MQTT machines of a line: one publisher, MQTT 5, QoS 1, flat JSON objects with the instant in ms."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from secrets import token_hex

from paho.mqtt.client import MQTT_ERR_QUEUE_SIZE, Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.wire.opcua import Sample
from simulators.wiring import MqttValue

NS_PER_MS = 1_000_000
QUEUE = 100_000
"""Messages kept while the broker is away; beyond that the newest are dropped, counted and named in one warning."""
FLUSH_S = 1.0
"""How long the end waits for the broker to have everything."""

logger = logging.getLogger(__name__)


class Publisher:
    """Carries messages in order; while the broker is away they wait, and the client connects again by itself."""

    def __init__(self, client: Client, values: Mapping[str, MqttValue]) -> None:
        self._client = client
        self._values = values
        self._waiting = 0
        self._all_there = threading.Condition()
        self.dropped = 0
        client.on_publish = self._arrived

    def publish(self, samples: Sequence[Sample]) -> None:
        """One message for each topic and instant, with the values that have a sample there."""
        for topic, message in messages(samples, self._values):
            with self._all_there:
                self._waiting += 1
            if self._client.publish(topic, message, qos=1).rc == MQTT_ERR_QUEUE_SIZE:
                self._drop()

    def flush(self) -> bool:
        """Wait until the broker has everything, at most FLUSH_S. Called outside the event loop."""
        with self._all_there:
            return self._all_there.wait_for(lambda: self._waiting == 0, FLUSH_S)

    def _arrived(self, *_: object) -> None:
        with self._all_there:
            self._waiting -= 1
            if self._waiting == 0:
                self._all_there.notify_all()

    def _drop(self) -> None:
        if self.dropped == 0:
            logger.warning("the MQTT broker is away and %d messages wait for it: newer ones are dropped", QUEUE)
        self.dropped += 1
        self._arrived()


@asynccontextmanager
async def mqtt_publisher(broker: str, values: Mapping[str, MqttValue]) -> AsyncGenerator[Publisher]:
    """A publisher connected to HOST:PORT. Raises OSError when no broker answers there at the start."""
    host, port = host_and_port(broker)
    name = f"simulator-{token_hex(4)}"  # without a name of its own a broker may refuse to let it come back
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    client.max_queued_messages_set(QUEUE)
    client.reconnect_delay_set(1, 5)
    try:
        await asyncio.to_thread(client.connect, host, port, 15)
    except OSError as error:
        raise OSError(
            f"no MQTT broker at {broker} ({error.strerror or error}); start one, or do without MQTT"
        ) from error
    publisher = Publisher(client, values)
    client.loop_start()
    try:
        yield publisher
    finally:
        await asyncio.to_thread(close, client, publisher)


def close(client: Client, publisher: Publisher) -> None:
    """Give the broker what it has not got, then go."""
    publisher.flush()
    client.disconnect()
    client.loop_stop()


def messages(samples: Sequence[Sample], values: Mapping[str, MqttValue]) -> list[tuple[str, bytes]]:
    """(topic, JSON) in the order of time: one for each topic and instant."""
    out: list[tuple[str, bytes]] = []
    for time, together in groupby(samples, key=lambda sample: sample[1]):
        by_topic: dict[str, dict[str, float]] = {}
        for name, _, value in together:
            place = values[name]
            by_topic.setdefault(place.topic, {"ts": time // NS_PER_MS})[place.key] = plain(value)
        out += [(topic, json.dumps(body).encode()) for topic, body in by_topic.items()]
    return out


def plain(value: float) -> float:
    """Whole numbers without a decimal point, as a PLC's gateway writes them."""
    return int(value) if value.is_integer() else value


def host_and_port(broker: str) -> tuple[str, int]:
    """The parts of HOST:PORT; ValueError when it is not that."""
    host, colon, port = broker.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise ValueError(f"{broker!r} is not HOST:PORT, like 127.0.0.1:1883")
    return host.strip("[]"), int(port)
