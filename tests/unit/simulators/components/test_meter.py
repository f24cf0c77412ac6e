"""Energy meters: the register is the integral of the power."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.components.component import Duty
from simulators.components.meter import MeterSpec
from simulators.streams import stream

POWERS = st.lists(st.floats(0, 20_000), min_size=1, max_size=200).map(np.array)


def duty(n):
    return Duty(*[np.ones(n)] * 3, np.full(n, 22.0))


def meter(**spec):
    return MeterSpec(**spec).make(stream(1, "meter"))


@given(POWERS, st.integers(0, 200))
def test_the_register_is_the_integral_of_power_and_any_cut_gives_the_same_bytes(watts, cut):
    spec = {"power_of": ("motor.power", "heater.power"), "standby_w": 80.0, "first_kwh": 12_345.6}
    of = {"motor.power": watts, "heater.power": 2.0 * watts}
    whole = meter(**spec).advance(duty(len(watts)), of)
    assert whole["kw"] * 1000 == pytest.approx(80.0 + 3.0 * watts)
    assert whole["kwh"] == pytest.approx(12_345.6 + np.cumsum(80.0 + 3.0 * watts) / 3.6e6)
    assert (np.diff(whole["kwh"]) >= 0).all()
    parts, split = meter(**spec), [slice(0, cut), slice(cut, None)]
    read = [parts.advance(duty(len(watts[at])), {n: q[at] for n, q in of.items()}) for at in split]
    for name, series in whole.items():
        assert np.concatenate([r[name] for r in read]).tobytes() == series.tobytes()


def test_stand_by_alone_is_counted_too():
    assert meter(standby_w=500.0).advance(duty(3600), {})["kwh"][-1] == pytest.approx(0.5)


def test_nothing_can_go_wrong_with_a_meter():
    with pytest.raises(ValueError, match="no mode 'wear'"):
        meter().fault("wear", None)


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        MeterSpec(standby_w=-1.0)
