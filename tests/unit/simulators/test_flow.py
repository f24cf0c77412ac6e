"""No bottle comes from nowhere or gets lost, and every machine is in one state at a time, all the time."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.plants import PACKAGING
from tests.unit.simulators.balance import assert_balanced, by_machine
from tests.unit.simulators.start import HOUR, MACHINES, MINUTE, START

TAKES = dict(zip(MACHINES, (1, 1, 1, 12, 4), strict=True))
SHOWS = {"palletiser": {"running", "starved", "down"}}
ALL = {"running", "starved", "blocked", "down", "stopped", "idle"}


@pytest.mark.parametrize("seed", [1, 2])
def test_pieces_balance_over_two_hours(seed):
    run = PACKAGING.build(seed, START, [("packer.jam", START + 10 * MINUTE), ("capper.bearing", START)])
    run.step(START + 2 * HOUR)
    assert by_machine(run.truth())["total"][MACHINES[0]] > 5000
    assert_balanced(run.truth(), TAKES)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    until=st.integers(1, 15 * 60_000),
    faults=st.lists(
        st.tuples(st.sampled_from([f"{m.rpartition('/')[2]}.jam" for m in MACHINES]), st.integers(0, 15 * 60_000)),
        max_size=6,
    ),
)
def test_pieces_balance_at_any_instant_with_any_jams(seed, until, faults):
    run = PACKAGING.build(seed, START, [(what, START + ms * 10**6) for what, ms in faults])
    run.step(START + until * 10**6)
    assert_balanced(run.truth(), TAKES)


@pytest.fixture(scope="module")
def two_hours():
    run = PACKAGING.build(3, START)
    run.step(START + 2 * HOUR)
    return run.truth()


@pytest.mark.parametrize("machine", MACHINES)
def test_states_cover_all_time_without_overlap(two_hours, machine):
    states = [r for r in two_hours if r["kind"] == "state" and r["machine"] == machine]
    assert states[0]["from"] == START
    assert states[-1]["to"] == START + 2 * HOUR
    for one, following in pairwise(states):
        assert one["from"] < one["to"] == following["from"]
        assert one["state"] != following["state"]
    assert {r["state"] for r in states} <= SHOWS.get(machine.rpartition("/")[2], ALL)


def test_a_standing_packer_blocks_those_before_it_one_by_one_and_starves_the_one_after():
    run = PACKAGING.build(2, START, [("packer.bearing", START)])
    run.step(START + 3 * HOUR)
    truth = run.truth()
    [fault] = [r for r in truth if r["kind"] == "fault"]

    def first(machine, state):
        return next(
            r["from"]
            for r in truth
            if r["kind"] == "state"
            and r["machine"] == machine
            and r["state"] == state
            and r["from"] > fault["failure"]
            and r["to"] - r["from"] > 10 * MINUTE
        )

    filler, capper, labeller, packer, palletiser = MACHINES
    assert first(labeller, "blocked") < first(capper, "blocked") < first(filler, "blocked") < fault["end"]
    while_it_stands = fault["failure"] + 15 * MINUTE
    at_that_time = {
        r["machine"]: r["state"] for r in truth if r["kind"] == "state" and r["from"] <= while_it_stands < r["to"]
    }
    blocked = dict.fromkeys((filler, capper, labeller), "blocked")
    assert at_that_time == {**blocked, packer: "down", palletiser: "starved"}
