"""Tags at instants: the row that held then, and the value by the tag's interpolation; the newest row of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.load import Work
from twin.api.processing import Asked, values_at
from twin.api.readings import Readings
from twin.core.rows import Samples, join
from twin.core.status import BAD_NO_DATA
from twin.core.stretches import held
from twin.state.stretch import Stretch

from twin.api.question import Question, Settings  # isort: skip


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """One tag at instants. time: of the row that held, -1 where there is none (its status is BadNoData then)."""

    at: NDArray[np.int64]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_] | None
    interpolated: NDArray[np.float64]
    interpolated_status: NDArray[np.uint32]

    @property
    def age_s(self) -> NDArray[np.float64]:
        """How long the row had been true, NaN where there is none."""
        return np.where(self.time < 0, np.nan, (self.at - self.time) / 1e9)


def at_instants(
    readings: Readings,
    question: Question,
    at: NDArray[np.int64],
    settings: Settings,
    until: int,
    end: int,
    gaps: Sequence[Sequence[Stretch]],
    work: Work,
) -> list[Instants]:
    """Each tag at these instants. until: rows are known up to here; end: no row is later; gaps: those of each tag."""
    rows: list[Samples] = []
    for instant in at.tolist():
        work.look()
        rows.append(readings.values(held(readings.reads, question.wanted, instant + 1, question.known)))
    found: list[Instants] = []
    for path, tag, missing in zip(question.paths, question.ids, gaps, strict=True):
        if tag is None:
            found.append(_nothing(at))
            continue
        holes = [(gap.start, gap.end) for gap in missing]
        asked = Asked((), settings.config(readings.is_stepped(path)), question.known, until, end, holes)
        value, status = values_at(readings, tag, at, asked, work.look)
        found.append(_instants(at, [one.take(one.tag == tag) for one in rows], value, status))
    return found


def _instants(
    at: NDArray[np.int64], rows: Sequence[Samples], value: NDArray[np.float64], status: NDArray[np.uint32]
) -> Instants:
    has = np.array([len(one) > 0 for one in rows], np.bool_)
    row = join(rows)
    nothing = _nothing(at)
    time, own, code = nothing.time, nothing.value, nothing.status
    time[has], own[has], code[has] = row.time, row.value, row.status
    text = None
    if row.text is not None:
        text = np.full(len(at), None, dtype=object)
        text[has] = row.text
    return Instants(at, time, own, code, text, value, status)


def _nothing(at: NDArray[np.int64]) -> Instants:
    nan, code = np.full(len(at), np.nan), np.full(len(at), BAD_NO_DATA, np.uint32)
    return Instants(at, np.full(len(at), -1, np.int64), nan, code, None, nan.copy(), code.copy())
