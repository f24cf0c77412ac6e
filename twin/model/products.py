"""Products of a plant file: the code that shows them, and how quickly a machine can make them."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from twin.core.instant import FAR_PAST
from twin.model.entry import Entry
from twin.model.keys import IDEAL_KEYS, PRODUCT_KEYS
from twin.model.kinds import settings
from twin.model.plant import Product
from twin.model.quantity import ns_per_piece
from twin.model.report import suggestion
from twin.model.wall_clock import instant_on_wall


def read_products(entry: Entry, machines: Collection[str], zone: ZoneInfo) -> dict[str, Product]:
    """All products by their names. machines: names of machines and types that may have an ideal rate."""
    found: dict[str, Product] = {}
    owners: dict[int, str] = {}
    for name, child in entry.children().items():
        fields = child.fields(PRODUCT_KEYS)
        code: int | None = settings(fields, PRODUCT_KEYS[:1])["code"]
        ideal, dated = _read_ideal(fields["ideal"], machines, zone) if "ideal" in fields else ({}, {})
        found[name] = Product(name, code, ideal, dated)
        if code is not None and owners.setdefault(code, name) != name:
            fields["code"].problem(f"code {code} is product '{owners[code]}' already")
    return found


def _read_ideal(
    entry: Entry, machines: Collection[str], zone: ZoneInfo
) -> tuple[dict[str, int], dict[str, tuple[tuple[int, int], ...]]]:
    """Machine or type -> ns per piece, and those that count from a date on."""
    rates: dict[str, int] = {}
    dated: dict[str, tuple[tuple[int, int], ...]] = {}
    for name, child in entry.children().items():
        if name not in machines:
            child.problem(f"no machine or type '{name}'{suggestion(name, machines)}")
        since: dict[int, int] = {}
        for item in child.items() if child.is_list else [child]:
            _read_rate(item, zone, since)
        if FAR_PAST in since:
            rates[name] = since.pop(FAR_PAST)
        if since:
            dated[name] = tuple(sorted(since.items()))
    return rates, dated


def _read_rate(item: Entry, zone: ZoneInfo, since: dict[int, int]) -> None:
    """Add `120/min`, which always counted, or {rate: 120/min, from: 2026-11-20}. Problems are reported."""
    fields = item.fields(IDEAL_KEYS) if item.is_mapping else {"rate": item}
    if item.is_mapping and fields.keys() != {"rate", "from"}:
        return
    try:
        start = instant_on_wall(fields["from"].written(), zone) if "from" in fields else FAR_PAST
        if start in since:
            raise ValueError("a second rate for the same time; give one of them another `from`")
        since[start] = ns_per_piece(fields["rate"].written())
    except ValueError as error:
        item.problem(str(error))
