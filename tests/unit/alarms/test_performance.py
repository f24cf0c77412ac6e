"""Figures of ISA-18.2 and EEMUA 191 with numbers by hand."""

from __future__ import annotations

from collections.abc import Iterable

from twin.alarms.occurrence import Occurrence
from twin.alarms.performance import Flood, performance
from twin.core.instant import DAY, HOUR, MINUTE, SECOND


def came(starts: Iterable[int], key: str = "m/t~high", priority: int = 3, lasts: int = SECOND) -> list[Occurrence]:
    return [Occurrence(key, "high", 85.0, priority, s, end=s + lasts, returned=s + lasts) for s in starts]


def many(number: int, minute: int) -> list[Occurrence]:
    """So many different alarms within one minute."""
    return [one for i in range(number) for one in came([minute * MINUTE + i * SECOND], f"m/t{i}~high")]


def test_nothing_came() -> None:
    found = performance([], 0, HOUR)
    assert (found.activations, found.average_per_10_min, found.peak_at, found.floods, found.top) == (0, 0, None, (), ())


def test_rate_and_peak_are_of_full_ten_minutes() -> None:
    found = performance([*many(2, 5), *many(3, 25), *many(1, 59)], 0, HOUR)
    assert (found.activations, found.average_per_10_min) == (6, 1.0)
    assert (found.peak_per_10_min, found.peak_at) == (3, 20 * MINUTE)


def test_ten_are_no_flood_and_five_do_not_end_one() -> None:
    assert performance(many(10, 5), 0, HOUR).floods == ()
    found = performance([*many(11, 5), *many(5, 15), *many(4, 25)], 0, HOUR)
    assert found.floods == (Flood(0, 20 * MINUTE, 16, 11),)
    assert found.flood_share == 20 / 60


def test_a_flood_at_the_end_ends_with_the_span() -> None:
    found = performance(many(20, 55), 3 * MINUTE, 57 * MINUTE)
    assert found.floods == (Flood(50 * MINUTE, 57 * MINUTE, 20, 20),)


def test_what_began_before_the_span_is_no_activation_of_it() -> None:
    found = performance(came([0, 10 * MINUTE], lasts=HOUR), 5 * MINUTE, HOUR)
    assert found.activations == 1


def test_chattering_is_three_within_less_than_a_minute() -> None:
    slow = came([0, 30 * SECOND, 60 * SECOND], "m/slow~high")
    fast = came([0, 20 * SECOND, 59 * SECOND, 70 * SECOND], "m/fast~high")
    assert performance([*slow, *fast], 0, HOUR).chattering == {"m/fast~high": 2}


def test_contributors_are_the_heaviest_ten() -> None:
    found = performance([*many(12, 5), *came([30 * MINUTE, 40 * MINUTE], "m/t7~high")], 0, HOUR)
    assert len(found.top) == 10
    assert (found.top[0].key, found.top[0].activations, found.top[0].share) == ("m/t7~high", 3, 3 / 14)


def test_standing_is_active_for_more_than_a_day() -> None:
    still = Occurrence("m/a~high", "high", 85.0, 1, 0)
    returned = Occurrence("m/b~high", "high", 85.0, 1, 0, returned=DAY)
    found = performance([still, returned], 0, DAY + SECOND)
    assert [one.key for one in found.standing] == ["m/a~high"]


def test_priorities_are_counted() -> None:
    found = performance([*came([1, 2], priority=4), *came([3], priority=1)], 0, HOUR)
    assert found.by_priority == (1, 0, 0, 2)


def test_an_alarm_that_returned_before_the_span_does_not_stand_in_it() -> None:
    unseen = Occurrence("m/temp~high", "high", 85.0, 3, start=0, returned=3 * DAY)
    assert performance([unseen], 2 * DAY, 4 * DAY).standing == (unseen,)
    assert performance([unseen], 3 * DAY, 4 * DAY).standing == ()
