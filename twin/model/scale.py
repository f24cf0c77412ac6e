"""From the wire's number to the value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from twin.model.entry import Entry


def scale(entry: Entry, fields: Collection[str], common: Mapping[str, Any]) -> dict[str, float]:
    """Factor and offset from `raw` and `range`: value = wire * factor + offset."""
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
