"""What people's questions may rely on: records that overlap a span, as columns, as quarters, as they were believed."""

import pytest

from tests.contract.stores import STORES
from twin.core.fold import Record
from twin.core.history import Publication
from twin.core.instant import FAR_FUTURE, MINUTE


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    with STORES[request.param](tmp_path) as opened:
        yield opened


def state(start, end, key="m1", name="running"):
    return Record(0, "state", key, start, end, (("state", name),))


def count(start, pieces, key="m1/total", jumps=0):
    data = (("jumps", jumps), ("pieces", pieces), ("resets", 0), ("wraps", 0))
    return Record(0, "count", key, start, start + MINUTE, data)


def test_records_are_found_where_they_overlap_by_key_then_start(store):
    kept = [state(0, 10), state(10, 20, name="down"), state(20, 30), state(0, 30, key="m0"), state(0, 30, key="m2")]
    store.results.publish(Publication(100, kept))
    found = store.results.records("state", ["m1", "m0"], 10, 20)
    assert found == [(kept[3], 100), (kept[1], 100)]
    assert store.results.records("state", ["m1"], 9, 11) == [(kept[0], 100), (kept[1], 100)]
    assert store.results.records("count", ["m1"], 0, 30) == []
    assert store.results.records("state", [], 0, 30) == []


def test_records_are_told_as_they_were_believed(store):
    first, second = state(0, 10), state(0, 10, name="down")
    store.results.publish(Publication(100, [first]))
    store.results.publish(Publication(105, corrected=[second], removed=[first]))
    told = [store.results.records("state", ["m1"], 0, 10, known) for known in (99, 100, 104, 105, FAR_FUTURE)]
    assert told == [[], [(first, 100)], [(first, 100)], [(second, 105)], [(second, 105)]]


def test_columns_tell_the_same_by_key_as_asked_then_end(store):
    kept = [state(0, 10), state(10, 20, name="down"), state(20, 30), state(5, 25, key="m0")]
    store.results.publish(Publication(100, kept))
    found = store.results.columns("state", ["m1", "m0", "m2"], 5, 25)
    assert found.key.tolist() == [0, 0, 0, 1]
    assert (found.start.tolist(), found.end.tolist()) == ([0, 10, 20, 5], [10, 20, 30, 25])
    assert [found.distinct[place]["state"] for place in found.data] == ["running", "down", "running", "running"]
    none = store.results.columns("state", ["m9"], 0, 30)
    assert (len(none.key), len(none.start), list(none.distinct)) == (0, 0, [])


def test_quarters_sum_what_is_believed_now(store):
    first, later = count(14 * MINUTE, 7), count(14 * MINUTE, 9, jumps=1)
    store.results.publish(Publication(100, [count(0, 5), first, count(15 * MINUTE, 3), count(0, 50, key="m2/total")]))
    store.results.publish(Publication(101, corrected=[later], removed=[first]))
    found = store.results.quarters(["m1/total", "m3/total"], 0, 30 * MINUTE)
    one = found["m1/total"]
    assert (one.start.tolist(), one.pieces.tolist(), one.jumps.tolist()) == ([0, 15 * MINUTE], [14, 3], [1, 0])
    assert len(found["m3/total"].start) == 0
    assert store.results.quarters(["m1/total"], 15 * MINUTE, 20 * MINUTE)["m1/total"].pieces.tolist() == [3]
    assert store.results.quarters(["m1/total"], 0, 10 * MINUTE)["m1/total"].pieces.tolist() == [14]
