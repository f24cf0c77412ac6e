"""From the wire's number to the value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from twin.model.entry import Entry
from twin.model.measure.written import between


def scale(entry: Entry, fields: Mapping[str, Entry], common: Mapping[str, Any], unit: str) -> dict[str, float]:
    """Factor and offset from `raw` and `range`, or from `wire`: value = wire * factor + offset. unit: of the value."""
    if common["wire"]:
        return _wired(fields["wire"], fields, common["wire"], unit)
    raw, scaled = common["raw"], common["range"]
    if raw is None and scaled is None:
        return {}
    if raw is None or scaled is None:
        if "raw" in fields and "range" in fields:
            return {}  # one of them was wrong and is reported
        entry.problem("has only one of `raw` and `range`; write both: raw: [0, 27648], range: [0, 150]")
        return {}
    if len(raw) != 2 or len(scaled) != 2 or raw[0] == raw[1]:
        entry.problem("`raw` and `range` must be two numbers each, those of `raw` not equal")
        return {}
    if "counter" in fields:
        entry.problem("a counter counts pieces; remove `raw` and `range`")
    factor = (scaled[1] - scaled[0]) / (raw[1] - raw[0])
    return {"factor": factor, "offset": scaled[0] - raw[0] * factor}


def _wired(entry: Entry, fields: Collection[str], wire: str, unit: str) -> dict[str, float]:
    """What another unit on the wire makes of the numbers; nothing after reporting why it makes nothing."""
    for name in ("counter", "raw", "range"):
        if name in fields:
            why = "counts pieces" if name == "counter" else "says what the numbers are in the unit of the tag"
            entry.problem(f"stands beside `{name}`, which {why}; remove one of them")
            return {}
    if not unit:
        entry.problem(f"says what is on the wire, and the tag says not what is wanted; write `unit` (such as {wire})")
        return {}
    try:
        found = between(wire, unit)
    except ValueError as error:
        entry.problem(str(error))
        return {}
    return {} if found.is_nothing else {"factor": float(found.factor), "offset": float(found.offset)}
