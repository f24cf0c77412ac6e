"""Samples that a server sends again by itself when a session comes back (node-opcua does). Pure.

They are new messages with new numbers, so only tag, time, value and status tell them. Only the first sample of a tag
after coming back can be one, and only rows known to be durable count as had: what differs in anything is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch


class Durable:
    """The last durable row of each tag, and which tags have said nothing since the link came back."""

    def __init__(self) -> None:
        self._time = np.zeros(0, dtype=np.int64)
        self._value = np.zeros(0, dtype=np.float64)
        self._status = np.zeros(0, dtype=np.uint32)
        self._known = np.zeros(0, dtype=bool)
        self._unsure = np.zeros(0, dtype=bool)

    def add(self, batch: Batch) -> None:
        """Remember rows that became durable, in order."""
        self._make_room(int(batch.tag.max()) + 1)
        self._time[batch.tag] = batch.time
        self._value[batch.tag] = batch.value
        self._status[batch.tag] = batch.status
        self._known[batch.tag] = True

    def came_back(self) -> None:
        """From now on the first row of each tag may be one that is here already."""
        self._unsure[:] = self._known

    def without_resent(self, batch: Batch) -> Batch | None:
        """The batch without rows that are here already; None when that is all of it. Texts are never left out."""
        if not self._unsure.any():
            return batch
        self._make_room(int(batch.tag.max()) + 1)
        resent = self._resent(batch)
        self._unsure[batch.tag] = False
        if not resent.any():
            return batch
        return None if resent.all() else batch.take(~resent)

    def _resent(self, batch: Batch) -> NDArray[np.bool_]:
        first = np.zeros(len(batch), dtype=bool)
        first[np.unique(batch.tag, return_index=True)[1]] = True
        same_value = (batch.value == self._value[batch.tag]) | (
            np.isnan(batch.value) & np.isnan(self._value[batch.tag])
        )
        same_row = (batch.time == self._time[batch.tag]) & (batch.status == self._status[batch.tag]) & same_value
        has_text = np.zeros(len(batch), dtype=bool) if batch.text is None else np.not_equal(batch.text, None)
        return first & self._unsure[batch.tag] & same_row & ~has_text.astype(bool)

    def _make_room(self, tags: int) -> None:
        missing = tags - len(self._time)
        if missing > 0:
            for name in ("_time", "_value", "_status", "_known", "_unsure"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.zeros(missing, dtype=column.dtype)]))
