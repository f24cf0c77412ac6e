"""First values: what is known now, what stays late data, and a source clock that is behind."""

from __future__ import annotations

from connectors.opcua.link.firsts import Firsts
from twin.core.batch import Batch, batch
from twin.core.instant import DAY, MINUTE, SECOND

NOW = 1_780_000_000 * SECOND


def rows(*given: tuple[int, int, float]) -> Batch:
    tag, time, value = zip(*given, strict=True)
    return batch("c", tag, time, value)


def cells(one: Batch) -> list[tuple[int, int, float]]:
    return list(zip(one.tag.tolist(), one.time.tolist(), one.value.tolist(), strict=True))


def firsts(gap: int | None = None, shift: int | None = 0) -> Firsts:
    one = Firsts(gap, shift)
    one.expect([0, 1, 2], NOW)
    return one


def test_an_old_first_value_is_known_now() -> None:
    came = rows((0, NOW - 90 * DAY, 1.0), (1, NOW - MINUTE, 2.0), (2, NOW - 2 * MINUTE, 3.0), (3, NOW - DAY, 4.0))
    kept, since = firsts().judged(came, NOW + 5)
    assert cells(kept) == [(0, NOW + 5, 1.0), (1, NOW - MINUTE, 2.0), (2, NOW + 6, 3.0), (3, NOW - DAY, 4.0)]
    assert since == {0: NOW - 90 * DAY, 2: NOW - 2 * MINUTE}


def test_what_changed_within_a_gap_stays_late_data() -> None:
    came = rows((0, NOW - 30 * MINUTE, 1.0), (1, NOW - 3 * DAY, 2.0))
    kept, since = firsts(gap=NOW - 60 * MINUTE).judged(came, NOW)
    assert cells(kept) == [(0, NOW - 30 * MINUTE, 1.0), (1, NOW, 2.0)]
    assert list(since) == [1]


def test_a_subscription_that_was_lost_has_a_gap_of_its_own() -> None:
    one = firsts()
    one.expect([1], NOW, since=NOW - 30 * MINUTE)
    kept, since = one.judged(rows((0, NOW - 20 * MINUTE, 1.0), (1, NOW - 20 * MINUTE, 2.0)), NOW)
    assert (cells(kept)[1], list(since)) == ((1, NOW - 20 * MINUTE, 2.0), [0])


def test_a_first_value_is_first_until_it_is_durable() -> None:
    one = firsts()
    came = rows((0, NOW - DAY, 1.0))
    one.judged(came, NOW)
    kept, since = one.judged(came, NOW + SECOND)
    assert (cells(kept), since) == ([(0, NOW + SECOND, 1.0)], {0: NOW - DAY})
    one.durable(kept)
    later = rows((0, NOW + MINUTE, 2.0))
    assert one.judged(later, NOW + MINUTE) == (later, {})


def test_a_server_whose_clock_is_behind_is_measured_by_its_own() -> None:
    kept, since = firsts(shift=-40 * MINUTE).judged(rows((0, NOW - 40 * MINUTE, 1.0), (1, NOW - DAY, 2.0)), NOW)
    assert cells(kept) == [(0, NOW - 40 * MINUTE, 1.0), (1, NOW - 40 * MINUTE, 2.0)]
    assert list(since) == [1]


def test_nothing_is_judged_while_the_servers_clock_is_unknown() -> None:
    came = rows((0, NOW - DAY, 1.0))
    assert firsts(shift=None).judged(came, NOW) == (came, {})


def test_a_source_clock_that_is_behind_does_not_hide_what_comes() -> None:
    one = firsts()
    behind = NOW - 40 * MINUTE
    kept, _ = one.judged(rows((0, behind, 1.0)), NOW)
    one.durable(kept)
    kept, since = one.judged(rows((0, behind + 1, 2.0), (0, behind + 2, 3.0)), NOW + 2)
    assert (cells(kept), since) == ([(0, behind + 1, 2.0), (0, behind + 2, 3.0), (0, NOW, 3.0)], {})
    passed = rows((0, NOW + 1, 4.0))
    assert one.judged(passed, NOW + 40 * MINUTE)[0] is passed
    late = rows((0, behind, 9.0))
    assert one.judged(late, NOW + 41 * MINUTE)[0] is late
