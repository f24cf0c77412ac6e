"""The keys of an MQTT connection and of its tags, and the checked form in which the rest of this folder reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.mqtt.rule import Rule, compile_rule
from twin.core.errors import Misconfigured
from twin.core.instant import DAY, SECOND
from twin.core.plugin import ConnectionSpec, Key, TagAddress
from twin.core.tags import TagTable, TagType

CONNECTION_KEYS = (
    Key("user", "text", "name for the broker"),
    Key("password", "secret", "password for the broker"),
    Key("client_id", "text", "name of our session at the broker; unique there; default: made from the data folder"),
    Key(
        "keepalive",
        "duration",
        "silence before we ask the broker; after 1.5 times as long it is gone",
        15 * SECOND,
    ),
    Key("session_expiry", "duration", "how long the broker keeps messages for us while we are away", DAY),
    Key("receive_maximum", "int", "messages that may wait for our acknowledgement: the back-pressure window", 1000),
    Key("ca", "text", "file of certificates that may sign the broker's (mqtts); default: the system's"),
    Key("cert", "text", "file of our own certificate (mqtts)"),
    Key("key", "text", "file of the key of our own certificate (mqtts)"),
)

TAG_KEYS = (
    Key("topic", "text", "topic, + and # as in MQTT", required=True, locates=True),
    Key("value", "text", "where the value stands: $.a.b, $['a b'][0]; default: the whole payload", locates=True),
    Key("each", "text", "array whose elements carry value and timestamp: $.points[*]", locates=True),
    Key("where", "map", "what an element must hold to be this tag's: {$.n: temp}", locates=True),
    Key("timestamp", "any", "its time: $.ts or {path: $.ts, unit: s, ms, us, ns, iso or auto}; default: arrival"),
    Key("quality", "any", "quality of the value: $.q or {path: $.q, good: [192]}; default: Good"),
    Key("qos", "int", "0 or 1; only 1 survives a lost connection", 1),
)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom we connect. keepalive, session_expiry: whole seconds. Files: paths or empty."""

    host: str
    port: int
    tls: bool
    client_id: str
    user: str = ""
    password: str = ""
    keepalive: int = 15
    session_expiry: int = 86_400
    receive_maximum: int = 1000
    ca: str = ""
    cert: str = ""
    key: str = ""

    @property
    def url(self) -> str:
        """How errors name it; never with credentials."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def broker_of(spec: ConnectionSpec, folder: Path) -> Broker:
    """The broker of a connection. Raises Misconfigured."""
    host, port, tls = _address(spec)
    given = spec.settings
    broker = Broker(
        host,
        port,
        tls,
        client_id=f"{given.get('client_id') or _instance(spec.id, folder)}-telemetry",
        user=given.get("user") or "",
        password=given.get("password") or "",
        keepalive=max(1, given.get("keepalive", 15 * SECOND) // SECOND),
        session_expiry=min(given.get("session_expiry", DAY) // SECOND, 0xFFFFFFFF),
        receive_maximum=given.get("receive_maximum", 1000),
        ca=given.get("ca") or "",
        cert=given.get("cert") or "",
        key=given.get("key") or "",
    )
    _check(spec, broker)
    return broker


def rules_of(spec: ConnectionSpec, addresses: Sequence[TagAddress], tags: TagTable) -> list[Rule]:
    """One rule for each tag. Raises Misconfigured for the first that is wrong."""
    return [_rule(spec, address, tags) for address in addresses]


def problems(spec: ConnectionSpec, addresses: Sequence[TagAddress]) -> list[tuple[str, str]]:
    """Everything that is wrong in the settings, as (place, message): what `twin check` shows."""
    found: list[tuple[str, str]] = []
    try:
        broker_of(spec, Path())
    except Misconfigured as error:
        found.append((spec.place, str(error)))
    for address in addresses:
        try:
            compile_rule(address, 0)
            _check_qos(address.settings)
        except ValueError as error:
            found.append((address.place, f"{address.tag}: {error}"))
    return found


def _rule(spec: ConnectionSpec, address: TagAddress, tags: TagTable) -> Rule:
    try:
        return compile_rule(address, tags.id_of(address.tag, TagType(address.type)))
    except ValueError as error:
        raise Misconfigured(f"connection {spec.id}: {address.place or address.tag}: {error}") from None


def _address(spec: ConnectionSpec) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(spec.url)
        port = parts.port
    except ValueError as error:
        raise Misconfigured(f"connection {spec.id}: {error}; write mqtt://HOST:PORT") from None
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or parts.path.strip("/"):
        raise Misconfigured(f"connection {spec.id}: {spec.url!r} is not an address; write mqtt://HOST:PORT or mqtts://")
    if parts.username or parts.password:
        raise Misconfigured(f"connection {spec.id}: no credentials in the address; use the keys user and password")
    tls = parts.scheme == "mqtts"
    return parts.hostname, port or (8883 if tls else 1883), tls


def _check(spec: ConnectionSpec, broker: Broker) -> None:
    if spec.time == "server":
        raise Misconfigured(f"connection {spec.id}: MQTT brokers give no time; use time: source or time: arrival")
    if not 1 <= broker.receive_maximum <= 65_535:
        raise Misconfigured(f"connection {spec.id}: receive_maximum is {broker.receive_maximum}; it is 1 to 65535")
    if (broker.ca or broker.cert or broker.key) and not broker.tls:
        raise Misconfigured(f"connection {spec.id}: ca, cert and key need an address that starts with mqtts://")
    if broker.key and not broker.cert:
        raise Misconfigured(f"connection {spec.id}: key without cert; name both files")
    if broker.password and not broker.user:
        raise Misconfigured(f"connection {spec.id}: password without user")


def _check_qos(settings: Mapping[str, Any]) -> None:
    if settings.get("qos", 1) not in {0, 1}:
        raise ValueError(f"qos {settings['qos']} is not 0 or 1")


def _instance(id: str, folder: Path) -> str:
    """Stable for one data folder: the broker knows us again after a restart."""
    return f"linetwin-{id}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
