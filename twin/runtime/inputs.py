"""The inputs of results, read from the log: which tags they are, and how good these were. Blocking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from twin.core.instant import FAR_FUTURE, FAR_PAST, Span
from twin.core.rows import in_order, join
from twin.mes.program import model_inputs
from twin.model.plant import Machine, Plant
from twin.runtime.coverage import SpanCover
from twin.runtime.twin import Twin
from twin.state.inputs import Inputs, held

MOST_ROWS = 200_000
"""Rows of inputs that one answer reads, about; of more nothing is said."""


def state_tags(machine: Machine) -> list[str]:
    """What the state of a machine is made of."""
    return [] if machine.state is None else sorted({path for path, _ in model_inputs(machine.state)})


def count_tags(machine: Machine) -> list[str]:
    """Its counters."""
    return sorted(machine.counts.values())


def tags_of(plant: Plant, asset: str) -> tuple[list[str], list[str]]:
    """State tags and counters of a machine, or of all machines of a line."""
    lines = [line for line in plant.lines if line.path == asset]
    machines = lines[0].machines if lines else [machine for machine in plant.machines() if machine.path == asset]
    return (
        sorted({path for machine in machines for path in state_tags(machine)}),
        sorted({path for machine in machines for path in count_tags(machine)}),
    )


class InputQuality:
    """How good tags were over spans, read once for all that one answer needs. of() is None throughout when that would
    be too much to read, or when rows of that time have been forgotten.

    A tag that nothing watched (imported, posted) holds its last value: only what its connection lost is missing.
    """

    def __init__(self, twin: Twin, wanted: Iterable[tuple[Sequence[str], Span]], known: int = FAR_FUTURE) -> None:
        asked: dict[str, dict[Span, None]] = {}
        for paths, span in wanted:
            for path in paths:
                asked.setdefault(path, {})[span] = None
        self._found = _read(twin, {path: list(spans) for path, spans in asked.items()}, known)

    def of(self, paths: Sequence[str], span: Span) -> Inputs | None:
        """Of some of the tags together, over one of their spans; None too where there are none."""
        if not self._found or not paths or span.end <= span.start:
            return None
        return Inputs.total(self._found[path, span] for path in paths)


def _read(twin: Twin, asked: Mapping[str, Sequence[Span]], known: int) -> dict[tuple[str, Span], Inputs] | None:
    spans = [span for of_tag in asked.values() for span in of_tag]
    if not spans:
        return {}
    hull = Span(min(span.start for span in spans), max(span.end for span in spans))
    share = len(asked) / max(len(twin.tags), 1)
    begins = twin.reader.whole_from() or FAR_PAST
    if hull.start < begins or share * twin.reader.about(hull.start, hull.end) > MOST_ROWS:
        return None
    gaps = SpanCover(twin.reader, twin.plant, twin.tags, hull, known).stretches(sorted(asked))
    ids = {path: tag for path in asked if (tag := twin.tags.get(path)) is not None}
    wanted = np.array(sorted(ids.values()), np.int32)
    as_known = min(known, twin.reader.last())
    read = twin.reader.read_tags(wanted, hull.start, hull.end, as_known).samples
    rows = in_order(join([twin.reader.before(wanted, hull.start, as_known), read]))
    status = twin.meaning.scaled(rows)[1]
    found: dict[tuple[str, Span], Inputs] = {}
    for path, of_tag in asked.items():
        mine = rows.tag == ids.get(path, -1)
        missing = [(one.start, one.end) for one in gaps[path] if one.state == "missing" and one.why != "never"]
        for span, quality in zip(of_tag, held(rows.time[mine], status[mine], missing, of_tag), strict=True):
            found[path, span] = quality
    return found
