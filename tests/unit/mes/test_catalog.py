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


DATED = st.lists(st.tuples(st.integers(1, 100), st.integers(3, 5)), max_size=3, unique_by=lambda one: one[0]).map(
    lambda rates: {"filler": tuple(sorted(rates))} if rates else {}
)


@given(st.lists(st.tuples(st.integers(1, 100), RATES, DATED), min_size=1, max_size=4, unique_by=lambda one: one[0]))
def test_the_dated_rates_of_the_newest_edition_count_for_all_time(listed) -> None:
    listed = sorted(listed, key=lambda one: one[0])
    one = Catalog.over([since for since, *_ in listed], [{"cola": Product("cola", 17, *rest)} for _, *rest in listed])
    for instant in range(120):
        [making] = one.named(instant, instant + 1, "cola", 17)
        _, ideal, dated = listed[max(sum(since <= instant for since, *_ in listed) - 1, 0)]
        rate = ideal.get("filler")
        for of in (dated, listed[-1][2]):
            rate = next((ns for at, ns in reversed(of.get("filler", ())) if at <= instant), rate)
        assert making.product == Product("cola", 17, {} if rate is None else {"filler": rate})
