"""How rows came into the log: live, by a source's own history, out of a file, by the API, or computed. Blocking.

Nothing is stored for it with a row: every batch has its source, in the log and in sealed files. Of rows of sealed files
from before that it is not known.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import FROM_HISTORY
from twin.core.instant import FAR_FUTURE, MINUTE
from twin.core.rows import Samples, in_order
from twin.store.reader import LogReader

Origin = Literal["live", "filled", "import", "api", "computed"]

COMPUTED: Origin = "computed"
IMPORT = "import"
"""The source of what `twin import` brings."""
API = "api:"
"""The sources of what callers of the API bring begin so."""
MOST_PLACES = 16
"""Last values of so many stretches of time are looked up, the newest first."""
MOST_ROWS = 500_000
"""... while so many rows of their tags have to be read."""


def origins(reader: LogReader, rows: Samples, known: int = FAR_FUTURE) -> list[Origin | None]:
    """Of each row of the log how it came; None where that was not kept."""
    found: list[Origin | None] = [None] * len(rows)
    if not len(rows):
        return found
    start, end = int(rows.time.min()), int(rows.time.max()) + 1
    sources = reader.brought(np.unique(rows.tag), start, end, known)
    for place, recorded in enumerate(rows.recorded.tolist()):
        source = sources.get(recorded)
        found[place] = None if source is None else _origin(source)
    return found


def _origin(source: str) -> Origin:
    if source.startswith(API):
        return "api"
    if source.endswith(FROM_HISTORY):
        return "filled"
    return "import" if source == IMPORT else "live"


def at_times(reader: LogReader, tag: int, times: NDArray[np.int64], known: int = FAR_FUTURE) -> list[Origin | None]:
    """How the rows of one tag at these instants (ascending) came; None too for those that the log does not have."""
    if not len(times):
        return []
    rows = in_order(reader.read_tags(np.array([tag], np.int32), int(times[0]), int(times[-1]) + 1, known).samples)
    mine = rows.take(np.isin(rows.time, times))
    by_time = dict(zip(mine.time.tolist(), origins(reader, mine, known), strict=True))
    return [by_time.get(time) for time in times.tolist()]


def of_last(
    reader: LogReader, tags: NDArray[np.int32], times: NDArray[np.int64], known: int = FAR_FUTURE
) -> dict[int, Origin]:
    """By tag id: how the row of a tag at an instant came, where that can be told and is not too far to look for."""
    found: dict[int, Origin] = {}
    order = np.argsort(times, kind="stable")[::-1]
    tags, times = tags[order], times[order]
    starts = [0, *(np.flatnonzero(-np.diff(times) > MINUTE) + 1).tolist(), len(times)]
    left = MOST_ROWS
    for first, last in list(pairwise(starts))[:MOST_PLACES]:
        asked = np.unique(tags[first:last])
        if not len(asked):
            break
        start, end = int(times[last - 1]), int(times[first]) + 1
        rows = reader.read_tags(asked, start, end, known, left).samples
        left -= len(rows)
        if left < 0:
            break
        rows = in_order(rows)
        mine = _at(rows, dict(zip(tags[first:last].tolist(), times[first:last].tolist(), strict=True)))
        for tag, origin in zip(mine.tag.tolist(), origins(reader, mine, known), strict=True):
            if origin is not None:
                found[tag] = origin
    return found


def _at(rows: Samples, times: dict[int, int]) -> Samples:
    """Of each tag the row of its instant."""
    wanted = np.array([times.get(tag, -1) for tag in rows.tag.tolist()], np.int64)
    return rows.take(rows.time == wanted)
