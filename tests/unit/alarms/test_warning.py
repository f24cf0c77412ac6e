"""False alarms and lead times, from hand-made intervals."""

from __future__ import annotations

import pytest

from twin.alarms.warning import WITHIN, Failure, Warned, failures, load_of
from twin.core.instant import HOUR, MINUTE


def at(start: int, key: str = "m/temp~high", machine: str = "m") -> Warned:
    return Warned(start, "alarm", key, machine)


@pytest.mark.parametrize(
    ("downs", "false"),
    [
        ([], 1),
        ([(0, 100 * MINUTE)], 1),
        ([(0, 101 * MINUTE)], 0),
        ([(50 * MINUTE, 60 * MINUTE), (110 * MINUTE, 120 * MINUTE)], 0),
        ([(100 * MINUTE + WITHIN - 1, 5 * HOUR)], 0),
        ([(100 * MINUTE + WITHIN, 5 * HOUR)], 1),
    ],
)
def test_an_alarm_is_false_where_its_machine_was_not_down_within_the_hour(downs, false):
    found = load_of("", 0, 5 * HOUR, [at(100 * MINUTE)], {"m": downs}, 5 * HOUR)
    assert (found.begun, found.judged, found.false) == (1, 1, false)


def test_what_nobody_can_know_yet_is_not_judged():
    late, of_no_machine = at(4 * HOUR + 1), at(HOUR, "p/hall~low", "")
    found = load_of("", 0, 5 * HOUR, [late, of_no_machine], {}, 5 * HOUR)
    assert (found.begun, found.judged, found.false) == (2, 0, 0)


def test_the_lead_counts_from_the_first_warning_behind_the_failure_before():
    downs = {"m": [(HOUR, 2 * HOUR), (2 * HOUR + 30 * MINUTE, 3 * HOUR), (6 * HOUR, 7 * HOUR)], "n": [(HOUR, 2 * HOUR)]}
    warned = [at(90 * MINUTE, "a"), at(125 * MINUTE, "b"), at(140 * MINUTE, "c"), at(299 * MINUTE, "d")]
    assert failures(warned, downs, 0, 7 * HOUR) == [
        Failure("m", HOUR),
        Failure("n", HOUR),
        Failure("m", 150 * MINUTE, 25 * MINUTE, "b"),
        Failure("m", 6 * HOUR),
    ]
