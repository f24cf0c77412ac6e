"""Tally: what one machine did for each order. All instants are ms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Made:
    """One order at one machine. end: None while it works on it. total, reject: pieces, the bad ones among them."""

    order: int
    start: int
    end: int | None = None
    total: int = 0
    reject: int = 0


class Tally:
    """Orders of one machine in the order in which it made them."""

    def __init__(self) -> None:
        self.made: list[Made] = []

    def begin(self, order: int, now: int) -> None:
        """From now on its pieces are those of this order."""
        if self.made:
            if self.made[-1].order == order:
                return
            self.made[-1].end = now
        self.made.append(Made(order, now))

    def count(self, bad: bool) -> None:
        """One piece more of the order it is in."""
        self.made[-1].total += 1
        self.made[-1].reject += bad
