"""What acts on the machines of a line from outside, as a description says it: people, shifts, orders, the hall.

```yaml
timezone: Europe/Prague
people: {operator: {people: 3, shortest: 5s, longest: 1m, breaks: "10:00-10:15"}, mechanic: {people: 1}}
shifts: {times: "Mon-Fri 06:00-22:00", breaks: "Mon-Fri 12:00-12:20"}
products: {cola: {code: 17, cycle: {filler: 500ms}}, water: {code: 18}}
orders: {book: [{product: cola, amount: 4000}, {product: water, amount: 2500}], first: 1001}
ambient: {mean: 22, swing: 3, weather: 0.8, tag: hall_temp}
inflow: {machine: well, day: 0.35}
```
Every key may be left out; the time zone is that of all that names none. Inflow, gauges and inspection: one or a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from simulators.around.ambient import AmbientSpec
from simulators.around.gauge import GaugeSpec
from simulators.around.inflow import InflowSpec
from simulators.around.inspection import InspectionSpec
from simulators.description.document import Node
from simulators.description.reader import Reader
from simulators.hall import Behaviour
from simulators.orders.book import BookSpec, ProductSpec
from simulators.people.attendance import People
from simulators.people.crew import CrewSpec
from simulators.people.hours import zone_of
from simulators.people.shifts import ShiftSpec

AROUND: Mapping[str, Any] = {
    "people": Mapping[str, CrewSpec],
    "shifts": ShiftSpec,
    "ambient": AmbientSpec,
    "orders": BookSpec,
    "inflow": tuple[InflowSpec, ...],
    "gauges": tuple[GaugeSpec, ...],
    "inspection": tuple[InspectionSpec, ...],
}
"""Key -> what it holds, in the order in which they enter the line."""

KEYS = ("timezone", "products", *AROUND)
"""Keys of a line that are read here."""

HINTS: Mapping[str, str] = {
    "timezone": "IANA zone of all that names none",
    "products": "name -> product",
    "people": "trade -> crew",
    "shifts": "one",
    "ambient": "one",
    "orders": "one",
}
"""What a key holds that is not one of its kind, or many."""

HIDDEN = frozenset({(BookSpec, "products")})
"""Products are of the line."""


def spec_of(wanted: Any) -> type:
    """The spec that a key of AROUND holds, once, or many by name or in a list."""
    return next((part for part in reversed(get_args(wanted)) if part is not Ellipsis), wanted)


def read_around(reader: Reader, root: Node) -> tuple[Behaviour, ...]:
    """All of them that a line has. Raises Mistake."""
    entries = reader.entries(root, "")
    zone = _zone(entries["timezone"].value) if "timezone" in entries else "UTC"
    return tuple(
        replace(cast("Any", one), zone=zone) if getattr(one, "zone", "") == "UTC" else one
        for key, type_ in AROUND.items()
        if key in entries
        for one in _read(reader, root, key, type_)
    )


def _read(reader: Reader, root: Node, key: str, type_: Any) -> tuple[Behaviour, ...]:
    node = reader.entries(root, "")[key].value
    if type_ is BookSpec:
        return (reader.fields(node, BookSpec, key, products=_products(reader, root)),)
    found: Any = reader.read(node, type_, key)
    if key == "people":
        return (People(found),)
    return cast("tuple[Behaviour, ...]", found if isinstance(found, tuple) else (found,))


def _products(reader: Reader, root: Node) -> tuple[ProductSpec, ...]:
    entries = reader.entries(root, "")
    if "products" not in entries:
        return ()
    return cast("tuple[ProductSpec, ...]", reader.read(entries["products"].value, tuple[ProductSpec, ...], "products"))


def _zone(node: Node) -> str:
    try:
        zone_of(node.text)
    except ValueError as error:
        raise node.wrong(f"timezone: {error}") from error
    return node.text


def check_people(reader: Reader, root: Node, machines: Mapping[str, set[str]], around: tuple[Behaviour, ...]) -> None:
    """Raise Mistake where a phase is done by a trade that has no crew. machines: name -> trades that it needs."""
    crews = {trade for one in around if isinstance(one, People) for trade in one.crews}
    for machine, needed in machines.items():
        for trade in sorted(needed - crews):
            known = ", ".join(sorted(crews)) or "none"
            raise reader.wrong(root, f"machines.{machine}", f"needs {trade!r}; there are `people` of: {known}")
