"""The order book: every piece belongs to one order, every order gets its amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.orders.book import BookSpec, OrderBook, OrderSpec, ProductSpec
from simulators.orders.tally import Tally

PRODUCTS = (ProductSpec("cola", 1), ProductSpec("lemon", 2, {"filler": 600}), ProductSpec("water", 3))
ORDERS = st.lists(
    st.builds(OrderSpec, st.sampled_from([p.name for p in PRODUCTS]), st.integers(1, 40)), min_size=1, max_size=6
).map(tuple)


@given(ORDERS, st.booleans(), st.integers(0, 300))
def test_the_sum_of_the_orders_is_the_pieces(orders, repeats, wanted):
    book, tally = OrderBook(BookSpec(PRODUCTS, orders, repeats=repeats)), Tally()
    taken = 0
    for now in range(wanted):
        number = book.next
        if number is None:
            break
        tally.begin(number, now)
        book.take()
        tally.count(bad=now % 7 == 0)
        taken += 1
    whole = sum(order.amount for order in orders)
    assert taken == book.started == (wanted if repeats else min(wanted, whole))
    assert sum(made.total for made in tally.made) == taken
    assert [made.order for made in tally.made] == list(range(1001, 1001 + len(tally.made)))
    for made in tally.made[:-1]:
        assert made.total == book.order(made.order).amount
        assert made.end is not None
        assert made.start < made.end
    for made in tally.made:
        assert 0 <= made.reject <= made.total <= book.order(made.order).amount


def test_a_changeover_is_wanted_between_different_products_only():
    book = OrderBook(BookSpec(PRODUCTS, (OrderSpec("cola", 1), OrderSpec("cola", 1), OrderSpec("water", 1))))
    assert not book.changes(None, 1001)
    assert not book.changes(1001, 1002)
    assert book.changes(1002, 1003)
    assert book.changes(1003, 1004)
    assert book.product(1004).name == "cola"


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        ((OrderSpec("beer", 1),), "product 'beer'; there are: cola, lemon, water"),
        ((OrderSpec("cola", 0),), "take 1 or more"),
        ((), "empty"),
    ],
)
def test_a_book_that_makes_no_sense_is_refused(orders, says):
    with pytest.raises(ValueError, match=says):
        BookSpec(PRODUCTS, orders)


def test_products_must_differ():
    with pytest.raises(ValueError, match="same name or code"):
        BookSpec((ProductSpec("a", 1), ProductSpec("b", 1)), (OrderSpec("a", 1),))
