"""Former names of tags: what was stored under one is read under the name of now.

Records keep the key that they were made with, for an older model folds under its own names for ever; so readers ask for
both. An alarm's key is its tag's with `~NAME` behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Former:
    """of: name of now -> (former name, ns): under that name until then, the oldest first."""

    of: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict[str, Sequence[tuple[str, int]]])

    def keys(self, key: str) -> list[tuple[str, int]]:
        """The former keys of a key, and until when it was called so."""
        tag, apart, name = key.partition("~")
        return [(f"{was}{apart}{name}", until) for was, until in self.of.get(tag, ())]


NOBODY = Former()
"""No tag was ever called otherwise."""
