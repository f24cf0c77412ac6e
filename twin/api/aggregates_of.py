"""Aggregates of the tags of a question over its intervals, ours and those of Part 13."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields

import numpy as np

from twin.api.aggregation import aggregated
from twin.api.load import Work
from twin.api.processing import Asked, processed_cuts
from twin.api.question import Question, Settings
from twin.api.readable import Readable
from twin.api.readings import readings_of
from twin.api.series import end_of
from twin.core.aggregate import Aggregates
from twin.core.part13 import Aggregate, Processed
from twin.core.status import BAD_NO_DATA
from twin.mes.cuts import Cuts
from twin.state.stretch import Stretch


def columns_of(
    twin: Readable, question: Question, cuts: Cuts, gaps: Sequence[Sequence[Stretch]], names: Collection[str]
) -> list[Aggregates]:
    """Our own aggregates of each tag. names: those that are asked for; without `twa` there is none, nor covered_s."""
    edges = [layer.edges for layer in cuts.layers] or [np.array([question.span.start], dtype=np.int64)]
    layers = [aggregated(twin, question.ids, one, question.known, gaps, "twa" in names) for one in edges]
    if not cuts.layers or cuts.is_one_row:
        return layers[0]
    columns = [one.name for one in fields(Aggregates)]
    return [
        Aggregates(**{name: cuts.gathered([getattr(layer[place], name) for layer in layers]) for name in columns})
        for place in range(len(question.ids))
    ]


def processed_of(
    twin: Readable,
    question: Question,
    place: int,
    cuts: Cuts,
    names: Sequence[Aggregate],
    settings: Settings,
    missing: Sequence[Stretch],
    work: Work,
) -> dict[Aggregate, Processed]:
    """Part 13's aggregates of one tag of the question. missing: its gaps."""
    tag = question.ids[place]
    if tag is None:
        many = len(cuts.start)
        nothing = Processed(np.full(many, np.nan), np.full(many, BAD_NO_DATA, np.uint32))
        return dict.fromkeys(names, nothing)
    readings = readings_of(twin)
    holes = [(gap.start, gap.end) for gap in missing]
    config = settings.config(readings.is_stepped(question.paths[place]))
    asked = Asked(names, config, question.known, twin.live().as_of, end_of(twin), holes)
    return processed_cuts(readings, tag, cuts, asked, work.look)
