"""Tally: what one machine made for each order, by its counters where one order ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Made:
    """One order at one machine. start, end: ms; end: None while it works on it. total, reject: pieces, and the bad ones
    among them; of an order that it works on, counted up to its last change.
    """

    order: int
    start: int
    end: int | None = None
    total: int = 0
    reject: int = 0


class Tally:
    """Orders of one machine in the order in which it made them. total, reject: where its counters stand at first."""

    def __init__(self, order: int, now: int, total: int, reject: int) -> None:
        self._made = [Made(order, now)]
        self._total = total
        self._reject = reject

    @property
    def order(self) -> int:
        """The order that it works on."""
        return self._made[-1].order

    def change(self, order: int, now: int, total: int, reject: int) -> None:
        """From now on its pieces are those of this order; where its counters stand."""
        last = self._made[-1]
        if order != last.order:
            self._count(total, reject)
            last.end = now
            self._made.append(Made(order, now))

    def made(self, total: int, reject: int) -> list[Made]:
        """All orders so far; where its counters stand."""
        self._count(total, reject)
        return list(self._made)

    def _count(self, total: int, reject: int) -> None:
        last = self._made[-1]
        last.total += total - self._total
        last.reject += reject - self._reject
        self._total, self._reject = total, reject
