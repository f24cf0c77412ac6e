"""Other assumptions: what they change, and what becomes of the forecast."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.forecast.lines import CALENDAR, line_of, machine, mode, running
from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, from_text
from twin.forecast.model import LineModel
from twin.forecast.settings import changed, read_settings
from twin.forecast.simulate import simulate


def model() -> LineModel:
    first = replace(machine("a", 0, 1.0, mode(600.0, 100.0, 40)), running_s=40 * 600.0)
    return line_of(first, machine("b", 1, 1.2, mode(900.0, 60.0, 40)))


def made(*settings: str) -> float:
    one = model()
    other = changed(one, read_settings(settings, one, CALENDAR))
    return float(simulate(other, running(other), 4 * 3600, 80, 1).minute[-1].mean())


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("a.repair=20s", "a.repair=5m"),
        ("a.every=2h", "a.every=3m"),
        ("a.rate=90/min", "a.rate=30/min"),
        ("b.reject=0", "b.reject=20%"),
        ("buffer1.capacity=1000", "buffer1.capacity=25"),
    ],
)
def test_each_setting_moves_the_pieces_the_way_it_should(better: str, worse: str) -> None:
    assert made(better) > made(worse)


def test_the_level_at_the_beginning_is_what_is_set() -> None:
    one = model()
    found = changed(one, read_settings(["buffer1.level=70"], one, CALENDAR)).buffers[0]
    assert (found.lowest, found.highest) == (70.0, 70.0)


def test_what_is_set_is_the_mean() -> None:
    one = model()
    found = changed(one, read_settings(["a.repair=5m", "b.rate=30/min"], one, CALENDAR))
    assert found.machines[0].modes[0].lengths.mean() == pytest.approx(300.0)
    assert found.machines[1].any_rate == pytest.approx(0.5)
    assert found.machines[1].modes[0].lengths.mean() == pytest.approx(60.0)


def test_a_slot_is_the_next_time_that_the_wall_shows_it() -> None:
    one = model()
    slot = read_settings(["b.off=2h@14:00"], one, CALENDAR)[0]
    assert (slot.value, slot.at % (24 * HOUR)) == (7200.0, 14 * HOUR)
    assert one.until <= slot.at < one.until + 24 * HOUR
    assert from_text("1970-01-01T14:00:00Z") == 14 * HOUR


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("c.rate=1/min", "no machine or buffer 'c' (there are: a, b, buffer1)"),
        ("a.capacity=3", "a has no 'capacity'"),
        ("buffer1.capacty=3", "did you mean 'capacity'?"),
        ("a.repair=never", "is not a duration"),
        ("a.off=2h", "'' is not a time on the wall"),
        ("a=3", "write NAME.WHAT=VALUE"),
    ],
)
def test_what_is_none_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_settings([text], model(), CALENDAR)
    assert told in str(refused.value)


def test_a_machine_that_never_stopped_has_no_stops_to_make_longer() -> None:
    one = line_of(machine("a", 0, 1.0))
    with pytest.raises(Misconfigured, match="was never seen to stop"):
        changed(one, read_settings(["a.repair=5m"], one, CALENDAR))
