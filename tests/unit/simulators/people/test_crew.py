"""A crew: nobody does two jobs at a time, who calls first is served first, and nobody comes in a break."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.people.crew import Crew, CrewSpec
from simulators.people.hours import Hours
from simulators.people.week import parse_times
from simulators.streams import stream
from tests.unit.simulators.start import START

NOW = START // 10**6
MINUTE = 60_000
ZONE = "Europe/Prague"
AT_ONCE = {"shortest_s": 0.0, "longest_s": 0.0}


def crew(seed=1, **spec):
    return Crew(CrewSpec(**spec), ZONE, stream(seed, "crew"))


CALLS = st.lists(st.tuples(st.integers(0, 30 * MINUTE), st.integers(1, 60 * MINUTE)), min_size=1, max_size=40)
SPECS = st.builds(
    CrewSpec,
    people=st.integers(1, 4),
    shortest_s=st.floats(0, 30),
    longest_s=st.floats(30, 300),
    breaks=st.sampled_from([(), ("06:10-06:25",), ("Mon 07:00-07:30", "10:00-10:15")]),
    staggered=st.booleans(),
    shifts=st.sampled_from([(), ("Mon-Fri 06:00-14:00",)]),
)


@settings(max_examples=60, deadline=None)
@given(SPECS, CALLS, st.integers(0, 1000))
def test_one_job_at_a_time_first_come_first_served(spec, calls, seed):
    people, now = Crew(spec, ZONE, stream(seed, "crew")), NOW
    for gap, work in calls:
        now += gap
        assert people.call(now, "a", work) >= 0
    jobs = people.jobs
    assert [(j.end - j.begin) for j in jobs] == [work for _, work in calls]
    assert {j.person for j in jobs} <= set(range(spec.people))
    for person in range(spec.people):
        own = [j for j in jobs if j.person == person]
        assert all(one.end <= following.begin for one, following in pairwise(own))
    reaction = round(spec.longest_s * 1000)
    free = [0] * spec.people
    for job in jobs:  # no other person was free and there before the one who was sent, by more than a reaction
        waited = job.begin - job.called - reaction
        if waited > 0 and not spec.breaks and not spec.shifts:
            assert min(free) >= job.called + waited
        free[job.person] = job.end
    shift = Hours(ZONE, [parse_times(text) for text in spec.shifts])
    assert all(shift.holds(j.begin) for j in jobs if spec.shifts)
    for job in jobs:
        pauses = [parse_times(text) for text in spec.breaks]
        own = Hours(ZONE, [p.later(job.person * p.length * spec.staggered) for p in pauses])
        assert not own.holds(job.begin)


def test_the_first_free_one_comes_after_his_reaction():
    two = crew(people=2, shortest_s=10.0, longest_s=10.0)
    assert two.call(NOW, "a", 5 * MINUTE) == 10_000
    assert two.call(NOW, "b", 3 * MINUTE) == 10_000
    assert two.call(NOW + MINUTE, "c", MINUTE) == 2 * MINUTE + 10_000 + 10_000  # the second is free first
    assert [j.person for j in two.jobs] == [0, 1, 1]


def test_in_a_common_break_nobody_comes_in_staggered_ones_somebody_does():
    breaks = ("06:10-06:20",)
    together = crew(people=2, breaks=breaks, staggered=False, **AT_ONCE)
    assert together.call(NOW + 12 * MINUTE, "a", MINUTE) == 8 * MINUTE
    apart = crew(people=2, breaks=breaks, **AT_ONCE)
    assert apart.call(NOW + 12 * MINUTE, "a", MINUTE) == 0
    assert apart.jobs[0].person == 1
    assert apart.call(NOW + 12 * MINUTE + 1, "b", MINUTE) == MINUTE - 1  # when the other is done; then it is his break
    assert apart.call(NOW + 21 * MINUTE, "c", MINUTE) == 0
    assert apart.jobs[-1].person == 0


def test_a_job_that_has_begun_is_finished_in_the_break():
    one = crew(people=1, breaks=("06:10-06:20",), **AT_ONCE)
    assert one.call(NOW + 9 * MINUTE, "a", 5 * MINUTE) == 0
    assert one.call(NOW + 10 * MINUTE, "b", MINUTE) == 10 * MINUTE


def test_after_the_shift_people_come_in_the_next():
    one = crew(people=1, shifts=("Mon-Fri 06:00-14:00",), **AT_ONCE)
    assert one.call(NOW + 8 * 60 * MINUTE, "a", MINUTE) == 16 * 60 * MINUTE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"people": 0}, "a crew of 0 cannot come"),
        ({"shortest_s": 9.0, "longest_s": 3.0}, "the first is the shorter"),
        ({"breaks": ("noon",)}, "'noon' is not a time"),
    ],
)
def test_a_crew_that_makes_no_sense_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        CrewSpec(**wrong)


def test_a_crew_whose_breaks_fill_its_shifts_never_comes_and_says_so():
    never = crew(people=1, shifts=("06:00-07:00",), breaks=("05:00-08:00",))
    with pytest.raises(ValueError, match="nobody ever comes to filler"):
        never.call(NOW, "filler", MINUTE)
