"""Where each value of a line is found on its wires: plain descriptions, no driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Gives the instant now, ns since 1970 UTC."""

    def now(self) -> int:
        """The instant now."""
        ...


@dataclass(frozen=True, slots=True)
class OpcUaServer:
    """One PLC. namespace: URI of its data. folders: path below Objects under which its data stand. history_s: how long
    its values can be read afterwards, 0 for a PLC without a historian.
    """

    name: str
    product: str
    namespace: str
    folders: tuple[str, ...]
    history_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OpcUaValue:
    """server: its name. node: string identifier. browse: names from the folders down. type: OPC UA built-in type.

    texts: where it shows texts, those: a value is a place among them.
    """

    server: str
    node: str
    browse: tuple[str, ...]
    type: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MqttValue:
    """topic: where its messages go. key: its key in the flat JSON object. quality: key of its OPC quality, if any.

    texts: as on OPC UA.
    """

    topic: str
    key: str
    quality: str = ""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wiring:
    """servers by the key of their address, in the order of their ports; values: name of a value -> its place."""

    servers: tuple[OpcUaServer, ...]
    values: Mapping[str, OpcUaValue | MqttValue]
