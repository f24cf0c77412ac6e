"""Rows under construction: columns by the piece, single rows between them, and what no row could hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.decode.repeats import Apart, Came, apart
from connectors.opcua.decode.value import Cell
from twin.core.batch import Batch, canonical, text_column

NO_TIMES = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Unheld:
    """A value, or the rest of a message, that no column could hold."""

    cause: str
    place: str
    payload: bytes


@dataclass(slots=True)
class Rows:
    """Columns under construction, and what was noticed on the way. overflow, repeats: so many values."""

    arrival: int = 0
    pieces: list[Came] = field(default_factory=list[Came])
    single: list[tuple[int, int, float, int, str | None]] = field(
        default_factory=list[tuple[int, int, float, int, str | None]]
    )
    unheld: list[Unheld] = field(default_factory=list[Unheld])
    overflow: int = 0
    repeats: int = 0

    def __len__(self) -> int:
        return sum(len(piece.tag) for piece in self.pieces) + len(self.single)

    def extend(
        self,
        tag: NDArray[np.int32],
        time: NDArray[np.int64],
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        text: NDArray[Any] | None = None,
        own: NDArray[np.int64] | None = None,
    ) -> None:
        """Rows as columns. own: the samples' own times where the rule keeps others."""
        self.flush()
        if len(tag):
            self.pieces.append(Came(tag, time, value, status, text, own))

    def add(self, tag: int, time: int, cell: Cell, status: int) -> None:
        """One row."""
        self.single.append((tag, time, cell[0], status, cell[1]))

    def flush(self) -> None:
        """Single rows become a piece."""
        if not self.single:
            return
        tag, time, value, status, text = zip(*self.single, strict=True)
        self.single = []
        self.pieces.append(
            Came(
                np.array(tag, dtype=np.int32), np.array(time, dtype=np.int64), np.array(value, dtype=np.float64),
                np.array(status, dtype=np.uint32), text_column(text), None,
            )
        )  # fmt: skip

    def batch(self, source: str, before: Apart | None = None) -> Batch | None:
        """The columns, exact repeats left out and rows of one tag and time kept apart; None when there is no row.

        before: what came in the messages before, and is told of this one.
        """
        self.flush()
        if not self.pieces:
            return None
        came = self.pieces[0] if len(self.pieces) == 1 else joined(self.pieces)
        if before is not None:
            before.arrival = self.arrival
        new = apart(came, before)
        self.repeats += len(came.tag) - len(new.tag)
        if not len(new.tag):
            return None
        return Batch(source, new.tag, new.time, canonical(new.value), new.status, new.text)


def joined(pieces: list[Came]) -> Came:
    """Pieces in a row."""
    text = None
    if any(piece.text is not None for piece in pieces):
        text = np.concatenate([np.full(len(p.tag), None, dtype=object) if p.text is None else p.text for p in pieces])
    has_own = any(piece.own is not None for piece in pieces)
    own = np.concatenate([p.time if p.own is None else p.own for p in pieces]) if has_own else None
    return Came(
        np.concatenate([p.tag for p in pieces]), np.concatenate([p.time for p in pieces]),
        np.concatenate([p.value for p in pieces]), np.concatenate([p.status for p in pieces]), text, own,
    )  # fmt: skip
