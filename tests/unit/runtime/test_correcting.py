"""Pairs of old and new records, by drawn ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.event import STOP_LABELLED, Event
from twin.core.fold import Record
from twin.core.history import Late, Publication
from twin.runtime.correcting import MOST_CAUSES, OTHERS, Correcting, paired

records = st.builds(
    lambda unit, kind, key, start, length, value: Record(unit, kind, key, start, start + length, (("v", value),)),
    st.integers(0, 1), st.sampled_from(["state", "count"]), st.sampled_from(["a", "b"]), st.integers(0, 5),
    st.integers(1, 5), st.integers(0, 2),
)  # fmt: skip


@given(st.sets(records, max_size=12), st.sets(records, max_size=12))
def test_each_record_stands_in_one_pair_and_those_of_one_start_together(before, after):
    removed, added = before - after, after - before
    pairs = paired(removed, added)
    assert sorted(old for old, _ in pairs if old) == sorted(removed)
    assert sorted(new for _, new in pairs if new) == sorted(added)
    for old, new in pairs:
        if old and new:
            assert (old.unit, old.kind, old.key) == (new.unit, new.kind, new.key)
            assert old.start == new.start or old.end == new.end
    alone_old = {(one.unit, one.kind, one.key, one.start) for one, other in pairs if one and not other}
    alone_new = {(one.unit, one.kind, one.key, one.start) for other, one in pairs if one and not other}
    assert not alone_old & alone_new


def record(start: int, end: int, unit: int = 0) -> Record:
    return Record(unit, "state", f"m{unit}", start, end, ())


def test_causes_wait_for_the_heal_and_are_of_their_unit():
    told = Correcting(lambda _: ("", "", ""))
    entries = [(5, batch("gw", [0], [1], [1.0])), (6, Event(2, STOP_LABELLED, "m1", {}, "ann"))]
    first = told.told(Publication(6, late=[Late(0, 5, 1), Late(1, 6, 2)]), entries)
    assert first.corrections == ()
    second = told.told(Publication(7, corrected=[record(0, 9)], removed=[record(0, 8)], healed=[0]))
    (one,) = second.corrections
    assert (one.number, one.removed, one.added) == (1, record(0, 8), record(0, 9))
    assert [(cause.kind, cause.source, cause.start) for cause in one.why] == [("samples", "gw", 1)]
    third = told.told(Publication(8, removed=[record(0, 9), record(0, 9, unit=1)], healed=[0, 1]))
    assert [[cause.who for cause in one.why] for one in third.corrections] == [[], ["ann"]]
    assert list(told.newest) == [*second.corrections, *third.corrections]


def test_many_sources_are_told_together():
    told = Correcting(lambda _: ("", "", ""))
    entries = [(n, batch(f"s{n}", [0], [n], [1.0])) for n in range(100)]
    late = [Late(0, n, n) for n in range(100)]
    (one,) = told.told(Publication(100, removed=[record(0, 100)], late=late, healed=[0]), entries).corrections
    assert len(one.why) == MOST_CAUSES + 1
    assert sum(cause.entries for cause in one.why) == 100
    assert [(cause.start, cause.end) for cause in one.why if cause.source == OTHERS] == [(MOST_CAUSES, 99)]


def test_what_is_later_than_a_result_did_not_change_it():
    told = Correcting(lambda _: ("", "", ""))
    entries = [(n, batch(f"s{n}", [0], [n], [1.0])) for n in (3, 50)]
    late = [Late(0, n, n) for n in (3, 50)]
    (one,) = told.told(Publication(100, removed=[record(0, 8)], late=late, healed=[0]), entries).corrections
    assert [cause.source for cause in one.why] == ["s3"]
