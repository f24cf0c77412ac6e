"""From a request for samples to its answer: JSON at once, or tables to be streamed. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.aggregates_of import columns_of, processed_of
from twin.api.instants import Instants, at_instants
from twin.api.json_columns import Spelled
from twin.api.load import Work
from twin.api.question import Aggregation, Question, Settings
from twin.api.readable import Readable
from twin.api.readings import readings_of
from twin.api.sample_json import aggregates_json, answer_json, instants_json, processed_json, series_json
from twin.api.sample_tables import (
    aggregate_table,
    aggregate_tables,
    instants_table,
    newest_table,
    sample_tables,
    samples_head,
)
from twin.api.series import Series, bounded, end_of, gaps_of, newest, series
from twin.api.sources import refuse_missing
from twin.core.instant import Span
from twin.core.part13 import Processed
from twin.mes.cuts import Cuts, equal_cuts
from twin.runtime.coverage import thinned_tags
from twin.runtime.origins import COMPUTED, Origin, at_times
from twin.state.stretch import Stretch
from twin.store.table import Table

Tables = Callable[[Work], Iterator[Table]]


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """A request that was read and makes sense. aggregation with its cuts, at, last: one of them, or none for rows."""

    twin: Readable
    question: Question
    settings: Settings
    aggregation: Aggregation | None
    cuts: Cuts | None
    at: NDArray[np.int64] | None
    last: bool
    bounds: bool
    max_points: int | None
    origin: bool = False


def answered(asked: Answering, work: Work) -> bytes:
    """The answer as JSON. Raises a problem, and what `look` of the work raises."""
    twin, question = asked.twin, asked.question
    if asked.at is not None:
        found = _instants(asked, work)
        pairs = zip(question.paths, question.ids, found, strict=True)
        return answer_json(twin, question, instants=[instants_json(twin, path, tag, one) for path, tag, one in pairs])
    if asked.aggregation is not None and asked.cuts is not None:
        return _aggregates(asked, asked.aggregation, asked.cuts, work)
    shown = _rows(asked, work)
    work.look()
    gaps = [[] for _ in question.paths] if asked.last else gaps_of(twin, question.paths, question.span, question.known)
    thinned = thinned_tags(twin.reader, [tag for tag in question.ids if tag is not None], question.span)
    made: list[Spelled] = []
    for path, tag, one, missing in zip(question.paths, question.ids, shown, gaps, strict=True):
        origin = _origin(asked, path, tag, one) if asked.origin else None
        thin = None if tag is None else thinned.get(tag)
        made.append(series_json(twin, path, tag, one, missing, thin, origin))
    return answer_json(twin, question, samples=made)


def _origin(asked: Answering, path: str, tag: int | None, one: Series) -> list[Origin | None]:
    spec = asked.twin.plant.tags.get(path)
    if tag is None or (spec is not None and spec.compute is not None):
        return [None if tag is None else COMPUTED] * len(one.time)
    return at_times(asked.twin.reader, tag, one.time, asked.question.known)


def _rows(asked: Answering, work: Work) -> list[Series]:
    twin, question = asked.twin, asked.question
    if asked.last:
        return newest(twin, question.ids, question.span.end, question.known)
    found = series(twin, question.ids, question.span, question.known, asked.max_points, work)
    return bounded(twin, question.ids, question.span, question.known, found) if asked.bounds else found


def _aggregates(asked: Answering, wanted: Aggregation, cuts: Cuts, work: Work) -> bytes:
    twin, question = asked.twin, asked.question
    gaps = gaps_of(twin, question.paths, question.span, question.known)
    own, part13 = [], []
    if wanted.columns:
        found = columns_of(twin, question, cuts, gaps, wanted.columns)
        own = aggregates_json(twin, question.paths, found, wanted.columns, cuts, gaps)
    if wanted.part13:
        for place, path in enumerate(question.paths):
            made = processed_of(twin, question, place, cuts, wanted.part13, asked.settings, gaps[place], work)
            part13.append(processed_json(twin, path, made, cuts, gaps[place]))
    return answer_json(twin, question, aggregates=own, processed=part13)


def _instants(asked: Answering, work: Work) -> list[Instants]:
    twin, question = asked.twin, asked.question
    at = np.empty(0, np.int64) if asked.at is None else asked.at
    gaps: list[list[Stretch]] = [[] for _ in question.paths]
    if len(at):
        gaps = gaps_of(twin, question.paths, Span(int(at[0]), int(at[-1]) + 1), question.known)
    until, end = twin.live().as_of, end_of(twin)
    return at_instants(readings_of(twin), question, at, asked.settings, until, end, gaps, work)


def tables_of(asked: Answering) -> tuple[Table, Tables]:
    """(a table of the columns, what makes the tables). Making them raises a problem when an archive is away."""
    head, tables = _tables_of(asked)
    twin, question = asked.twin, asked.question

    def whole(work: Work) -> Iterator[Table]:
        for table in tables(work):
            refuse_missing(twin, question.ids, question.span, question.known)
            yield table
        refuse_missing(twin, question.ids, question.span, question.known)

    return head, whole


def _tables_of(asked: Answering) -> tuple[Table, Tables]:
    twin, question = asked.twin, asked.question
    if asked.at is not None:
        empty = np.empty(0, np.int64)
        nothing = Instants(empty, empty, np.empty(0), np.empty(0, np.uint32), None, np.empty(0), np.empty(0, np.uint32))
        head = next(instants_table([""], [nothing]))
        return head, lambda work: instants_table(question.paths, _instants(asked, work))
    if asked.aggregation is not None and asked.cuts is not None:
        return _aggregate_tables(asked, asked.aggregation, asked.cuts)
    if asked.last:
        return samples_head(), lambda _: newest_table(twin, question)
    return samples_head(), lambda work: sample_tables(twin, question, asked.bounds, work)


def _aggregate_tables(asked: Answering, wanted: Aggregation, cuts: Cuts) -> tuple[Table, Tables]:
    twin, question = asked.twin, asked.question

    def tables(work: Work) -> Iterator[Table]:
        gaps = gaps_of(twin, question.paths, question.span, question.known)
        yield from aggregate_tables(twin, question, cuts, wanted, asked.settings, gaps, work)

    none = equal_cuts(0, 0, 1)
    named = Cuts(none.start, none.end, None if cuts.name is None else [], none.shortened, [])
    nothing = dict.fromkeys(wanted.part13, Processed(np.empty(0), np.empty(0, np.uint32)))
    own = columns_of(twin, Question([""], [None], Span(0, 0), question.known), named, [[]], wanted.columns)[0]
    return aggregate_table("", named, wanted, own if wanted.columns else None, nothing), tables
