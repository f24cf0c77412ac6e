"""Laws of every line, whatever its shape: machines in parallel, orders, changeovers, stops, faults."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.buffer import BufferSpec
from simulators.hall import LineSpec
from tests.unit.simulators.balance import assert_balanced, takes_of
from tests.unit.simulators.networks import alike, alive, faults, lines, machine, seconds
from tests.unit.simulators.start import HOUR, MINUTE, SECOND, START

END = START + 5 * MINUTE


@settings(max_examples=60, deadline=None)
@given(data=st.data(), spec=lines(), until=st.integers(1, 5 * 60_000))
def test_pieces_balance_at_any_instant(data, spec, until):
    run = alive(spec, data.draw(st.integers(0, 9)), data.draw(faults(spec)))
    run.step(seconds(until / 1000))
    assert_balanced(run.truth(), takes_of(spec))
    for buffer in run._hall.buffers.values():
        assert sum(pieces for _, pieces in buffer.runs) == buffer.level
        assert all(order != following for (order, _), (following, _) in pairwise(buffer.runs))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), spec=lines(), cuts=st.lists(st.integers(START, END), max_size=12))
def test_any_cutting_gives_the_same_bytes_and_truth(data, spec, cuts):
    broken = data.draw(faults(spec))
    whole, parts = alive(spec, 3, broken), alive(spec, 3, broken)
    expected = whole.step(END)
    got = [parts.step(until) for until in [*sorted(cuts), END]]
    for column in (1, 2, 3, 4):
        assert np.concatenate([part[column] for part in got]).tobytes() == expected[column].tobytes()
    assert parts.truth() == whole.truth()
    assert parts.newest.keys() == whole.newest.keys()


@settings(max_examples=20, deadline=None)
@given(data=st.data(), spec=lines())
def test_samples_are_in_order_and_one_per_name_and_instant(data, spec):
    names, time, name, _, _ = alive(spec, 1, data.draw(faults(spec))).step(END)
    assert (np.diff(time) >= 0).all()
    assert len({*zip(time.tolist(), name.tolist(), strict=True)}) == len(time)
    first = name[time == START]
    assert len(first) == len(names)


@pytest.mark.parametrize("machines", [1, 2, 3])
def test_littles_law(machines):
    """Pieces in a buffer = rate x time that a piece waits there: over 8 hours, first in, first out."""
    first = [machine(f"a{n}", "", "between", 1000 * machines, 1, 0.02, 300.0) for n in range(machines)]
    last = [machine(f"b{n}", "between", "", 950 * machines, 1, 0.02, 300.0) for n in range(machines)]
    bare = tuple(replace(one, components={}, sensors={}) for one in (*first, *last))
    run = alive(LineSpec("hall/line", bare, (BufferSpec("between", 60, "piece"),)), 5)
    [buffer] = run._hall.buffers.values()
    agenda = run._hall.agenda
    came, went, put, take = [], [], buffer.put, buffer.take
    buffer.put = lambda order: (came.append(agenda.now), put(order))
    buffer.take = lambda pieces: (went.extend([agenda.now] * pieces), take(pieces))
    levels = []
    for at in range(START, START + 8 * HOUR, 7 * SECOND):
        run.step(at)
        levels.append(buffer.level)
    run.step(START + 8 * HOUR)
    lead_s = np.mean(np.array(went) - np.array(came[: len(went)])) / 1000
    rate = len(went) / (8 * 3600)
    assert len(went) > 15_000
    assert np.mean(levels) == pytest.approx(rate * lead_s, rel=0.03)


def test_parallel_machines_do_the_work_of_one_that_is_as_quick():
    def made(machines):
        row = [machine(f"a{n}", "", "between", 500 * machines, 1, 0.0, 1e9) for n in range(machines)]
        spec = LineSpec(
            "hall/line", (*row, machine("b", "between", "", 100, 1, 0.0, 1e9)), (BufferSpec("between", 9, "x"),)
        )
        run = alive(alike(spec, start=()))
        run.step(START + HOUR)
        return sum(r["pieces"] for r in run.truth() if r["kind"] == "end" and r["side"] == "out")

    assert made(3) == pytest.approx(made(1), abs=4)
    assert made(1) == pytest.approx(7200, abs=4)


def test_the_same_seed_twice_is_the_same_life_and_another_is_another():
    spec = LineSpec("hall/line", (machine("a", "", "", 500, 1, 0.1, 60.0),))
    one, two, other = alive(spec, 1), alive(spec, 1), alive(spec, 2)
    columns = [run.step(START + HOUR) for run in (one, two, other)]
    assert columns[0][3].tobytes() == columns[1][3].tobytes() != columns[2][3].tobytes()
    assert one.truth() == two.truth() != other.truth()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: LineSpec("l", (machine("a", "", "x", 1, 1, 0, 1),)), "machine 'a': there is no buffer 'x'"),
        (lambda: LineSpec("l", (machine("a", "", "", 1, 1, 0, 1),) * 2), "two machines of the name 'a'"),
        (lambda: LineSpec("l", (), (BufferSpec("x", 1, "p"),) * 2), "two buffers of the name 'x'"),
        (lambda: BufferSpec("x", 3, "p", 4), "buffer 'x': 4 pieces do not fit into 3"),
        (
            lambda: LineSpec("l", (machine("a", "x", "", 1, 3, 0, 1),), (BufferSpec("x", 2, "p"),)),
            "buffer 'x': 2 pieces are less than",
        ),
        (lambda: machine("a", "", "", 0, 1, 0, 1), "machine 'a': cycle_ms and takes are at least 1"),
        (lambda: machine("a", "", "", 1, 1, 1.5, 1), "reject is a share from 0 to 1, not 1.5"),
    ],
)
def test_a_line_that_cannot_be_is_refused_in_one_line(make, why):
    with pytest.raises(ValueError, match=why) as error:
        make()
    assert "\n" not in str(error.value)
