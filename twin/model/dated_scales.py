"""Scales that count over a span of time: a wrong factor is mended for the past by one line with a date."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from twin.core.instant import FAR_FUTURE
from twin.model.entry import Entry
from twin.model.keys import SCALE_KEYS
from twin.model.kinds import settings
from twin.model.plant import DatedScale
from twin.model.scale import scale
from twin.model.wall_clock import instant_on_wall


def read_scales(entry: Entry, zone: ZoneInfo, type_: str, unit: str, own: Mapping[str, Any]) -> tuple[DatedScale, ...]:
    """The dated scales of a tag in the order of time; problems are reported. own: factor, offset and bad of the tag."""
    if type_ != "number":
        entry.problem(f"a {type_} tag has no scale; only numbers have")
    read = [(item, _read(item, zone, unit, own)) for item in entry.items()]
    found = sorted(((item, one) for item, one in read if one), key=lambda pair: (pair[1].start, pair[1].end))
    for (before, first), (item, second) in pairwise(found):
        if second.start < first.end:
            item.problem(f"overlaps with {before.path} ({before.seen_from(item)}); one instant has one scale")
    return tuple(one for _, one in found)


def _read(item: Entry, zone: ZoneInfo, unit: str, own: Mapping[str, Any]) -> DatedScale | None:
    """One of them; None after reporting what is wrong with its times."""
    fields = item.fields(SCALE_KEYS)
    common = settings(fields, SCALE_KEYS, unit)
    scaled = scale(item, fields, common, unit)
    if item.is_mapping and not fields.keys() & {"raw", "range", "wire", "bad"}:
        item.problem("says nothing of the scale; write `raw` and `range`, `wire`, or `bad`")
    start = _instant(fields, "from", zone)
    end = _instant(fields, "to", zone) if "to" in fields else FAR_FUTURE
    if start is None or end is None:
        return None
    if start >= end:
        fields["to"].problem("is not after `from`")
        return None
    meant = {"factor": 1.0, "offset": 0.0, **own, **scaled}
    return DatedScale(
        start,
        end,
        meant["factor"],
        meant["offset"],
        own["bad"] if common["bad"] is None else common["bad"],
    )


def _instant(fields: Mapping[str, Entry], name: str, zone: ZoneInfo) -> int | None:
    if name not in fields:
        return None
    try:
        return instant_on_wall(fields[name].written(), zone)
    except ValueError as error:
        fields[name].problem(str(error))
        return None
