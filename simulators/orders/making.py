"""Making orders: the book feeds the head of a line; each machine changes over when the next order's pieces reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from simulators.orders.book import BookSpec, OrderBook
from simulators.orders.tally import Tally
from simulators.samples import NS_PER_MS
from simulators.stoppage import Stop, stop

if TYPE_CHECKING:
    from simulators.hall import Hall
    from simulators.machine import Machine
    from simulators.station import Station

CHANGEOVER, ORDER_END = "changeover", "order end"
ORDER, PRODUCT = "order", "recipe"
"""Settings of a machine that show the number of the order and the code of its product, where it has them."""


class BookSource:
    """Pieces of the book: the head of a line takes from it as from a buffer. given: how many it gave."""

    def __init__(self, book: OrderBook) -> None:
        self.hungry: list[Callable[[], None]] = []
        self.given = 0
        self._book = book

    @property
    def level(self) -> int:
        """Pieces of the order that are left."""
        return self._book.left

    def ready(self, pieces: int) -> int | None:
        """The order of the next pieces, None at the end of the book. What is too little for a piece is left out."""
        while self._book.next is not None and self._book.left < pieces:
            self._book.leave_out()
        return self._book.next

    def take(self, pieces: int) -> None:
        """Pieces out."""
        self.given += pieces
        self._book.take(pieces)


class Making:
    """Orders in one life. Pieces that stand in the buffers at first belong to the first order."""

    def __init__(self, hall: Hall, spec: BookSpec) -> None:
        self._agenda = hall.agenda
        self._machines = hall.machines
        self._book = OrderBook(spec)
        self._tallies: dict[str, Tally] = {}
        for name, machine in hall.machines.items():
            if not machine.spec.infeed:
                check_amounts(spec, name, machine.station.spec.takes)
                hall.sources[name] = source = BookSource(self._book)
                machine.station.infeed = source
            station = machine.station
            self._tallies[name] = Tally(spec.first, hall.agenda.now, station.total, station.reject)
            station.prepare = self._prepare
            self._show(machine, spec.first)

    def _prepare(self, station: Station, order: int) -> Stop | None:
        name, book = station.spec.name, self._book
        tally, number = self._tallies[name], order or book.spec.first
        before = tally.order
        if number == before:
            return None
        tally.change(number, self._agenda.now, station.total, station.reject)
        machine, spec = self._machines[name], station.spec
        changes = book.changes(before, number)
        cause, phases = (CHANGEOVER, spec.changeover) if changes else (ORDER_END, spec.order_end)
        if not phases:
            self._show(machine, number)
            return None
        return stop(cause, phases, station.stream, lambda: self._show(machine, number))

    def _show(self, machine: Machine, number: int) -> None:
        """It is set up for an order now: its speed, and what it shows."""
        product = self._book.product(number)
        machine.station.cycle_ms = product.cycle_ms.get(machine.spec.name, machine.station.spec.cycle_ms)
        for setting, value in ((ORDER, number), (PRODUCT, product.code)):
            if setting in machine.spec.settings:
                machine.show(setting, value)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """One for each order and machine that began before an instant (ms)."""
        for name, tally in self._tallies.items():
            machine = self._machines[name]
            for made in tally.made(machine.station.total, machine.station.reject):
                what = {"order": made.order, "product": self._book.product(made.order).name, "machine": machine.path}
                end = None if made.end is None else made.end * NS_PER_MS
                counts = {"total": made.total, "reject": made.reject}
                yield {"kind": "order", **what, "start": made.start * NS_PER_MS, "end": end, **counts}


def check_amounts(spec: BookSpec, machine: str, takes: int) -> None:
    """Raise ValueError for an order that gives the head of the line nothing to do."""
    for order in spec.orders:
        if order.amount < takes:
            raise ValueError(
                f"an order for {order.amount} of '{order.product}': machine {machine!r} takes {takes} at once"
            )
