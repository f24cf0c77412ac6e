"""Which tags a monitored item feeds, as tables that a whole message is looked up in at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.decode.value import Pick
from twin.core.tags import TagType


@dataclass(frozen=True, slots=True)
class Target:
    """A tag that a monitored item feeds; several tags may pick from one array or structure."""

    tag: int
    type: TagType
    pick: Pick = ()


class Aims:
    """The targets of all handles at one time.

    tags: of all targets, those of a handle from `first` on, `count` of them. number, text: handles whose targets all
    take the value whole, as a number or as a text. single: each handle has exactly one target.
    """

    def __init__(self, targets: Sequence[Sequence[Target]]) -> None:
        self.targets = tuple(tuple(of_one) for of_one in targets)
        self.count = np.array([len(of_one) for of_one in self.targets], dtype=np.int64)
        self.first = np.cumsum(self.count) - self.count
        self.tags = np.array([target.tag for of_one in self.targets for target in of_one], dtype=np.int32)
        self.number = self._all(TagType.NUMBER)
        self.text = self._all(TagType.TEXT)
        self.single = bool((self.count == 1).all())

    def __len__(self) -> int:
        return len(self.targets)

    def _all(self, type: TagType) -> NDArray[np.bool_]:
        return np.array([all(t.type is type and not t.pick for t in one) for one in self.targets], dtype=np.bool_)

    def spread(self, handles: NDArray[np.uint32]) -> tuple[NDArray[np.int32], NDArray[np.int64] | None]:
        """The tags that handles feed, in order, and for each the position of its handle; None when one feeds one."""
        if self.single:
            return self.tags[handles], None
        count = self.count[handles]
        position = np.repeat(np.arange(len(handles), dtype=np.int64), count)
        begun = np.cumsum(count) - count
        within = np.arange(len(position), dtype=np.int64) - begun[position]
        return self.tags[self.first[handles][position] + within], position
