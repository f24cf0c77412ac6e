"""The order book: every piece belongs to one order, every order gets its amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.orders.book import BookSpec, OrderBook, OrderSpec, ProductSpec
from simulators.orders.making import BookSource
from simulators.orders.tally import Tally

PRODUCTS = (ProductSpec("cola", 1), ProductSpec("lemon", 2, {"filler": 600}), ProductSpec("water", 3))
ORDERS = st.lists(
    st.builds(OrderSpec, st.sampled_from([p.name for p in PRODUCTS]), st.integers(3, 40)), min_size=1, max_size=6
).map(tuple)


@given(ORDERS, st.booleans(), st.integers(0, 300), st.integers(1, 3))
def test_the_sum_of_the_orders_is_the_pieces(orders, repeats, wanted, takes):
    book = OrderBook(BookSpec(PRODUCTS, orders, repeats=repeats))
    source, tally = BookSource(book), Tally(1001, 0, 500, 50)
    total, reject = 500, 50
    for now in range(wanted):
        number = source.ready(takes)
        if number is None:
            break
        tally.change(number, now, total, reject)
        source.take(takes)
        total, reject = total + 1, reject + (now % 7 == 0)
    whole, taken = sum(order.amount // takes for order in orders), total - 500
    assert taken == wanted if repeats and whole else taken == min(wanted, whole)
    assert source.given == book.started == taken * takes
    made = tally.made(total, reject)
    assert sum(one.total for one in made) == taken
    assert sum(one.reject for one in made) == reject - 50
    assert [one.order for one in made] == sorted({one.order for one in made})
    for one in made[:-1]:
        assert one.total in {0, book.order(one.order).amount // takes}
    for one in made:
        assert 0 <= one.reject <= one.total <= book.order(one.order).amount // takes


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
