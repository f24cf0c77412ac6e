"""What folding may rely on when it leaves its results."""

from twin.core.fold import Record
from twin.core.history import Late, Publication, Snapshot
from twin.core.instant import FAR_FUTURE


def record(start, end, unit=0, state="running", key="m1"):
    return Record(unit, "state", key, start, end, (("state", state),))


def test_records_are_found_by_their_end(store):
    kept = [record(0, 10), record(10, 20), record(20, 30), record(5, 15, unit=1)]
    store.results.publish(Publication(100, kept))
    assert sorted(store.results.current(0, 10, 30)) == kept[:2]
    assert store.results.current(1, 0, 15) == []
    assert store.results.current(1, 0, 16) == [kept[3]]


def test_a_record_taken_back_is_believed_no_more_and_may_return(store):
    first, second = record(0, 10), record(0, 10, state="down")
    store.results.publish(Publication(100, [first]))
    store.results.publish(Publication(101, corrected=[second], removed=[first]))
    assert store.results.current(0, 0, 100) == [second]
    store.results.publish(Publication(102, corrected=[first], removed=[second]))
    assert store.results.current(0, 0, 100) == [first]


def test_the_same_record_again_changes_nothing(store):
    store.results.publish(Publication(100, [record(0, 10)]))
    store.results.publish(Publication(101, [record(0, 10)], corrected=[record(0, 10)]))
    assert store.results.current(0, 0, 100) == [record(0, 10)]


def test_records_that_differ_in_one_column_are_others(store):
    some = [record(0, 10), record(1, 10), record(0, 11), record(0, 10, state="idle"), record(0, 10, key="m2")]
    store.results.publish(Publication(100, some))
    store.results.publish(Publication(101, removed=[some[0]]))
    assert sorted(store.results.current(0, 0, 100)) == sorted(some[1:])


def test_the_newest_fit_snapshot_is_given(store):
    kept = [
        Snapshot(0, 10, 100, b"a"),
        Snapshot(0, 20, 100, b"b"),
        Snapshot(0, 20, 105, b"c"),
        Snapshot(1, 20, 90, b"d"),
    ]
    store.results.publish(Publication(100, snapshots=kept))
    before = store.results.snapshot_before
    assert before(0, 9, FAR_FUTURE) is None
    assert before(0, 20, 99) is None
    assert before(0, 19, FAR_FUTURE) == kept[0]
    assert before(0, 20, 104) == kept[1]
    assert before(0, FAR_FUTURE, FAR_FUTURE) == kept[2]
    assert before(1, FAR_FUTURE, FAR_FUTURE) == kept[3]


def test_a_snapshot_of_the_same_frontier_and_known_takes_the_place_of_the_first(store):
    store.results.publish(Publication(100, snapshots=[Snapshot(0, 10, 100, b"a")]))
    store.results.publish(Publication(100, snapshots=[Snapshot(0, 10, 100, b"b")]))
    assert store.results.snapshot_before(0, 10, 100) == Snapshot(0, 10, 100, b"b")


def test_late_entries_are_listed_by_recorded(store):
    late = [Late(0, 50, 7), Late(0, 51, 3), Late(1, 51, 9), Late(0, 60, 1)]
    store.results.publish(Publication(60, late=late))
    assert sorted(store.results.lateness(0, 50, 59), key=repr) == [Late(0, 51, 3)]
    assert sorted(store.results.lateness(0, 49, 60), key=repr) == sorted([late[0], late[1], late[3]], key=repr)
