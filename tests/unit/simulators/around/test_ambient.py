"""The temperature of the hall: of every second the same, however one asks; warm in the afternoon."""

import numpy as np
import pytest

from simulators.around.ambient import Ambient, AmbientSpec
from simulators.streams import stream
from tests.unit.simulators.start import START

NOW = START // 10**6
SECOND = NOW // 1000


def ambient(seed=1, **spec):
    return Ambient(AmbientSpec(zone="Europe/Prague", **spec), NOW, stream(seed, "ambient"))


def test_any_cutting_in_any_order_gives_the_same_bytes():
    whole = ambient(swing=3.0, weather=1.0).of(SECOND, 50_000)
    other = ambient(swing=3.0, weather=1.0)
    last = other.of(SECOND + 30_000, 20_000)
    first = np.concatenate([other.of(SECOND + at, 7_500) for at in range(0, 30_000, 7_500)])
    assert np.concatenate([first, last]).tobytes() == whole.tobytes()


def test_a_day_swings_about_its_mean_and_is_warmest_at_three():
    day = ambient(mean=21.0, swing=4.0).of(SECOND, 86_400)
    assert day.mean() == pytest.approx(21.0, abs=1e-6)
    assert (day.min(), day.max()) == pytest.approx((17.0, 25.0), abs=1e-3)
    assert int(day.argmax()) == 9 * 3600  # START is at six


def test_the_weather_has_the_spread_and_the_memory_asked_for():
    knots = ambient(weather=2.0, memory_h=3.0).of(SECOND, 86_400 * 90)[::600] - 22.0
    assert knots.std() == pytest.approx(2.0, rel=0.1)
    assert knots.mean() == pytest.approx(0.0, abs=0.2)
    after = 18  # three hours
    assert np.corrcoef(knots[:-after], knots[after:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.06)


def test_the_sensor_reads_in_its_steps():
    hall = ambient(swing=3.0, weather=1.0)
    for second in range(SECOND, SECOND + 36_000, 3600):
        assert hall.shown(second) == round(hall.shown(second), 1)
        assert abs(hall.shown(second) - hall.of(second, 1)[0]) <= 0.05 + 1e-9


def test_a_spec_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="memory_h and step more than 0"):
        AmbientSpec(memory_h=0.0)
