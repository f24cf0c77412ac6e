"""Samples that a server sends again by itself when a session comes back (node-opcua does). Pure.

They are new messages with new numbers, so only tag, time, value and status tell them. Only the first sample of a tag
after coming back can be one, and only what is durable, or was asked for again on this very link, counts as had: what
differs in anything is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch


class LastRows:
    """The newest row of each tag, by tag id."""

    def __init__(self) -> None:
        self.time = np.zeros(0, dtype=np.int64)
        self.value = np.zeros(0, dtype=np.float64)
        self.status = np.zeros(0, dtype=np.uint32)
        self.known = np.zeros(0, dtype=np.bool_)

    def add(self, batch: Batch) -> None:
        """Remember rows, in order."""
        self.make_room(batch)
        self.time[batch.tag] = batch.time
        self.value[batch.tag] = batch.value
        self.status[batch.tag] = batch.status
        self.known[batch.tag] = True

    def make_room(self, batch: Batch) -> None:
        """Have a place for every tag of a batch."""
        missing = int(batch.tag.max()) + 1 - len(self.time)
        if missing > 0:
            self.time = np.pad(self.time, (0, missing))
            self.value = np.pad(self.value, (0, missing))
            self.status = np.pad(self.status, (0, missing))
            self.known = np.pad(self.known, (0, missing))

    def copy(self) -> LastRows:
        """The same rows, apart."""
        same = LastRows()
        same.time, same.value = self.time.copy(), self.value.copy()
        same.status, same.known = self.status.copy(), self.known.copy()
        return same

    def equal(self, batch: Batch) -> NDArray[np.bool_]:
        """Where a row of the batch is the one remembered; NaN equals NaN, a row with text equals none."""
        return self._same_value(batch) & (batch.time == self.time[batch.tag]) & ~has_text(batch)

    def same(self, batch: Batch, *, by_time: bool) -> NDArray[np.bool_]:
        """Where a row that was read says nothing new: the one remembered, or, where times tell nothing, its value.

        A row with text is the same when its time is; where times tell nothing, it is always new.
        """
        if not by_time:
            return self._same_value(batch) & ~has_text(batch)
        return self._same_value(batch) & (batch.time == self.time[batch.tag])

    def time_of(self, tag: int, otherwise: int) -> int:
        """When a tag's newest row was true, ns."""
        return int(self.time[tag]) if tag < len(self.known) and self.known[tag] else otherwise

    def _same_value(self, batch: Batch) -> NDArray[np.bool_]:
        had = self.value[batch.tag]
        same = (batch.value == had) | (np.isnan(batch.value) & np.isnan(had))
        return self.known[batch.tag] & same & (batch.status == self.status[batch.tag])


class Had:
    """What is here already, and which tags have said nothing since the link came back."""

    def __init__(self) -> None:
        self._durable = LastRows()
        self._here = LastRows()
        self._unsure = np.zeros(0, dtype=np.bool_)

    @property
    def newest(self) -> LastRows:
        """The newest durable row of each tag."""
        return self._durable

    def durable(self, batch: Batch) -> None:
        """Rows became durable."""
        self._durable.add(batch)

    def coming_back(self, *, unread: bool = False) -> None:
        """A link is being made: what was not durable is not here, it is asked for again; or it waits unread."""
        if not unread:
            self._here = self._durable.copy()
        self._unsure = np.zeros(0, dtype=np.bool_)

    def asked_again(self, batch: Batch) -> None:
        """Rows came because they were asked for again."""
        self._here.add(batch)

    def came_back(self) -> None:
        """From now on the first row of each tag may be one that is here."""
        self._unsure = self._here.known.copy()

    def without_resent(self, batch: Batch) -> Batch | None:
        """The batch without rows that are here; None when that is all of it. Texts are never left out."""
        if not self._unsure.any():
            return batch
        self._here.make_room(batch)
        self._unsure = np.pad(self._unsure, (0, len(self._here.time) - len(self._unsure)))
        first = np.zeros(len(batch), dtype=np.bool_)
        first[np.unique(batch.tag, return_index=True)[1]] = True
        resent = first & self._unsure[batch.tag] & self._here.equal(batch)
        self._unsure[batch.tag] = False
        if not resent.any():
            return batch
        return None if resent.all() else batch.take(~resent)


def has_text(batch: Batch) -> NDArray[np.bool_]:
    """Which rows hold a text."""
    if batch.text is None:
        return np.zeros(len(batch), dtype=np.bool_)
    return np.array([text is not None for text in batch.text.tolist()], dtype=np.bool_)
