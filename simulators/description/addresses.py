"""A plant file with the addresses of a run in it: every other character stays as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulators.description.document import Entry, Node, read_text

LENGTHS = ("wait", "every")


def with_addresses(text: str, file: str, addresses: Mapping[str, Any]) -> str:
    """A plant file whose connections lead to what `serve` opened.

    addresses: URL by the name of its connection; `mqtt` is that of every connection on MQTT that has no own. wait,
    every: lengths of time as text for all connections that have one. Raises Mistake where the file is no YAML.
    """
    connections = _entries(_entries(read_text(text, file)).get("connections"))
    changes: list[tuple[int, int, str]] = []
    for name, connection in connections.items():
        for key, entry in _entries(connection).items():
            wanted = addresses.get(key) if key in LENGTHS else _url(name, key, addresses)
            if wanted is not None:
                changes.append((entry.value.begin, entry.value.end, _quoted(str(wanted), key)))
    for begin, end, new in sorted(changes, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _url(connection: str, key: str, addresses: Mapping[str, Any]) -> Any:
    if key not in {"opcua", "mqtt"}:
        return None
    return addresses.get(connection, addresses.get("mqtt") if key == "mqtt" else None)


def _quoted(text: str, key: str) -> str:
    return text if key in LENGTHS else json.dumps(text, ensure_ascii=False)


def _entries(entry: Entry | Node | None) -> Mapping[str, Entry]:
    node = entry.value if isinstance(entry, Entry) else entry
    return node.value if isinstance(node, Node) and isinstance(node.value, dict) else {}
