"""Groups of tags that have sealed files of their own, because they are kept for an age of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


class Groups:
    """Which group each tag belongs to. names: of all groups; group_of: the group of a tag, '' for none.

    digest: says which set of groups this is; files of one set that belong to different groups share no tag.
    """

    def __init__(self, names: Sequence[str], group_of: Callable[[str], str], digest: str) -> None:
        self.digest = digest
        self._names = ["", *names]
        self._group_of = group_of
        self._known: dict[str, int] = {}

    def of(self, tags: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
        """The groups, and the place among them of each tag's."""
        for tag in tags if len(self._names) > 1 else ():
            if tag not in self._known:
                self._known[tag] = self._names.index(self._group_of(tag))
        return self._names, np.array([self._known.get(tag, 0) for tag in tags], dtype=np.int64)


NO_GROUPS = Groups((), lambda _tag: "", "")
