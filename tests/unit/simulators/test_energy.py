"""Energy meters: the register is the integral of the power."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.energy import J_PER_KWH, EnergySpec, Meter, power_names

POWERS = st.lists(st.floats(0, 20_000), min_size=1, max_size=200).map(np.array)


@given(POWERS, st.integers(0, 200))
def test_the_register_is_the_integral_of_power_and_any_cut_gives_the_same_bytes(watts, cut):
    spec = EnergySpec(("motor.power", "heater.power"), standby_w=80.0, first_kwh=12_345.6)
    quantities, on = {"motor.power": watts, "heater.power": 2.0 * watts}, np.ones(len(watts))
    whole = Meter(spec)
    kw, kwh = whole.read(quantities, on)
    joule = np.cumsum(80.0 + 3.0 * watts)
    assert whole.joule == pytest.approx(joule[-1])
    assert kw * 1000 == pytest.approx(80.0 + 3.0 * watts, abs=5.0 + 1e-6)
    exact = 12_345.6 + joule / J_PER_KWH
    assert ((exact - kwh > -1e-6) & (exact - kwh < 0.01 + 1e-6)).all()
    assert (np.diff(kwh) >= 0).all()
    parts, split = Meter(spec), [slice(0, cut), slice(cut, None)]
    read = [parts.read({n: q[at] for n, q in quantities.items()}, on[at]) for at in split]
    assert np.concatenate([r[0] for r in read]).tobytes() == kw.tobytes()
    assert np.concatenate([r[1] for r in read]).tobytes() == kwh.tobytes()


def test_a_machine_that_is_switched_off_draws_nothing():
    kw, kwh = Meter(EnergySpec(standby_w=500.0)).read({}, np.repeat([1.0, 0.0], 3600))
    assert kw[0] == 0.5
    assert kw[-1] == 0.0
    assert kwh[-1] == pytest.approx(0.5)


def test_what_is_power_is_found_by_its_name():
    assert power_names(["motor.power", "motor.current", "heater.power"]) == ("motor.power", "heater.power")
