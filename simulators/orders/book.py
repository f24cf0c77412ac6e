"""Order book: products and amounts one after the other; the machines at the head of a line take pieces from it.

An order ends at the head when its amount is taken. Behind it, each machine is in the order of the pieces in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.hall import Hall, Role


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """code: the number that the wire shows. cycle_ms: machine -> its time for one piece, where it is not the usual."""

    name: str
    code: int
    cycle_ms: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """amount: pieces that the head of the line starts for it."""

    product: str
    amount: int


@dataclass(frozen=True, slots=True)
class BookSpec:
    """orders: in the order in which they are made, numbered from `first` on. repeats: after the last comes the first
    again, under a new number; else the line runs empty.
    """

    products: tuple[ProductSpec, ...]
    orders: tuple[OrderSpec, ...]
    first: int = 1001
    repeats: bool = True

    def __post_init__(self) -> None:
        known = [product.name for product in self.products]
        for order in self.orders:
            if order.product not in known:
                raise ValueError(f"an order is for product '{order.product}'; there are: {', '.join(known)}")
            if order.amount < 1:
                raise ValueError(f"an order for {order.amount} of '{order.product}': take 1 or more")
        codes = [product.code for product in self.products]
        if len(set(codes)) < len(codes) or len(set(known)) < len(known):
            raise ValueError("two products have the same name or code")
        if not self.orders:
            raise ValueError("the order book is empty")

    @property
    def values(self) -> tuple[str, ...]:
        """It sends none of its own."""
        return ()

    def enter(self, hall: Hall) -> Role:
        """The line makes these orders."""
        from simulators.orders.making import Making  # noqa: PLC0415 - it needs the book below

        return Making(hall, self)


class OrderBook:
    """The book of one life. left: pieces of the order in hand. started, left_out: pieces taken so far, and pieces that
    were too few at the end of an order for a machine that takes several at a time.
    """

    def __init__(self, spec: BookSpec) -> None:
        self.spec = spec
        self.started = self.left_out = 0
        self._products = {product.name: product for product in spec.products}
        self._place = 0
        self.left = spec.orders[0].amount

    @property
    def next(self) -> int | None:
        """Number of the order that the next piece belongs to; None when all are made."""
        if self.left == 0:
            if not self.spec.repeats and self._place + 1 == len(self.spec.orders):
                return None
            self._place += 1
            self.left = self._of(self._place).amount
        return self.spec.first + self._place

    def take(self, pieces: int = 1) -> None:
        """The head of the line starts pieces of the order `next`; they are there."""
        self.left -= pieces
        self.started += pieces

    def leave_out(self) -> None:
        """The order in hand ends before its last pieces."""
        self.left_out += self.left
        self.left = 0

    def order(self, number: int) -> OrderSpec:
        """What an order is for."""
        return self._of(number - self.spec.first)

    def product(self, number: int) -> ProductSpec:
        """The product of an order."""
        return self._products[self.order(number).product]

    def changes(self, before: int | None, after: int) -> bool:
        """Whether a machine must change over between two orders; None: it has just been switched on, set up."""
        return before is not None and self.product(before).name != self.product(after).name

    def _of(self, place: int) -> OrderSpec:
        return self.spec.orders[place % len(self.spec.orders)]
