"""Answers about samples as tables, one after the other: what is streamed as CSV, Parquet or Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.api.aggregates_of import columns_of, processed_of
from twin.api.instants import Instants
from twin.api.load import Work
from twin.api.question import COLUMNS, Aggregation, Question, Settings
from twin.api.readable import Readable
from twin.api.readings import readings_of
from twin.api.series import end_of
from twin.core.aggregate import Aggregates
from twin.core.part13 import Aggregate, Processed
from twin.core.rows import Samples, in_order, no_samples
from twin.core.stretches import following, held, stretches
from twin.mes.cuts import Cuts
from twin.state.stretch import Stretch
from twin.store.export import sample_table
from twin.store.table import Table

NO_NAMES = np.empty(0, dtype=object)


def samples_head() -> Table:
    """The columns of samples."""
    return sample_table(no_samples(), NO_NAMES)


def sample_tables(twin: Readable, question: Question, bounds: bool, work: Work) -> Iterator[Table]:
    """Samples in their tags' units by time, then tag, stretch after stretch, however many there are."""
    readings, wanted, asked = readings_of(twin), question.wanted, question.span
    end = min(asked.end, end_of(twin))
    if bounds:
        rows = in_order(held(readings.reads, wanted, asked.start + 1, question.known))
        yield from _shown(twin, rows.take(rows.time < asked.start))
    for rows in stretches(readings.reads, wanted, asked.start, end, question.known):
        yield from _shown(twin, rows)
        work.look()
    if bounds:
        yield from _shown(twin, in_order(following(readings.reads, wanted, asked.end, question.known, end_of(twin))))


def newest_table(twin: Readable, question: Question) -> Iterator[Table]:
    """The newest row of each tag before the end of the span."""
    readings = readings_of(twin)
    end = min(question.span.end, end_of(twin))
    yield from _shown(twin, in_order(held(readings.reads, question.wanted, end, question.known)))


def _shown(twin: Readable, rows: Samples) -> Iterator[Table]:
    if len(rows):
        yield sample_table(readings_of(twin).values(rows), np.array(twin.tags.names(), dtype=object))


def instants_table(paths: Sequence[str], found: Sequence[Instants]) -> Iterator[Table]:
    """A row for each tag and instant, by tag."""
    for path, one in zip(paths, found, strict=True):
        time = one.time.view("datetime64[ns]").copy()
        time[one.time < 0] = np.datetime64("NaT")
        yield {
            "at": one.at.view("datetime64[ns]"),
            "tag": np.full(len(one.at), path, dtype=object),
            "time": time,
            "age_s": one.age_s,
            "value": one.value,
            "status": one.status,
            "text": np.full(len(one.at), None, dtype=object) if one.text is None else one.text,
            "interpolated": one.interpolated,
            "interpolated_status": one.interpolated_status,
        }


def aggregate_tables(
    twin: Readable,
    question: Question,
    cuts: Cuts,
    asked: Aggregation,
    settings: Settings,
    gaps: Sequence[Sequence[Stretch]],
    work: Work,
) -> Iterator[Table]:
    """A row for each interval and tag, by tag: one tag after the other is read."""
    for place, path in enumerate(question.paths):
        work.look()
        alone = replace(question, paths=[path], ids=[question.ids[place]])
        own = columns_of(twin, alone, cuts, [gaps[place]], asked.columns)[0] if asked.columns else None
        part13 = processed_of(twin, question, place, cuts, asked.part13, settings, gaps[place], work)
        yield aggregate_table(path, cuts, asked, own, part13)


def aggregate_table(
    path: str, cuts: Cuts, asked: Aggregation, own: Aggregates | None, part13: Mapping[Aggregate, Processed]
) -> Table:
    """Aggregates of one tag as a table."""
    name = {} if cuts.name is None else {"name": np.array(cuts.name, dtype=object)}
    found: dict[str, NDArray[np.generic]] = {
        "time": cuts.start.view("datetime64[ns]"),
        "end": cuts.end.view("datetime64[ns]"),
        **name,
        "tag": np.full(len(cuts.start), path, dtype=object),
    }
    if own is not None:
        found |= {"count": own.count, "left_out": own.left_out}
        found |= {one: getattr(own, one) for one in COLUMNS if one in asked.columns and one != "count"}
        found |= {"covered_s": own.covered_s} if "twa" in asked.columns else {}
    for one in asked.part13:
        prefix = "part13_" if str(one) in found else ""
        found |= {f"{prefix}{one}": part13[one].value, f"{prefix}{one}_status": part13[one].status}
    return found
