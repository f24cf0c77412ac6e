"""What folding may rely on when it reads the log."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import STORES
from twin.core.batch import batch, texts
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.routing import HORIZON


def rows(samples):
    text = [None] * len(samples) if samples.text is None else samples.text.tolist()
    columns = (samples.tag, samples.time, samples.value.view(np.int64), samples.status, samples.recorded)
    return sorted(zip(*[column.tolist() for column in columns], text, strict=True), key=repr)


def of(recorded, item):
    columns = (item.tag, item.time, item.value.view(np.int64), item.status)
    return [
        (*numbers, recorded, text)
        for *numbers, text in zip(*[column.tolist() for column in columns], texts(item), strict=True)
    ]


ITEMS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 100),
        st.floats(width=64),
        st.sampled_from([0, 0x40000000, 0x80000000, 0xFFFFFFFF]),
        st.none() | st.text(max_size=4),
    ),
    min_size=1,
    max_size=8,
).map(lambda found: batch("s", *[list(column) for column in zip(*found, strict=True)]))
EVENTS = st.builds(Event, st.integers(0, 100), st.sampled_from(["a", "a.b", "gap"]), st.text(max_size=5))


@pytest.mark.parametrize("kind", STORES.values(), ids=STORES)
@settings(max_examples=30)
@given(
    items=st.lists(ITEMS | EVENTS, max_size=8),
    start=st.integers(0, 110),
    length=st.integers(0, 110),
    known=st.integers(0, 40),
)
def test_reads_give_exactly_the_entries_asked_for(kind, tmp_path_factory, items, start, length, known):
    with kind(tmp_path_factory.mktemp("store")) as store:
        entries = [(number * 4 + 1, item) for number, item in enumerate(items)]
        for entry in entries:
            store.put(*entry)
        piece = store.history.read(start, start + length, known)
        since = store.history.since(start, known)
    batches = [(r, i) for r, i in entries if not isinstance(i, Event)]
    events = [(r, i) for r, i in entries if isinstance(i, Event)]
    inside = [row for r, i in batches if r <= known for row in of(r, i) if start <= row[1] < start + length]
    assert rows(piece.samples) == sorted(inside, key=repr)
    assert sorted(piece.events, key=repr) == sorted(
        [(r, e) for r, e in events if r <= known and start <= e.time < start + length], key=repr
    )
    after = [row for r, i in batches if start < r <= known for row in of(r, i)]
    assert rows(since.samples) == sorted(after, key=repr)
    assert list(since.events) == [(r, e) for r, e in events if start < r <= known]


def test_values_come_back_to_the_bit(store):
    odd = [math.nan, -0.0, 5e-324, 1.7976931348623157e308, math.inf, 0.1 + 0.2]
    item = batch("s", range(6), range(6), odd, [0, 1, 2, 3, 0x80000000, 0xFFFFFFFF], ["", "é\n'", None, "∞", "\0", "x"])
    store.put(5, item)
    samples = store.history.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
    samples = samples.take(np.argsort(samples.time))
    assert samples.value.tobytes() == item.value.tobytes()
    assert samples.status.tolist() == item.status.tolist()
    assert samples.text is not None
    assert samples.text.tolist() == texts(item)


def test_first_is_the_earliest_time_that_may_be_folded(store):
    assert store.history.first() is None
    now = 3 * HORIZON
    store.put(now, batch("s", [0], [now - 2 * HORIZON], [1.0]))
    assert store.history.first() is None
    store.put(now + 1, batch("s", [0, 0], [now - 2 * HORIZON, now - 5], [1.0, 2.0]))
    assert store.history.first() == now + 1 - HORIZON
    store.put(now + 2, Event(now - 9, "gap", "x"))
    assert store.history.first() == now + 1 - HORIZON


def test_first_is_the_first(store):
    store.put(1000, batch("s", [0, 0], [90, 70], [1.0, 2.0]))
    store.put(1001, Event(80, "gap", "x"))
    assert store.history.first() == 70
