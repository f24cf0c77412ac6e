"""Intake: the times of a batch against our clock."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.event import CLOCK_AHEAD
from twin.core.instant import MINUTE, SECOND
from twin.core.routing import AHEAD, HORIZON
from twin.core.status import BAD, GOOD, UNCERTAIN_SUB_NORMAL
from twin.runtime.intake import FORGET_AFTER, Intake

NOW = 1_700_000_000 * SECOND


@given(
    st.lists(
        st.tuples(st.integers(-2 * HORIZON, 2 * HORIZON), st.sampled_from([GOOD, UNCERTAIN_SUB_NORMAL, BAD, BAD | 5])),
        min_size=1,
        max_size=20,
    )
)
def test_only_rows_ahead_of_the_clock_change_and_only_in_time_and_status(rows):
    offsets, status = [offset for offset, _ in rows], [code for _, code in rows]
    given_ = batch("s", range(len(rows)), [NOW + offset for offset in offsets], range(len(rows)), status)
    intake = Intake("gw", SetClock(NOW))
    admitted, event = intake.admit(given_)
    ahead = np.array(offsets) > AHEAD
    assert admitted.take(~ahead).equals(given_.take(~ahead)) if (~ahead).any() else True
    assert admitted.value.tolist() == given_.value.tolist()
    assert admitted.time[ahead].tolist() == [NOW + n for n in range(int(ahead.sum()))]
    expected = [
        UNCERTAIN_SUB_NORMAL if code == GOOD else code for code, late in zip(status, ahead, strict=True) if late
    ]
    assert admitted.status[ahead].tolist() == expected
    assert intake.counters["restamped"] == int(ahead.sum())
    assert intake.counters["too_old"] == sum(offset < -HORIZON for offset in offsets)
    assert (event is not None) == bool(ahead.any())
    assert given_.time.tolist() == [NOW + offset for offset in offsets]  # what was handed in stays as it was


def test_a_clock_ahead_is_told_once_until_it_was_right_for_a_while():
    clock = SetClock(NOW)
    intake = Intake("gw", clock)

    def ahead():
        return intake.admit(batch("s", [0], [clock.now() + 5 * MINUTE], [1.0]))[1]

    first = ahead()
    assert (first.kind, first.subject, first.time, first.body) == (CLOCK_AHEAD, "gw", NOW, {"ahead_ns": 5 * MINUTE})
    clock.instant += FORGET_AFTER - 1
    assert ahead() is None
    clock.instant += FORGET_AFTER - 1
    assert ahead() is None
    clock.instant += FORGET_AFTER
    assert ahead().time == clock.instant
