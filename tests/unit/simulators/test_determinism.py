"""The same seed gives the same bytes, however the line is stepped."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.plants import PACKAGING
from tests.unit.simulators.start import HOUR, MINUTE, START

END = START + 10 * MINUTE
FAULTS = [("capper.jam", START + 3 * MINUTE), ("filler.bearing", START + MINUTE)]


@cache
def at_once(seed):
    run = PACKAGING.build(seed, START, FAULTS)
    return to_bytes([run.step(END)]), run.truth()


def to_bytes(parts):
    return [np.concatenate([part[column] for part in parts]).tobytes() for column in (1, 2, 3, 4)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 3), cuts=st.lists(st.integers(START, END), max_size=20))
def test_any_stepping_gives_the_same_bytes_and_truth(seed, cuts):
    run = PACKAGING.build(seed, START, FAULTS)
    parts = [run.step(until) for until in [*sorted(cuts), END]]
    assert (to_bytes(parts), run.truth()) == at_once(seed)


def test_a_fault_told_while_it_runs_is_the_one_told_at_the_start():
    run = PACKAGING.build(1, START, FAULTS[1:])
    parts = [run.step(START + 2 * MINUTE)]
    run.fault(*FAULTS[0])
    parts.append(run.step(END))
    assert to_bytes(parts) == at_once(1)[0]


def test_seeds_differ():
    assert at_once(1)[0] != at_once(2)[0]


def test_time_only_goes_forward():
    run = PACKAGING.build(1, START)
    run.step(START + MINUTE)
    assert [len(column) for column in run.step(START)[1:]] == [0, 0, 0, 0]
    assert run.until == START + MINUTE


def test_a_fault_in_one_machine_leaves_the_chances_of_the_others_alone():
    """The last machine stands; the first four live on the same as long as the buffers have room."""
    calm = PACKAGING.build(5, START)
    broken = PACKAGING.build(5, START, [("palletiser.jam", START + 30 * 10**9)])
    names, time, name, value, _ = calm.step(START + MINUTE)
    _, time2, name2, value2, _ = broken.step(START + MINUTE)
    last = names.index("packaging/line1/palletiser/motor")
    of, of2 = name < last, name2 < last
    assert time[of].tobytes() == time2[of2].tobytes()
    assert value[of].tobytes() == value2[of2].tobytes()
    assert value.tobytes() != value2.tobytes()


@pytest.mark.parametrize("start", [START + 1, START + 999_999])
def test_a_start_between_two_milliseconds_is_rounded_up(start):
    _, time, _, _, _ = PACKAGING.build(1, start).step(START + 10**9)
    assert time[0] == START + 10**6


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed -1 is negative"):
        PACKAGING.build(-1, START)


def test_two_hours_have_samples_of_every_value():
    names, _, name, _, _ = PACKAGING.build(1, START).step(START + 2 * HOUR)
    assert set(name.tolist()) == set(range(len(names)))
