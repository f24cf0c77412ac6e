"""Where a line's values are on its wires, as a description says it: servers, and a place for each value of a machine.

```yaml
servers:
  s7: {product: S7-1500, namespace: "http://www.siemens.com/simatic-s7-opcua", folders: [PLC_1], ids: quoted}
machines:
  filler:
    wire: {server: s7, at: DB_Filler, values: {st: [Stat.eState, Int16], total: [Stat.dwTotal, UInt32]}}
  packer:
    wire: {topic: cell/packer, values: {st: [state, eState], total: [state, nTotal]}}
```

`at` and the place of a value are one path of names with dots between; their identifier is that path, plain or, in the
manner of Siemens, with each name in quotes. On MQTT a value has its topic below `topic` and its key in the JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from simulators.description.document import Node
from simulators.description.mistake import nearest
from simulators.description.reader import Reader
from simulators.wiring import MqttValue, OpcUaServer, OpcUaValue, Wiring

Ids = Literal["plain", "quoted"]
TYPES = ("Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double")


@dataclass(frozen=True, slots=True)
class ServerText:
    """One PLC on OPC UA. product: name of the server. namespace: URI of its data. folders: path below Objects under
    which they stand. ids: `plain` identifiers, `GVL.stCapper.eState`, or `quoted` ones, `"DB_Filler"."Stat"."eState"`.
    history: how long its values can be read afterwards (HistoryRead), 0 for none.
    """

    name: str
    product: str
    namespace: str
    folders: tuple[str, ...] = ()
    ids: Ids = "plain"
    history_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OnServer:
    """A machine on OPC UA. server: its name. at: path of names above all its values.

    values: value -> [path of names, type].
    """

    server: str
    values: Mapping[str, tuple[str, str]]
    at: str = ""


@dataclass(frozen=True, slots=True)
class OnBroker:
    """A machine on MQTT. topic: above the topics of all its values. values: value -> [topic, key in its object].

    quality: key of the OPC quality of an object, the worst of its values: 192 good, 64, 0 bad; without it none is sent.
    """

    topic: str
    values: Mapping[str, tuple[str, str]]
    quality: str = ""


def read_servers(reader: Reader, root: Node) -> tuple[ServerText, ...]:
    """The servers of a line, none where it has no such key."""
    entries = reader.entries(root, "")
    if "servers" not in entries:
        return ()
    return cast("tuple[ServerText, ...]", reader.read(entries["servers"].value, tuple[ServerText, ...], "servers"))


def read_wiring(
    reader: Reader, root: Node, path: str, shown: Mapping[str, Collection[str]], own: Collection[str] = ()
) -> Wiring:
    """The wiring of a line. path: of the line. shown: machine -> names of its values, each of which needs a place.

    own: names of values of the line itself; their `wire` stands beside `machines`.

    Raises Mistake for a value without a place, a place without a value, and two values in one place.
    """
    servers = {server.name: server for server in read_servers(reader, root)}
    machines = reader.entries(reader.entries(root, "")["machines"].value, "machines")
    places: dict[str, OpcUaValue | MqttValue] = {}
    taken: dict[Any, str] = {}
    wires = [(root, "", f"line {path}", own)] if own else []
    wires += [(machines[one].value, f"machines.{one}", one, names) for one, names in shown.items()]
    for node, at, owner, names in wires:
        for value, spot, place in _places(reader, node, at, owner, servers, names):
            name = f"{owner}/{value}" if at else value
            where = (place.server, place.node) if isinstance(place, OpcUaValue) else place
            if where in taken:
                raise spot.wrong(f"{_below(at)}: {value} has the place of {taken[where]}; choose another")
            taken[where] = name
            places[f"{path}/{name}"] = place
    known = tuple(OpcUaServer(s.name, s.product, s.namespace, s.folders, s.history_s) for s in servers.values())
    return Wiring(known, places)


def _below(at: str) -> str:
    return f"{at}.wire" if at else "wire"


def _places(
    reader: Reader, node: Node, above: str, owner: str, servers: Mapping[str, ServerText], names: Collection[str]
) -> Iterator[tuple[str, Node, OpcUaValue | MqttValue]]:
    """(value, its node, its place) of one machine, or of the line itself."""
    at = _below(above)
    entries = reader.entries(node, above)
    if "wire" not in entries:
        raise node.wrong(f"{above or owner}: has no `wire`; say where its values are: {', '.join(names)}")
    wire_node = entries["wire"].value
    wire: OnServer | OnBroker = reader.read(wire_node, OnServer | OnBroker, at)
    values = reader.entries(reader.entries(wire_node, at)["values"].value, f"{at}.values")
    for name, entry in values.items():
        if name not in names:
            raise entry.value.wrong(f"{at}: {owner} has no value {name!r}{nearest(name, names)}")
    for name in names:
        if name not in values:
            raise wire_node.wrong(f"{at}: no place for {name}; add it to values")
        spot = values[name].value
        if isinstance(wire, OnServer):
            yield name, spot, _on_server(reader, wire, name, spot, servers, at, wire_node)
        else:
            yield name, spot, _on_broker(wire, name, spot, at)


def _on_server(
    reader: Reader, wire: OnServer, name: str, spot: Node, servers: Mapping[str, ServerText], at: str, node: Node
) -> OpcUaValue:
    if wire.server not in servers:
        raise reader.wrong(node, f"{at}.server", f"no server {wire.server!r}{nearest(wire.server, servers)}")
    server = servers[wire.server]
    path, type_ = wire.values[name]
    if type_ not in TYPES:
        raise spot.wrong(f"{at}.values.{name}: no type {type_!r}{nearest(type_, TYPES)}")
    parts = tuple(part for part in (*wire.at.split("."), *path.split(".")) if part)
    if not parts:
        raise spot.wrong(f"{at}.values.{name}: has no path; write [Stat.eState, Int16]")
    identifier = ".".join(f'"{part}"' if server.ids == "quoted" else part for part in parts)
    return OpcUaValue(server.name, identifier, parts, type_)


def _on_broker(wire: OnBroker, name: str, spot: Node, at: str) -> MqttValue:
    below, key = wire.values[name]
    topic = f"{wire.topic}/{below}".strip("/")
    if re.search(r"[+#\x00]|//", topic) or not topic:
        raise spot.wrong(f"{at}.values.{name}: {topic!r} is no topic; leave out + and #, and empty parts")
    if not key or key in {"ts", wire.quality}:
        raise spot.wrong(f"{at}.values.{name}: {key!r} cannot be its key; `ts` is the time of the message")
    return MqttValue(topic, key, wire.quality)
