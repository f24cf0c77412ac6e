"""What acts on a line from around its machines, as a description says it: a key each, one mapping or a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.description.document import Node
from simulators.description.reader import Reader
from simulators.gauge import GaugeSpec
from simulators.hall import Behaviour
from simulators.inflow import InflowSpec
from simulators.inspection import InspectionSpec

AROUND: Mapping[str, Any] = {
    "inflow": tuple[InflowSpec, ...],
    "gauges": tuple[GaugeSpec, ...],
    "inspection": tuple[InspectionSpec, ...],
}
"""Key -> what it holds, in the order in which they enter the line."""


def read_around(reader: Reader, root: Node) -> tuple[Behaviour, ...]:
    """All of them that a line has."""
    entries = reader.entries(root, "")
    return tuple(one for key, type_ in AROUND.items() if key in entries for one in _read(reader, root, key, type_))


def _read(reader: Reader, root: Node, key: str, type_: Any) -> tuple[Behaviour, ...]:
    found: tuple[Behaviour, ...] = reader.read(reader.entries(root, "")[key].value, type_, key)
    return found
