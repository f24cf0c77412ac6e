"""The last value of a tag as JSON: of one view, for lists, states and the live channel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from twin.api.readable import Named, Owned
from twin.api.shapes import LimitShape, TagNowShape, TagShape
from twin.core import status as codes
from twin.core.instant import SECOND, to_text
from twin.core.tags import NO_FACTS, Facts
from twin.model.plant import Limit
from twin.model.rule_text import text_of
from twin.runtime.live import LiveView

NEVER = TagNowShape(
    value=None, text=None, unit="", status=codes.name(codes.BAD_WAITING_FOR_INITIAL_DATA), quality="none", time=None,
    age_s=None, stale=False, connection="",
)  # fmt: skip

NO_ORIGINS: Mapping[str, str] = {}


def facts_of(twin: Named, path: str) -> Facts:
    """What a tag's source says of its values; nothing where the plant file scales the number on the wire."""
    spec, tag = twin.plant.tags.get(path), twin.tags.get(path)
    is_scaled = spec is not None and (spec.factor, spec.offset) != (1.0, 0.0)
    return NO_FACTS if tag is None or is_scaled else twin.tags.facts(tag)


def unit_of(twin: Named, path: str) -> str:
    """The unit of a tag: the plant file's, else its source's."""
    spec = twin.plant.tags.get(path)
    return spec.unit if spec is not None and spec.unit else facts_of(twin, path).unit


def tag_now(twin: Owned, view: LiveView, path: str, origin: str | None = None) -> TagNowShape:
    """Value, unit, status, time of a tag in this view. twin: or the model that counted then. origin: how it came."""
    unit, tag, spec = unit_of(twin, path), twin.tags.get(path), twin.plant.tags.get(path)
    connection = twin.owners.get(path, "") if spec is None else spec.connection
    columns = view.tags
    if tag is None or tag >= len(columns.time) or not columns.time[tag]:
        return NEVER.model_copy(update={"unit": unit, "connection": connection})
    value, text = float(columns.value[tag]), columns.text[tag]
    if math.isinf(value):
        text = "Infinity" if value > 0 else "-Infinity"
    return TagNowShape(
        value=value if math.isfinite(value) else None,
        text=text,
        unit=unit,
        status=codes.name(int(columns.status[tag])),
        quality=codes.severity(int(columns.status[tag])),
        time=to_text(int(columns.time[tag])),
        age_s=max(0, view.as_of - int(columns.time[tag])) / SECOND,
        stale=bool(columns.stale[tag]),
        connection=connection,
        origin=origin,
    )


def quality(twin: Named, view: LiveView, path: str) -> str:
    """`good`, `uncertain`, `bad`, or `none` before the first sample."""
    tag = twin.tags.get(path)
    if tag is None or tag >= len(view.tags.time) or not view.tags.time[tag]:
        return "none"
    return codes.severity(int(view.tags.status[tag]))


def tag_shapes(
    twin: Owned, view: LiveView, paths: Sequence[str], came: Mapping[str, str] = NO_ORIGINS
) -> list[TagShape]:
    """Tags with everything the model says of them. came: how their values came, as far as that is told."""
    return [_tag_shape(twin, view, path, came.get(path)) for path in paths]


def _tag_shape(twin: Owned, view: LiveView, path: str, origin: str | None) -> TagShape:
    now, spec, tag = tag_now(twin, view, path), twin.plant.tags.get(path), twin.tags.get(path)
    came = now.time is not None and tag is not None
    usual = int(view.tags.usual[tag]) if came else 0
    return TagShape(
        tag=path,
        type=spec.type if spec is not None else "number" if tag is None else twin.tags[tag].type,
        unit=now.unit,
        range=facts_of(twin, path).range,
        display="" if spec is None else spec.display,
        connection=now.connection,
        time=now.time,
        value=now.value,
        text=now.text,
        status=now.status,
        quality=now.quality,
        stale=now.stale,
        age_s=now.age_s,
        origin=origin,
        usual_s=usual / SECOND if usual else None,
        limits=[] if spec is None else list(_limits(spec.alarms)),
        compute=None if spec is None or spec.compute is None else text_of(spec.compute),
    )


def _limits(alarms: Sequence[Limit]) -> Iterator[LimitShape]:
    for alarm in alarms:
        if alarm.kind in {"high", "low"}:
            yield LimitShape(kind=alarm.kind, limit=alarm.limit, priority=alarm.priority)
