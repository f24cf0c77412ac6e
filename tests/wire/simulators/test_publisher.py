"""A publisher and a broker that is slow to say CONNACK: what is new waits for what is sent again."""

import asyncio
import json

import pytest

from simulators.wire import mqtt
from simulators.wire.mqtt import mqtt_publisher
from simulators.wiring import MqttValue
from tests.wire.simulators.standin import standin

MS = 10**6
VALUES = {"p/n": MqttValue("p/count", "n")}


def count(n):
    return [("p/n", n * MS, float(n), 0)]


def numbers(bodies):
    return [json.loads(body)["n"] for body in bodies]


@pytest.mark.parametrize("lost", [0, 1, 30])
async def test_what_is_published_before_the_connack_does_not_overtake(lost):
    """The broker has no message that it did not acknowledge; beyond twenty the publisher keeps them to itself."""
    everything = range(5 + lost + 30)
    news = iter(everything)
    async with standin() as broker, mqtt_publisher(f"127.0.0.1:{broker.port}", VALUES) as publisher:

        def publish(many):
            for _ in range(many):
                publisher.publish(count(next(news)))

        first = await broker.connection()
        first.welcome()
        publish(5)
        seen = [await first.message() for _ in range(5)]
        first.acknowledge(5)
        publish(lost)
        for _ in range(min(lost, 20)):
            await first.message()
        await first.cut()

        second = await broker.connection()
        publish(30)
        second.welcome()
        while len(seen) < len(everything):
            seen.append(await second.message())
            second.acknowledge(1)
        assert await asyncio.to_thread(publisher.flush)
    assert numbers(seen) == list(everything)


async def test_what_does_not_fit_is_the_newest_and_is_counted(monkeypatch, caplog):
    monkeypatch.setattr(mqtt, "QUEUE", 10)
    async with standin() as broker, mqtt_publisher(f"127.0.0.1:{broker.port}", VALUES) as publisher:
        connection = await broker.connection()
        for n in range(15):
            publisher.publish(count(n))
        assert publisher.dropped == 5
        assert caplog.messages == ["the MQTT broker is away and 10 messages wait for it: newer ones are dropped"]
        connection.welcome()
        assert numbers([await connection.message() for _ in range(10)]) == list(range(10))
        connection.acknowledge(10)
        assert await asyncio.to_thread(publisher.flush)
