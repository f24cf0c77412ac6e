"""What reads of samples need: a running twin is such, and a data folder on which none runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from twin.core.ports import Clock
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.archive import Past
from twin.runtime.live import Meaning
from twin.store.reader import LogReader


class AsOf(Protocol):
    """A view, as far as its time goes."""

    @property
    def as_of(self) -> int:
        """Rows are known up to here, ns."""
        ...


class Named(Protocol):
    """A model and the tags under its names: what runs, or what counted at a past instant."""

    @property
    def plant(self) -> Plant:
        """The plant file."""
        ...

    @property
    def tags(self) -> TagTable:
        """Names and ids of all tags."""
        ...


class Owned(Named, Protocol):
    """... and which connection brings each."""

    @property
    def owners(self) -> Mapping[str, str]:
        """Tag -> connection."""
        ...


class Readable(Named, Protocol):
    """Rows of tags, what the plant file says of them, and the time."""

    @property
    def meaning(self) -> Meaning:
        """From the wire's numbers to values."""
        ...

    @property
    def reader(self) -> LogReader:
        """The log and its files."""
        ...

    @property
    def past(self) -> Past:
        """The log and the archives behind it."""
        ...

    @property
    def clock(self) -> Clock:
        """The time now."""
        ...

    def live(self) -> AsOf:
        """The newest view."""
        ...
