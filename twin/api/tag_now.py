"""What a view and a model say of one tag. Of many at once: now_json."""

from __future__ import annotations

import math

from twin.api.readable import Named
from twin.core import status as codes
from twin.core.tags import NO_FACTS, Facts
from twin.runtime.live import LiveView


def facts_of(twin: Named, path: str) -> Facts:
    """What a tag's source says of its values; nothing where the plant file scales the number on the wire."""
    tag = twin.tags.get(path)
    facts = NO_FACTS if tag is None else twin.tags.facts(tag)
    if facts is NO_FACTS:
        return facts
    spec = twin.plant.tags.get(path)
    is_scaled = spec is not None and (spec.factor, spec.offset) != (1.0, 0.0)
    return NO_FACTS if is_scaled else facts


def unit_of(twin: Named, path: str) -> str:
    """The unit of a tag: the plant file's, else its source's."""
    spec = twin.plant.tags.get(path)
    return spec.unit if spec is not None and spec.unit else facts_of(twin, path).unit


def number_now(twin: Named, view: LiveView, path: str) -> float | None:
    """The value of a tag in this view; None where it has none, or none that is a finite number."""
    tag = twin.tags.get(path)
    if tag is None or tag >= len(view.tags.time) or not view.tags.time[tag]:
        return None
    value = float(view.tags.value[tag])
    return value if math.isfinite(value) else None


def quality(twin: Named, view: LiveView, path: str) -> str:
    """`good`, `uncertain`, `bad`, or `none` before the first sample."""
    tag = twin.tags.get(path)
    if tag is None or tag >= len(view.tags.time) or not view.tags.time[tag]:
        return "none"
    return codes.severity(int(view.tags.status[tag]))
