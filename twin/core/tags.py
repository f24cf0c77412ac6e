"""TagTable: the one place where a tag's name becomes the number that columns carry."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured


class TagType(StrEnum):
    """How the `value` and `text` columns of a tag are read. A tag never changes its type."""

    NUMBER = "number"
    """value is the number; text is empty, or the exact digits of an integer past 2**53."""
    TEXT = "text"
    """value is NaN; text is the string."""
    BYTES = "bytes"
    """value is NaN; text is the bytes in hex."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A named source of samples. name: its path, `acme/brno/packaging/line1/filler/motor_temp`."""

    name: str
    type: TagType = TagType.NUMBER


@dataclass(frozen=True, slots=True)
class Facts:
    """What a source itself says of a tag's number on the wire: nothing that is kept, told anew by each link.

    unit: empty where it says none. range: the lowest and highest value that are meant to occur.
    """

    unit: str = ""
    range: tuple[float, float] | None = None


NO_FACTS = Facts()


class TagTable:
    """Append-only list of tags; a tag's id is its position and is never reused.

    Ids stand in the order of R2 (samples of one instant go by tag id), so they are part of the log: the writer
    stores new tags in the same transaction as their first sample. A name may change (a plant file's `was`), an id does
    not. Safe to use from any thread.
    """

    def __init__(self, tags: Iterable[Tag] = ()) -> None:
        self._tags: list[Tag] = []
        self._ids: dict[str, int] = {}
        self._facts: dict[int, Facts] = {}
        self._lock = threading.Lock()
        for tag in tags:
            self.id_of(tag.name, tag.type)

    def __len__(self) -> int:
        return len(self._tags)

    def __bool__(self) -> bool:
        return True  # an empty table is a table: `table or TagTable()` would make a second one

    def __getitem__(self, tag_id: int) -> Tag:
        return self._tags[tag_id]

    def get(self, name: str) -> int | None:
        """The id of a name, or None."""
        return self._ids.get(name)

    def id_of(self, name: str, type: TagType = TagType.NUMBER) -> int:
        """The id of a name; a new name is added. Raises Misconfigured when the tag has another type."""
        with self._lock:
            found = self._ids.get(name)
            if found is None:
                found = len(self._tags)
                self._tags.append(Tag(name, type))
                self._ids[name] = found
            elif self._tags[found].type != type:
                raise Misconfigured(
                    f"{name}: is a {self._tags[found].type} tag in this data folder, now it comes as {type}; "
                    "a tag never changes its type: give it another name"
                )
            return found

    def ids_of(self, names: Sequence[str], type: TagType = TagType.NUMBER) -> NDArray[np.int32]:
        """The ids of many names of one type."""
        return np.array([self.id_of(name, type) for name in names], dtype=np.int32)

    def rename(self, name: str, to: str) -> int:
        """Give a tag another name; it keeps its id, which is returned. Raises KeyError; ValueError for a taken name."""
        with self._lock:
            if to in self._ids:
                raise ValueError(f"{to}: is a tag already")
            found = self._ids.pop(name)
            self._ids[to] = found
            self._tags[found] = Tag(to, self._tags[found].type)
            return found

    def describe(self, tag_id: int, facts: Facts) -> None:
        """Remember what a source says of a tag."""
        self._facts[tag_id] = facts

    def facts(self, tag_id: int) -> Facts:
        """What the tag's source says of it, as far as it was heard since the start."""
        return self._facts.get(tag_id, NO_FACTS)

    def since(self, position: int) -> list[tuple[int, Tag]]:
        """Tags added from this position on, with their ids."""
        return list(enumerate(self._tags[position:], start=position))

    def names(self) -> list[str]:
        """All names, by id."""
        return [tag.name for tag in self._tags]
