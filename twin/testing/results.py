"""The half of check_store that is about results: records, snapshots and late entries."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from twin.core.fold import Record
from twin.core.history import Late, Publication, Snapshot
from twin.core.instant import FAR_FUTURE
from twin.testing.contract import clause, require, shown

if TYPE_CHECKING:
    from twin.testing.stores import StoreUnderTest

Fresh = Callable[[], "AbstractContextManager[StoreUnderTest]"]


def check_results(fresh: Fresh) -> None:
    """Run the clauses; raises ContractBroken."""
    _check_ends(fresh)
    _check_taken_back(fresh)
    _check_the_same_again(fresh)
    _check_apart(fresh)
    _check_snapshots(fresh)
    _check_late(fresh)


def record(start: int, end: int, unit: int = 0, state: str = "running", key: str = "m1") -> Record:
    """A state of a machine."""
    return Record(unit, "state", key, start, end, (("state", state),))


def _check_ends(fresh: Fresh) -> None:
    kept = [record(0, 10), record(10, 20), record(20, 30), record(5, 15, unit=1)]
    with clause("`current(unit, start, end)` gives the records of the unit that end in [start, end)"), fresh() as store:
        store.results.publish(Publication(100, kept))
        _same(store.results.current(0, 10, 30), kept[:2])
        _same(store.results.current(1, 0, 15), [])
        _same(store.results.current(1, 0, 16), [kept[3]])


def _check_taken_back(fresh: Fresh) -> None:
    first, second = record(0, 10), record(0, 10, state="down")
    with clause("a record that is removed is believed no more, and may return"), fresh() as store:
        store.results.publish(Publication(100, [first]))
        store.results.publish(Publication(101, corrected=[second], removed=[first]))
        _same(store.results.current(0, 0, 100), [second])
        store.results.publish(Publication(102, corrected=[first], removed=[second]))
        _same(store.results.current(0, 0, 100), [first])


def _check_the_same_again(fresh: Fresh) -> None:
    with clause("a record that is published again stays one record"), fresh() as store:
        store.results.publish(Publication(100, [record(0, 10)]))
        store.results.publish(Publication(101, [record(0, 10)], corrected=[record(0, 10)]))
        _same(store.results.current(0, 0, 100), [record(0, 10)])


def _check_apart(fresh: Fresh) -> None:
    some = [record(0, 10), record(1, 10), record(0, 11), record(0, 10, state="idle"), record(0, 10, key="m2")]
    with clause("records that differ in one column are different records"), fresh() as store:
        store.results.publish(Publication(100, some))
        store.results.publish(Publication(101, removed=[some[0]]))
        _same(store.results.current(0, 0, 100), some[1:])


def _check_snapshots(fresh: Fresh) -> None:
    kept = [
        Snapshot(0, 10, 100, b"a"),
        Snapshot(0, 20, 100, b"b"),
        Snapshot(0, 20, 105, b"c"),
        Snapshot(1, 20, 90, b"d"),
    ]
    asked = [
        ((0, 9, FAR_FUTURE), None),
        ((0, 20, 99), None),
        ((0, 19, FAR_FUTURE), kept[0]),
        ((0, 20, 104), kept[1]),
        ((0, FAR_FUTURE, FAR_FUTURE), kept[2]),
        ((1, FAR_FUTURE, FAR_FUTURE), kept[3]),
    ]
    newest = "`snapshot_before` gives the newest snapshot that is fit, of one frontier the one known last"
    with clause(newest), fresh() as store:
        store.results.publish(Publication(100, snapshots=kept))
        for question, answer in asked:
            found = store.results.snapshot_before(*question)
            require(found == answer, f"{question}: {found} for {answer}")
    with clause("a snapshot of the same unit, frontier and known takes the place of the first"), fresh() as store:
        for body in (b"a", b"b"):
            store.results.publish(Publication(100, snapshots=[Snapshot(0, 10, 100, body)]))
        found = store.results.snapshot_before(0, 10, 100)
        require(found == Snapshot(0, 10, 100, b"b"), shown(found))


def _check_late(fresh: Fresh) -> None:
    late = [Late(0, 50, 7), Late(0, 51, 3), Late(1, 51, 9), Late(0, 60, 1)]
    between = "`lateness(unit, after, known)` gives the late entries with after < recorded <= known"
    with clause(between), fresh() as store:
        store.results.publish(Publication(60, late=late))
        for after, known, due in ((50, 59, [late[1]]), (49, 60, [late[0], late[1], late[3]])):
            found = sorted(store.results.lateness(0, after, known), key=repr)
            require(found == sorted(due, key=repr), f"({after}, {known}]: {found} for {due}")


def _same(found: list[Record], wanted: list[Record]) -> None:
    require(sorted(found) == sorted(wanted), f"{shown(sorted(found))} for {shown(sorted(wanted))}")
