"""The clock that simulator and twin share."""

from hypothesis import given
from hypothesis import strategies as st

from twin.runtime.clock import ScaledClock, WallClock


@given(st.integers(0, 2**60), st.sampled_from([0.5, 1.0, 3.0, 60.0]), st.lists(st.integers(0, 10**12), max_size=10))
def test_it_stands_until_released_and_then_runs_so_much_faster(start, speed, steps):
    wall = [10**15]
    clock = ScaledClock(start, speed, lambda: wall[0])
    wall[0] += 12345
    assert clock.now() == start
    clock.release()
    begun = wall[0]
    for step in steps:
        wall[0] += step
        clock.release()  # once is enough
        assert abs(clock.now() - start - (wall[0] - begun) * speed) <= 1
    readings = [clock.now() for _ in range(3)]
    assert readings == sorted(readings)


def test_the_wall_clock_is_the_machine_s():
    import time  # noqa: PLC0415

    before = time.time_ns()
    assert before <= WallClock().now() <= time.time_ns()
