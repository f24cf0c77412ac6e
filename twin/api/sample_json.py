"""Samples and aggregates of tags as the JSON of SamplesAnswer; quick, for a day at 1 Hz has 86,400 rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from twin.api.instants import Instants
from twin.api.json_columns import NONE, NULL, Spelled, integers, json_object, numbers, same_times, spelled, texts, times
from twin.api.question import COLUMNS, Question
from twin.api.readable import Readable
from twin.api.readings import readings_of
from twin.api.series import Series
from twin.api.shapes_samples import GapShape
from twin.api.sources import sources_of
from twin.api.tag_now import unit_of
from twin.core.aggregate import Aggregates
from twin.core.instant import FAR_FUTURE, SECOND, to_text
from twin.core.part13 import Aggregate, Processed
from twin.core.time_text import times_text
from twin.mes.cuts import Cuts
from twin.runtime.coverage import Thin
from twin.state.stretch import Stretch


def answer_json(
    twin: Readable,
    question: Question,
    samples: Sequence[Spelled] = (),
    aggregates: Sequence[Spelled] = (),
    processed: Sequence[Spelled] = (),
    instants: Sequence[Spelled] = (),
) -> bytes:
    """The whole answer."""
    answer = json_object(
        {
            "as_of": to_text(twin.live().as_of),
            "from": to_text(question.span.start),
            "to": to_text(question.span.end),
            "known_at": None if question.known == FAR_FUTURE else to_text(question.known),
            "samples": list(samples),
            "aggregates": list(aggregates),
            "processed": list(processed),
            "instants": list(instants),
            "sources": sources_of(twin, question.ids, question.span, question.known),
        }
    )
    return bytes(answer)


def series_json(
    twin: Readable,
    path: str,
    tag: int | None,
    one: Series,
    missing: Sequence[Stretch],
    thin: Thin | None,
    origin: Sequence[str | None] | None = None,
) -> Spelled:
    """SeriesShape of one tag."""
    return json_object(
        {
            "tag": path,
            "unit": unit_of(twin, path),
            "type": type_of(twin, path, tag),
            "interpolation": readings_of(twin).interpolation(path),
            "time": times(one.time),
            "value": numbers(one.value),
            "status": integers(one.status),
            "text": texts(one.value, one.text),
            "origin": origin,
            "decimated": one.is_decimated,
            "thinned": None if thin is None else _thinned(thin),
            "gaps": _gaps(missing),
        }
    )


def _thinned(thin: Thin) -> Spelled:
    return json_object(
        {"rows": thin.dropped, "error": thin.error, "from": to_text(thin.start), "to": to_text(thin.end)}
    )


def aggregates_json(
    twin: Readable,
    paths: Sequence[str],
    found: Sequence[Aggregates],
    columns: frozenset[str],
    cuts: Cuts,
    gaps: Sequence[Sequence[Stretch]],
) -> list[Spelled]:
    """AggregatesShape of each tag."""
    is_equal = cuts.name is None and len(cuts.start) > 0
    same = {
        "interval_s": int((cuts.end - cuts.start)[0]) / SECOND if is_equal else None,
        "time": same_times(cuts.start),
        "end": same_times(cuts.end),
        "name": cuts.name,
    }
    same = {name: Spelled(spelled(value)) for name, value in same.items()}
    given = [name for name in COLUMNS if name in columns and name != "count"]
    given += ["covered_s"] if "twa" in columns else []
    rest = dict.fromkeys((*COLUMNS, "covered_s"), NULL)
    return [
        json_object(
            {"tag": path, "unit": unit_of(twin, path)}
            | same
            | rest
            | {"count": integers(one.count), "left_out": integers(one.left_out)}
            | {name: numbers(getattr(one, name)) for name in given}
            | {"gaps": _gaps(missing) if missing else NONE}
        )
        for path, one, missing in zip(paths, found, gaps, strict=True)
    ]


def processed_json(
    twin: Readable, path: str, found: Mapping[Aggregate, Processed], cuts: Cuts, missing: Sequence[Stretch]
) -> Spelled:
    """ProcessedShape of one tag."""
    columns = {
        str(name): json_object({"value": numbers(one.value), "status": integers(one.status)})
        for name, one in found.items()
    }
    return json_object(
        {
            "tag": path,
            "unit": unit_of(twin, path),
            "interpolation": readings_of(twin).interpolation(path),
            "time": same_times(cuts.start),
            "end": same_times(cuts.end),
            "name": cuts.name,
            "columns": json_object(columns),
            "gaps": _gaps(missing),
        }
    )


def instants_json(twin: Readable, path: str, tag: int | None, one: Instants) -> Spelled:
    """InstantsShape of one tag."""
    held = iter(times_text(one.time[one.time >= 0]))
    return json_object(
        {
            "tag": path,
            "unit": unit_of(twin, path),
            "type": type_of(twin, path, tag),
            "interpolation": readings_of(twin).interpolation(path),
            "at": times(one.at),
            "time": [next(held) if has else None for has in (one.time >= 0).tolist()],
            "age_s": numbers(one.age_s),
            "value": numbers(one.value),
            "status": integers(one.status),
            "text": texts(np.where(one.time < 0, np.nan, one.value), one.text),
            "interpolated": numbers(one.interpolated),
            "interpolated_status": integers(one.interpolated_status),
        }
    )


def type_of(twin: Readable, path: str, tag: int | None) -> str:
    """How samples of a tag are kept."""
    spec = twin.plant.tags.get(path)
    return str(spec.type if spec is not None else twin.tags[cast(int, tag)].type)


def _gaps(missing: Sequence[Stretch]) -> list[GapShape]:
    return [GapShape(start=to_text(gap.start), end=to_text(gap.end), cause=gap.cause) for gap in missing]
