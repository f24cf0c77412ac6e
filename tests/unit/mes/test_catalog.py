"""Products over time: every instant has the product of its own edition, and what did not change is not cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import FAR_PAST
from twin.mes.catalog import Catalog
from twin.model.plant import Product

RATES = st.sampled_from([{}, {"filler": 1}, {"filler": 2}])
EDITIONS = st.lists(
    st.tuples(st.integers(1, 100), st.one_of(st.none(), RATES)), max_size=6, unique_by=lambda one: one[0]
)


def catalog(first: dict[str, int] | None, later: list[tuple[int, dict[str, int] | None]]) -> Catalog:
    """None: an edition that does not know cola."""
    listed = [(FAR_PAST, first), *sorted(later, key=lambda one: one[0])]
    products = [{} if ideal is None else {"cola": Product("cola", 17, ideal)} for _, ideal in listed]
    return Catalog([since for since, _ in listed], products)


@given(st.one_of(st.none(), RATES), EDITIONS, st.integers(-20, 120), st.integers(1, 50))
def test_every_instant_has_the_product_of_its_edition(first, later, start: int, length: int) -> None:
    one = catalog(first, later)
    made = list(one.named(start, start + length, "cola", 17))
    assert [made[0].start, made[-1].end] == [start, start + length]
    for before, after in pairwise(made):
        assert before.end == after.start
        assert before.product != after.product
    for instant in range(start, start + length):
        place = sum(since <= instant for since in one.since) - 1
        (making,) = [part for part in made if part.start <= instant < part.end]
        assert making.product == one.products[place].get("cola")
        assert making.code == 17


@given(st.one_of(st.none(), RATES), EDITIONS)
def test_a_line_that_shows_nothing_makes_the_only_product_there_is(first, later) -> None:
    one = catalog(first, later)
    for making in one.only():
        assert making.code == 17
        assert all(
            products == {"cola": making.product}
            for since, products in zip(one.since, one.products, strict=True)
            if making.start <= since < making.end
        )
