"""Which source gave each batch, kept with the sealed rows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Of some entries, ascending by `recorded`, the place of their source in `names`; -1 where it was not kept."""

    recorded: NDArray[np.int64]
    place: NDArray[np.int32]
    names: Sequence[str]

    def of(self, recorded: NDArray[np.int64]) -> NDArray[np.int32]:
        """The place in `names` for each row."""
        if not len(self.recorded):
            return np.full(len(recorded), -1, dtype=np.int32)
        return self.place[np.searchsorted(self.recorded, recorded)]


def no_sources() -> Sources:
    """Of rows whose sources were not kept."""
    return Sources(np.empty(0, np.int64), np.empty(0, np.int32), [])


def sources_of(entries: Sequence[tuple[int, str]]) -> Sources:
    """From (recorded, source) by recorded."""
    names = sorted({source for _, source in entries})
    place = {source: number for number, source in enumerate(names)}
    return Sources(
        np.array([recorded for recorded, _ in entries], dtype=np.int64),
        np.array([place[source] for _, source in entries], dtype=np.int32),
        names,
    )
