"""MQTT 5: messages in, acknowledged when they are durable. paho is imported only when a connector is built."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from connectors.mqtt.settings import CONNECTION_KEYS, TAG_KEYS, problems
from connectors.mqtt.trial import trial
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Surroundings, TagAddress
from twin.core.ports import Connector


def _build(spec: ConnectionSpec, addresses: Sequence[TagAddress], surroundings: Surroundings) -> Connector:
    from connectors.mqtt.connector import MqttConnector  # noqa: PLC0415 - paho is 43 ms that `twin --help` need not pay

    return MqttConnector(spec, addresses, surroundings)


def _watch(spec: ConnectionSpec, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Sequence[tuple[str, bytes]]]]:
    from connectors.mqtt.watch import watch  # noqa: PLC0415 - as above

    return watch(spec, topic)


PLUGIN = ConnectorPlugin(
    protocol="mqtt",
    schemes=("mqtt", "mqtts"),
    connection_keys=CONNECTION_KEYS,
    tag_keys=TAG_KEYS,
    build=_build,
    check=problems,
    dry_run=trial,
    watch=_watch,
    keeps=True,
)
