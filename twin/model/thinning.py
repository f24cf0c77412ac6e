"""Which rows of a tag may go once they are old: lossy, so it is asked for tag by tag and never a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.core.instant import DAY
from twin.core.routing import HORIZON
from twin.model.entry import Entry
from twin.model.keys import THIN_KEYS
from twin.model.kinds import settings
from twin.model.plant import Thin


def read_thin(entry: Entry, type: str, unit: str, is_counter: bool) -> Thin | None:
    """What `thin: {after: 7d, exception: 0.05}` says; None, and problems reported, where it is wrong."""
    if not entry.is_mapping:
        return None  # told where the tag's keys are read
    fields = entry.fields(THIN_KEYS)
    asked = settings(fields, THIN_KEYS, unit)
    mistakes = [*_mistakes(asked, type, is_counter)]
    for fact in mistakes:
        entry.problem(fact)
    if mistakes or asked["after"] is None:
        return None
    return Thin(**asked)


def _mistakes(asked: Mapping[str, Any], type: str, is_counter: bool) -> Iterator[str]:
    if type != "number":
        yield f"nothing lies between two values of type {type}; only numbers can be thinned"
    if is_counter:
        yield "every step of a counter is pieces; remove `thin`"
    if asked["after"] is not None and asked["after"] < HORIZON:
        yield f"after must be at least {HORIZON // DAY}d: what is younger may be folded again"
    for name in ("exception", "deviation"):
        if asked[name] < 0:
            yield f"{name} {asked[name]:g} is below 0"
