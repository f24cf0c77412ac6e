"""Products of a plant file: the code that shows them, and how quickly a machine can make them."""

from __future__ import annotations

from collections.abc import Collection

from twin.model.entry import Entry
from twin.model.keys import PRODUCT_KEYS
from twin.model.kinds import settings
from twin.model.plant import Product
from twin.model.quantity import ns_per_piece
from twin.model.report import suggestion


def read_products(entry: Entry, machines: Collection[str]) -> dict[str, Product]:
    """All products by their names. machines: names of machines and types that may have an ideal rate."""
    found: dict[str, Product] = {}
    owners: dict[int, str] = {}
    for name, child in entry.children().items():
        fields = child.fields(PRODUCT_KEYS)
        code: int | None = settings(fields, PRODUCT_KEYS[:1])["code"]
        ideal = _read_ideal(fields["ideal"], machines) if "ideal" in fields else {}
        found[name] = Product(name, code, ideal)
        if code is not None and owners.setdefault(code, name) != name:
            fields["code"].problem(f"code {code} is product '{owners[code]}' already")
    return found


def _read_ideal(entry: Entry, machines: Collection[str]) -> dict[str, int]:
    """Machine or type -> ns per piece."""
    rates: dict[str, int] = {}
    for name, child in entry.children().items():
        if name not in machines:
            child.problem(f"no machine or type '{name}'{suggestion(name, machines)}")
        try:
            rates[name] = ns_per_piece(child.written())
        except ValueError as error:
            child.problem(str(error))
    return rates
