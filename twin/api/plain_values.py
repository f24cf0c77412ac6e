"""Values as columns for the live channel: of 2,000 tags that move, five times less to encode, send and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MILLISECOND
from twin.runtime.live import TagColumns

_GOOD = 0


def plain(columns: TagColumns, tags: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the tags are a good, present, finite number and nothing else; all others are told one by one."""
    known = tags < len(columns.time)
    row = np.where(known, tags, 0)
    if not len(columns.time):
        return known
    is_good = (columns.status[row] == _GOOD) & ~columns.stale[row] & (columns.time[row] > 0)
    has_text = np.array([text is not None for text in columns.text[row].tolist()], np.bool_)
    return known & is_good & np.isfinite(columns.value[row]) & ~has_text


def packed(columns: TagColumns, tags: NDArray[np.int64], places: Sequence[int], as_of: int) -> Mapping[str, Any]:
    """tag: places in `names` of the last message that had them. age_ms: how much older than `as_of`, whole ms."""
    row = tags[np.asarray(places, np.int64)]
    age = as_of // MILLISECOND - columns.time[row] // MILLISECOND
    return {"tag": list(places), "value": columns.value[row].tolist(), "age_ms": age.tolist()}
