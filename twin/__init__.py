"""Linetwin: a digital twin of a production line. What is named here is public; nothing else is.

Names are imported when they are first used, so that `import twin` and `twin --help` stay quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.core.batch import Batch, batch
    from twin.core.errors import LinetwinError, Misconfigured, Undecodable, Unreachable
    from twin.core.event import Event
    from twin.core.inbox import Inbox
    from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Key, Surroundings, TagAddress
    from twin.core.ports import (
        Backfillable,
        Browsable,
        Clock,
        Connector,
        Node,
        Outlet,
        Probe,
        Probed,
        Recovered,
        Refusal,
        Reporter,
        Sender,
        Writable,
        Written,
    )
    from twin.core.tags import Tag, TagTable, TagType

_HOME = {
    "batch": ("Batch", "batch"),
    "errors": ("LinetwinError", "Misconfigured", "Undecodable", "Unreachable"),
    "event": ("Event",),
    "inbox": ("Inbox",),
    "plugin": ("ConnectionSpec", "ConnectorPlugin", "Key", "Surroundings", "TagAddress"),
    "ports": (
        "Backfillable",
        "Browsable",
        "Clock",
        "Connector",
        "Node",
        "Outlet",
        "Probe",
        "Probed",
        "Recovered",
        "Refusal",
        "Reporter",
        "Sender",
        "Writable",
        "Written",
    ),
    "tags": ("Tag", "TagTable", "TagType"),
}

__all__ = [
    "Backfillable",
    "Batch",
    "Browsable",
    "Clock",
    "ConnectionSpec",
    "Connector",
    "ConnectorPlugin",
    "Event",
    "Inbox",
    "Key",
    "LinetwinError",
    "Misconfigured",
    "Node",
    "Outlet",
    "Probe",
    "Probed",
    "Recovered",
    "Refusal",
    "Reporter",
    "Sender",
    "Surroundings",
    "Tag",
    "TagAddress",
    "TagTable",
    "TagType",
    "Undecodable",
    "Unreachable",
    "Writable",
    "Written",
    "batch",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(f"twin.core.{module}"), name)
    raise AttributeError(f"module 'twin' has no attribute {name!r}")
