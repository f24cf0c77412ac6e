"""The diagram of PackML, against its transitions as OPC 30050 lists them; and walks that never leave it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.packml.states import AFTER, State, way
from simulators.packml.walk import PASSING_MS, Walk

NOT_RUNNING = {"STOPPING", "STOPPED", "ABORTING", "ABORTED", "CLEARING"}
LISTED = {
    *[("STOPPED", "RESETTING"), ("RESETTING", "IDLE"), ("IDLE", "STARTING"), ("STARTING", "EXECUTE")],
    *[("EXECUTE", "COMPLETING"), ("COMPLETING", "COMPLETE"), ("COMPLETE", "RESETTING")],
    *[(s, "HOLDING") for s in ("EXECUTE", "STARTING", "SUSPENDING", "SUSPENDED", "UNSUSPENDING", "UNHOLDING")],
    *[("HOLDING", "HELD"), ("HELD", "UNHOLDING"), ("UNHOLDING", "EXECUTE")],
    *[("EXECUTE", "SUSPENDING"), ("SUSPENDING", "SUSPENDED"), ("SUSPENDED", "UNSUSPENDING")],
    *[("UNSUSPENDING", "EXECUTE"), ("STOPPING", "STOPPED")],
    *[(s.name, "STOPPING") for s in State if s.name not in NOT_RUNNING],
    *[(s.name, "ABORTING") for s in State if s.name not in {"ABORTING", "ABORTED"}],
    *[("ABORTING", "ABORTED"), ("ABORTED", "CLEARING"), ("CLEARING", "STOPPED")],
}
"""Written down once more, by hand."""


def test_the_diagram_is_the_listed_one():
    assert {(a.name, b.name) for a, following in AFTER.items() for b in following} == LISTED


@pytest.mark.parametrize("goal", State)
@pytest.mark.parametrize("start", State)
def test_there_is_a_legal_way_from_each_state_to_each(start, goal):
    walked = (start, *way(start, goal))
    assert walked[-1] is goal
    assert all(b in AFTER[a] for a, b in pairwise(walked))


@given(st.sampled_from(State), st.lists(st.tuples(st.sampled_from(State), st.integers(1, 3 * PASSING_MS))))
def test_a_walk_shows_only_transitions_of_the_diagram_and_arrives(first, wishes):
    walk, now, seen = Walk(first), 0, [first]
    for goal, gap in wishes:
        end = now + gap
        seen.append(walk.follow(goal, now))
        while walk.due is not None and walk.due < end:
            now = walk.due
            seen.append(walk.follow(goal, now))
        now = end
    while walk.due is not None:
        now = walk.due
        seen.append(walk.follow(wishes[-1][0], now))
    assert all(a is b or b in AFTER[a] for a, b in pairwise(seen))
    assert not wishes or walk.state is wishes[-1][0]


def test_waiting_for_bottles_is_suspending_then_suspended_and_back():
    walk = Walk(State.EXECUTE)
    assert walk.follow(State.SUSPENDED, 1000) is State.SUSPENDING
    assert walk.due == 1000 + PASSING_MS
    assert walk.follow(State.EXECUTE, 1100) is State.SUSPENDING  # bottles are back, but it finishes what it began
    assert walk.follow(State.EXECUTE, walk.due) is State.SUSPENDED
    assert walk.follow(State.EXECUTE, walk.due) is State.UNSUSPENDING
    assert walk.follow(State.EXECUTE, walk.due) is State.EXECUTE
    assert walk.due is None


def test_an_abort_waits_for_nothing():
    walk = Walk(State.EXECUTE)
    walk.follow(State.SUSPENDED, 1000)
    assert walk.follow(State.ABORTED, 1001) is State.ABORTING
