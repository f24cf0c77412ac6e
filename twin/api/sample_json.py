"""Samples and aggregates of tags as the JSON of SamplesAnswer; quick, for a day at 1 Hz has 86,400 rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from twin.api.json_columns import Spelled, integers, json_object, numbers, texts, times
from twin.api.series import Series
from twin.api.shapes import GapShape
from twin.api.tag_now import unit_of
from twin.core.aggregate import Aggregates
from twin.core.instant import FAR_FUTURE, SECOND, Span, to_text
from twin.model.keys import STEPPED
from twin.runtime.twin import Twin
from twin.state.stretch import Stretch

COLUMNS = ("mean", "min", "max", "count", "first", "last", "twa")
"""Aggregates of one tag that are no aggregates of Part 13."""


def answer_json(
    twin: Twin, asked: Span, known: int, samples: Sequence[Spelled] = (), aggregates: Sequence[Spelled] = ()
) -> bytes:
    """The whole answer."""
    return json_object(
        {
            "as_of": to_text(twin.live().as_of),
            "from": to_text(asked.start),
            "to": to_text(asked.end),
            "known_at": None if known == FAR_FUTURE else to_text(known),
            "samples": list(samples),
            "aggregates": list(aggregates),
        }
    )


def series_json(twin: Twin, path: str, tag: int | None, one: Series, missing: Sequence[Stretch]) -> Spelled:
    """SeriesShape of one tag."""
    spec = twin.plant.tags.get(path)
    return json_object(
        {
            "tag": path,
            "unit": unit_of(twin, path),
            "type": str(spec.type if spec is not None else twin.tags[cast(int, tag)].type),
            "interpolation": STEPPED if spec is None else spec.interpolation,
            "time": times(one.time),
            "value": numbers(one.value),
            "status": integers(one.status),
            "text": texts(one.value, one.text),
            "decimated": one.is_decimated,
            "gaps": _gaps(missing),
        }
    )


def aggregates_json(
    twin: Twin, path: str, one: Aggregates, columns: set[str], interval: int, missing: Sequence[Stretch]
) -> Spelled:
    """AggregatesShape of one tag."""
    asked = {name: numbers(getattr(one, name)) if name in columns else None for name in COLUMNS if name != "count"}
    return json_object(
        {
            "tag": path,
            "unit": unit_of(twin, path),
            "interval_s": interval / SECOND,
            "time": times(one.time),
            "count": integers(one.count),
            "left_out": integers(one.left_out),
            **asked,
            "covered_s": numbers(one.covered_s) if "twa" in columns else None,
            "gaps": _gaps(missing),
        }
    )


def _gaps(missing: Sequence[Stretch]) -> list[GapShape]:
    return [GapShape(start=to_text(gap.start), end=to_text(gap.end), cause=gap.cause) for gap in missing]
