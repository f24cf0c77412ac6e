"""How a counter tag counts."""

from __future__ import annotations

from twin.model.entry import Entry
from twin.model.keys import COUNTER_KEYS
from twin.model.kinds import settings
from twin.model.plant import Counter


def read_counter(entry: Entry) -> Counter:
    """The counter that `counter: {wraps: 65536}` describes. Problems are reported."""
    found = settings(entry.fields(COUNTER_KEYS), COUNTER_KEYS)
    for name in ("wraps", "limit"):
        if found[name] < 0:
            entry.problem(f"{name} {found[name]} is below 0")
    if found["pulse"] and found["wraps"]:
        entry.problem("a pulse has no running total that wraps; remove `wraps` or `pulse`")
    return Counter(**found)
