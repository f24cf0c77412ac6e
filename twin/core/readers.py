"""Readers: which rows of a fold's state read which tags; several may read one tag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]


class Readers:
    """Rows of a state by the tag that each one reads. tag: its id, for each row."""

    def __init__(self, tag: NDArray[np.int32]) -> None:
        self._packed = np.argsort(tag, kind="stable")
        ids = np.arange(int(tag.max(initial=-1)) + 2)  # the last place stands for all tags that nobody reads
        self._first = np.searchsorted(tag[self._packed], ids, "left")
        self._many = np.searchsorted(tag[self._packed], ids, "right") - self._first

    def pairs(self, tag: NDArray[np.int32]) -> tuple[Index, Index]:
        """(sample, reader) for each sample of a tag and each row that reads it; samples in the order given."""
        tag = np.minimum(tag, len(self._many) - 1)
        read = self._many[tag].nonzero()[0]
        tag = tag[read]
        many, first = self._many[tag], self._first[tag]
        end = many.cumsum()
        if len(end) == 0 or end[-1] == len(read):  # each is read once
            return read, self._packed[first]
        inner = np.arange(end[-1]) + (first - end + many).repeat(many)
        return read.repeat(many), self._packed[inner]
