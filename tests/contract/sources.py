"""Our connectors' other sides, as the kit wants them: an asyncua server, real brokers, a CSV file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from asyncua import ua
from asyncua.server.internal_subscription import InternalSubscription

from connectors.files import PLUGIN as FILES
from connectors.mqtt import PLUGIN as MQTT
from connectors.opcua import CONNECTION_KEYS
from connectors.opcua import PLUGIN as OPCUA
from tests.wire.mqtt.brokers import free_port, iotcore, mosquitto
from tests.wire.mqtt.plant import publisher, stamped, tag
from tests.wire.opcua.plant import START, URI, Plc
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.ports import Connector
from twin.testing import Source


class OpcuaSource(Source):
    """A variable of an asyncua server."""

    def __init__(self, plc: Plc) -> None:
        self.plc = plc
        self.port = plc.port

    def connector(self, lent: Surroundings, port: int, *, bad_tag: bool = False, **more: str) -> Connector:
        settings = {key.name: key.default for key in CONNECTION_KEYS}
        settings |= {"ns": URI, "every": 50_000_000, "queue": 1000, **more}
        spec = ConnectionSpec("c1", "opcua", f"opc.tcp://127.0.0.1:{port}", settings, place="plant.yaml:3")
        nodes = {"n": "Line.n"} | ({"bad": "Line.nobody"} if bad_tag else {})
        addresses = [TagAddress(name, {"node": node}, place="plant.yaml:9") for name, node in nodes.items()]
        return OPCUA.build(spec, addresses, lent)

    async def say(self, first: int, last: int) -> None:
        for n in range(first, last + 1):
            await self.plc.write("n", float(n), at=START + timedelta(milliseconds=n))
            await asyncio.sleep(0.001)

    def held(self) -> set[int]:
        subscriptions = self.plc.server.iserver.subscription_service.subscriptions.values()
        results = [one for s in subscriptions for one in s._not_acknowledged_results.values()]
        notified = [n for one in results for n in one.NotificationMessage.NotificationData or []]
        return {int(item.Value.Value.Value) for one in notified for item in getattr(one, "MonitoredItems", [])}

    def misconfigured(self, lent: Surroundings) -> Connector:
        return self.connector(lent, self.port, security="Basic256Sha256")


def republished(subscription: InternalSubscription, number: int) -> ua.NotificationMessage:
    """What asyncua 2.1 forgets as it answers, so that an answer into a cut link is gone (the connector tells a gap).

    A server keeps it until it is acknowledged (OPC 10000-4, 5.14.1.2), and so does this one.
    """
    kept = subscription._not_acknowledged_results.get(number)
    return kept.NotificationMessage if kept else ua.NotificationMessage()


@asynccontextmanager
async def opcua() -> AsyncIterator[Source]:
    with patch.object(InternalSubscription, "republish", republished):
        async with Plc().running() as plc:
            yield OpcuaSource(plc)


class MqttSource(Source):
    """A topic of a broker."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connector(self, lent: Surroundings, port: int, *, bad_tag: bool = False, **more: str) -> Connector:
        scheme = "mqtts" if "ca" in more else "mqtt"
        spec = ConnectionSpec("gw", "mqtt", f"{scheme}://127.0.0.1:{port}", {"receive_maximum": 100, **more})
        addresses = [tag("n"), *([tag("bad", "line/bad")] if bad_tag else [])]
        return MQTT.build(spec, addresses, lent)

    async def say(self, first: int, last: int) -> None:
        def publish() -> None:
            with publisher(self.port) as send:
                send(b"{", topic="line/bad")
                send(*stamped(first, last + 1))

        await asyncio.to_thread(publish)

    def misconfigured(self, lent: Surroundings) -> Connector:
        return self.connector(lent, self.port, ca="nowhere.pem")


@asynccontextmanager
async def on_mosquitto(folder: Path) -> AsyncIterator[Source]:
    port = free_port()
    with mosquitto(folder, port):
        yield MqttSource(port)


@asynccontextmanager
async def on_iotcore(folder: Path) -> AsyncIterator[Source]:
    port = free_port()
    with iotcore(folder, port):
        yield MqttSource(port)


class CsvSource(Source):
    """A CSV file, which ends."""

    live = keeps = False
    tag = "line/n"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "samples.csv"

    def connector(self, lent: Surroundings, port: int, *, bad_tag: bool = False) -> Connector:
        if bad_tag:  # a file names its own tags: what may be bad is a row
            lines = self.path.read_text(encoding="utf-8").splitlines()
            self.path.write_text("\n".join([*lines[:9], "soon,7", *lines[9:]]))
        return FILES.build(ConnectionSpec("file", "file", str(self.path), {"prefix": "line"}), (), lent)

    async def say(self, first: int, last: int) -> None:
        rows = [f"2026-03-01T06:00:{n / 1000:06.3f}Z,{n}" for n in range(first, last + 1)]
        self.path.write_text("\n".join(["time,n", *rows]) + "\n", encoding="utf-8")

    def misconfigured(self, lent: Surroundings) -> Connector:
        return FILES.build(ConnectionSpec("file", "file", str(self.path.with_name("gone.csv")), {}), (), lent)
