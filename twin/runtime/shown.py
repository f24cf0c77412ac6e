"""What a question about the past needs: a plant, what was believed, what people said. A running twin and a twin in
memory both have it, so both answer with the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from twin.core.fold import Record
from twin.core.history import Events
from twin.core.instant import FAR_FUTURE
from twin.mes.tally import Counted
from twin.model.plant import Plant
from twin.store.columns import Columns


class ResultReads(Protocol):
    """The records of a store, for people."""

    def records(
        self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE
    ) -> list[tuple[Record, int]]:
        """Records of a kind that overlap [start, end), as known, with their known_from; by key, then start."""
        ...

    def columns(self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE) -> Columns:
        """The same as columns, by key, then end, of kinds whose records of one key follow each other."""
        ...

    def quarters(self, keys: Sequence[str], start: int, end: int) -> Mapping[str, Counted]:
        """What each counter counted in the quarters of an hour that begin in [start, end), as believed now."""
        ...


class Shown(Protocol):
    """A twin as far as questions about the past read it."""

    @property
    def plant(self) -> Plant:
        """The model."""
        ...

    @property
    def results(self) -> ResultReads:
        """What the folds made."""
        ...

    @property
    def reader(self) -> Events:
        """The log."""
        ...
