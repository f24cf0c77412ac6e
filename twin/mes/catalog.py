"""Catalog: the products of a plant over time. A piece is judged by the ideal rate of the time in which it was made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.mes.plan import Making
from twin.model.plant import Product

Products = Mapping[str, Product]
"""By name."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """products[i] count from since[i] on, ns, until the next ones do; the first ones for all time before, too.

    An edition of the model brings its own (docs/decisions/0012-editions.md): a rate that is raised today makes no
    machine of last month slower.
    """

    since: Sequence[int]
    products: Sequence[Products]

    @staticmethod
    def always(products: Products) -> Catalog:
        """Of a plant that never had others."""
        return Catalog.over([FAR_PAST], [products])

    @staticmethod
    def over(since: Sequence[int], products: Sequence[Products]) -> Catalog:
        """Of editions, each with what it says from dates on. The dated rates of the newest count for all time, like its
        dated scales: by one line with a date a wrong rate is mended for the past.
        """
        dates = {
            at for one in products for product in one.values() for rates in product.dated.values() for at, _ in rates
        }
        if not dates:
            return Catalog(since, products)
        cuts = sorted({FAR_PAST, *since, *dates})
        of_edition = (products[max(bisect_right(since, at) - 1, 0)] for at in cuts)
        return Catalog(cuts, [_at(one, products[-1], at) for one, at in zip(of_edition, cuts, strict=True)])

    def named(self, start: int, end: int, name: str | None, code: int | None) -> Iterator[Making]:
        """What was made in [start, end), cut where its product was defined anew."""
        return self._made(start, end, lambda products: products.get(str(name)), code)

    def only(self) -> Iterator[Making]:
        """Of a line that shows no product: the only one there is, while there is one only."""
        for one in self._made(FAR_PAST, FAR_FUTURE, _only, None):
            if one.product is not None:
                yield replace(one, code=one.product.code)

    def _made(
        self, start: int, end: int, product_of: Callable[[Products], Product | None], code: int | None
    ) -> Iterator[Making]:
        place = max(bisect_right(self.since, start) - 1, 0)
        under_way: Making | None = None
        for products, until in zip(self.products[place:], [*self.since[place + 1 :], FAR_FUTURE], strict=True):
            product = product_of(products)
            if under_way is not None and under_way.product != product:
                yield under_way
                under_way = None
            under_way = Making(start if under_way is None else under_way.start, min(until, end), product, code)
            start = until
            if start >= end:
                break
        if under_way is not None:
            yield under_way


def _at(products: Products, newest: Products, instant: int) -> Products:
    """The products of an edition at an instant, each with the one rate that counts at a machine."""
    found: dict[str, Product] = {}
    for name, product in products.items():
        ideal = dict(product.ideal)
        for dated in (product.dated, newest[name].dated if name in newest else {}):
            ideal |= {machine: rate for machine, rates in dated.items() for at, rate in rates if at <= instant}
        found[name] = Product(name, product.code, ideal)
    return found


def _only(products: Products) -> Product | None:
    return next(iter(products.values())) if len(products) == 1 else None
