"""A source's clock: what is learnt is what was drawn; what is held back is no jump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.instant import HOUR, MILLISECOND, MINUTE, SECOND
from twin.state.source_clock import AGREEING, WINDOW, Jump, SourceClock

BEGIN = 1_700_000_000 * SECOND
Clock = Callable[[int], int]
"""Our time -> what the source's clock shows."""


def jumps(clock: SourceClock, came: Iterable[tuple[int, list[int]]]) -> list[Jump]:
    """What is named while batches (arrival, times) come."""
    seen = [clock.look(np.array(times, np.int64), arrival) for arrival, times in came]
    return [one for one in seen if one is not None]


def live(
    shown: Clock, seconds: float, every: float = 1.0, delay: Callable[[int], int] = lambda _: 0, start: int = 0
) -> Iterator[tuple[int, list[int]]]:
    """A batch of one sample every so often, on its way for a while."""
    for n in range(int(seconds / every)):
        at = BEGIN + start + round(n * every * SECOND)
        yield at + delay(n), [shown(at)]


def drawn_delay(seed: int, most: int) -> Callable[[int], int]:
    draw = np.random.default_rng(seed)
    return lambda _: int(draw.integers(0, most))


@settings(deadline=None, max_examples=40)
@given(st.integers(-2 * HOUR, 2 * HOUR), st.integers(1, 900), st.sampled_from([0.1, 1.0, 7.0]), st.integers(0, 99))
def test_the_offset_is_learnt_within_what_the_way_takes(offset: int, jitter_ms: int, every: float, seed: int) -> None:
    clock = SourceClock()
    way = drawn_delay(seed, jitter_ms * MILLISECOND)
    assert jumps(clock, live(lambda at: at + offset, 200, every, way)) == []
    learnt = clock.learnt()
    assert learnt is not None
    assert offset - jitter_ms * MILLISECOND <= learnt.offset <= offset
    assert 0 <= learnt.jitter <= jitter_ms * MILLISECOND


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(st.integers(4, 86_400), st.integers(-86_400, -16)), st.integers(-3600, 3600),
    st.sampled_from([0.2, 1.0, 5.0]), st.integers(0, 99), st.integers(0, 9),
)  # fmt: skip
def test_a_jump_is_named_once_with_its_size(size: int, offset: int, every: float, seed: int, phase: int) -> None:
    clock = SourceClock()
    at_jump = BEGIN + 120 * SECOND + phase * SECOND

    def shown(at: int) -> int:
        return at + offset * SECOND + (size * SECOND if at >= at_jump else 0)

    (jump,) = jumps(clock, live(shown, 300, every, drawn_delay(seed, 100 * MILLISECOND)))
    assert abs(jump.size - size * SECOND) <= 200 * MILLISECOND
    assert at_jump - WINDOW <= jump.time <= at_jump + 2 * WINDOW
    assert abs(jump.offset - (offset + size) * SECOND) <= 200 * MILLISECOND
    learnt = clock.learnt()
    assert learnt is not None
    assert abs(learnt.offset - (offset + size) * SECOND) <= 200 * MILLISECOND
    assert learnt.jump == jump


@pytest.mark.parametrize(
    ("size", "like"), [(HOUR, "summer time"), (-HOUR, "summer time"), (HOUR + 2 * SECOND, ""), (-40 * MINUTE, "")]
)
def test_one_hour_is_told_as_a_change_of_summer_time(size: int, like: str) -> None:
    clock = SourceClock()
    (jump,) = jumps(clock, live(lambda at: at + (size if at >= BEGIN + MINUTE else 0), 200))
    assert jump.like == like


def test_a_jump_there_and_back_is_two() -> None:
    clock = SourceClock()

    def shown(at: int) -> int:
        return at + (HOUR if BEGIN + 2 * MINUTE <= at < BEGIN + 5 * MINUTE else 0)

    assert [one.size for one in jumps(clock, live(shown, 600))] == [HOUR, -HOUR]


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 900), st.integers(1, 40), st.booleans(), st.integers(0, 99))
def test_what_a_gateway_held_back_is_no_jump(held: int, burst: int, newest_first: bool, seed: int) -> None:
    """For a while nothing comes; then all of it, at once or piece by piece, oldest or newest first; then live again."""
    clock = SourceClock()

    def shown(at: int) -> int:
        return at - 3 * SECOND

    before = list(live(shown, 120, delay=drawn_delay(seed, 50 * MILLISECOND)))
    kept = [shown(BEGIN + (120 + n) * SECOND) for n in range(held)]
    parts = [kept[n : n + burst] for n in range(0, held, burst)][:: -1 if newest_first else 1]
    back = BEGIN + (120 + held) * SECOND
    drained = [(back + n * SECOND, part) for n, part in enumerate(parts)]
    after = list(live(shown, len(parts) + 60, start=(120 + held) * SECOND))
    merged = sorted([*drained, *after], key=lambda one: one[0])
    assert jumps(clock, [*before, *merged]) == []
    learnt = clock.learnt()
    assert learnt is not None
    assert abs(learnt.offset + 3 * SECOND) <= 50 * MILLISECOND


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 300), st.integers(60, 600))
def test_a_way_that_is_longer_for_a_while_is_no_jump(slower: int, lasting: int) -> None:
    """First in, first out: the queue on the way stays as long for minutes, then it is worked off."""
    clock = SourceClock()

    def way(n: int) -> int:
        arrival = slower if 120 <= n < 120 + lasting else 0
        return max(arrival, slower - (n - 120 - lasting) if n >= 120 + lasting else 0) * SECOND

    assert jumps(clock, live(lambda at: at, 1200, delay=way)) == []


@pytest.mark.parametrize("ppm", [-200, -20, 0, 50, 300])
def test_drift_is_learnt_and_is_no_jump(ppm: int) -> None:
    clock = SourceClock()
    came = live(lambda at: at + (at - BEGIN) * ppm // 1_000_000, 3600, 2.0, drawn_delay(1, 20 * MILLISECOND))
    assert jumps(clock, came) == []
    learnt = clock.learnt()
    assert learnt is not None
    assert learnt.drift == pytest.approx(ppm, abs=5)


def test_drift_is_not_told_before_ten_minutes() -> None:
    clock = SourceClock()
    jumps(clock, live(lambda at: at, 500))
    learnt = clock.learnt()
    assert learnt is not None
    assert learnt.drift is None


def test_a_value_that_is_said_again_and_again_with_its_old_time_is_no_jump() -> None:
    clock = SourceClock()
    jumps(clock, live(lambda at: at, 60))
    assert jumps(clock, live(lambda _: BEGIN, 600, start=60 * SECOND)) == []


def test_a_clock_that_stands_is_no_jump() -> None:
    clock = SourceClock()
    came = live(lambda at: min(at, BEGIN + MINUTE), 600)
    assert jumps(clock, came) == []


def test_our_own_clock_that_steps_back_breaks_nothing() -> None:
    clock = SourceClock()
    jumps(clock, live(lambda at: at, 100))
    jumps(clock, live(lambda at: at, 100))
    assert clock.learnt() is not None


def test_nothing_is_known_before_a_window_is_over_and_memory_is_bounded() -> None:
    clock = SourceClock()
    assert clock.learnt() is None
    clock.look(np.array([BEGIN], np.int64), BEGIN)
    clock.look(np.array([0], np.int64), BEGIN + HOUR)
    clock.look(np.array([], np.int64), BEGIN + HOUR)
    assert clock.learnt() is None
    jumps(clock, live(lambda at: at, AGREEING * 11))
    assert clock.learnt() is not None
