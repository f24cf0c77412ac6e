"""Units: what plants write, from one to another and back, and what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from functools import cache
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.space.unit import SIGNS, UNECE
from twin.model.measure.measure import NoConversion, conversion
from twin.model.measure.reading import NoUnit, measure
from twin.model.measure.spellings import ALSO, AMBIGUOUS, MADE_OF, OPAQUE, PREFIXES, SCALES, WITH_PREFIX
from twin.model.measure.spellings import UNECE as CODES
from twin.model.measure.written import amount_in

ALIKE = (
    ("degC", "degF", "K", "Cel", "°C", "CEL"),
    ("bar", "mbar", "kPa", "psi", "mmH2O", "at", "bar(a)", "N/mm2"),
    ("bar(g)", "psig", "mbar(g)", "kPa(g)"),
    ("m3/h", "l/min", "cfm", "gpm", "cbm/h", "L/s"),
    ("kW", "hp", "W", "kWh/h", "J/s"),
    ("rpm", "U/min", "1/min", "Hz", "deg/s", "rad/s"),
    ("Nm", "kN.m", "lbft", "N·m"),
    ("kWh", "MJ", "Btu", "kcal", "Wh"),
    ("kg/h", "t/d", "lb/s", "g/min"),
    ("mm/s", "m/min", "km/h", "ft/s"),
    ("Nm3/h", "Nl/min"),
    ("%", "ppm", "‰"),
    ("kJ/kg/K", "J/(g.K)", "kWh/t/K"),
)  # fmt: skip
"""Units that become each other; those of two rows never do."""
NUMBERS = st.floats(-1e9, 1e9)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two units of one dimension."""
    row = draw(st.sampled_from(ALIKE))
    return draw(st.sampled_from(row)), draw(st.sampled_from(row))


@st.composite
def strangers(draw: st.DrawFn) -> tuple[str, str]:
    """Two units that do not become each other."""
    one, other = draw(st.lists(st.sampled_from(ALIKE), min_size=2, max_size=2, unique=True))
    return draw(st.sampled_from(one)), draw(st.sampled_from(other))


@given(pairs(), NUMBERS)
def test_there_and_back_is_the_same_number(units: tuple[str, str], value: float):
    there, back = (conversion(measure(one), measure(other)) for one, other in (units, units[::-1]))
    exact = (Fraction(value) * there.factor + there.offset) * back.factor + back.offset
    assert exact == Fraction(value)
    tolerance = 1e-9 * max(1.0, abs(value), abs(float(back.offset)), abs(float(back.factor * there.offset)))
    assert math.isclose(back.of(there.of(value)), value, rel_tol=1e-12, abs_tol=tolerance)


@given(pairs(), st.sampled_from(ALIKE), NUMBERS)
def test_by_way_of_a_third_unit_is_the_same_number(units: tuple[str, str], row: tuple[str, ...], value: float):
    source, target = units
    third = next((one for one in row if source in row), source)
    direct = conversion(measure(source), measure(target))
    first, second = conversion(measure(source), measure(third)), conversion(measure(third), measure(target))
    assert second.factor * first.factor == direct.factor
    assert second.factor * first.offset + second.offset == direct.offset


@given(strangers())
def test_units_of_different_things_are_refused(units: tuple[str, str]):
    with pytest.raises(NoConversion):
        conversion(measure(units[0]), measure(units[1]))
    with pytest.raises(ValueError, match="does not become"):
        amount_in(f"1 {units[0]}", units[1])


@given(pairs(), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_step_does_not_know_where_zero_is(units: tuple[str, str], one: float, other: float):
    source, target = units
    step = amount_in(f"{one - other:.6f} {source}", target, is_step=True)
    found = conversion(measure(source), measure(target))
    assert math.isclose(step, float(Fraction(f"{one - other:.6f}") * found.factor), rel_tol=1e-12, abs_tol=1e-12)


PINT = {
    "bar": "bar", "psi": "psi", "at": "technical_atmosphere", "atm": "atm", "Torr": "torr", "mmHg": "mmHg",
    "inH2O": "inch_H2O", "kp": "kgf", "hp": "hydraulic_horsepower", "hp_metric": "metric_horsepower", "Btu": "Btu_it",
    "cal": "calorie", "lb": "pound", "oz": "ounce", "lbf": "pound_force", "in": "inch", "mi": "mile", "yd": "yard",
    "gal_us": "gallon", "gal_uk": "imperial_gallon", "kn": "knot", "mph": "mph",
    "kWh": "kilowatt_hour", "eV": "electron_volt", "P": "poise", "St": "stokes", "erg": "erg", "dyn": "dyne",
    "a": "year", "ha": "hectare", "t": "metric_ton", "l": "liter", "min": "minute", "deg": "degree", "gon": "gradian",
    "lx": "lux", "H": "henry", "T": "tesla", "Wb": "weber", "S": "siemens", "ohm": "ohm", "V": "volt", "W": "watt",
    "kat": "katal", "mil": "thou", "arcsec": "arcsecond", "ppm": "ppm", "%": "percent", "degR": "degR",
    "Ah": "ampere_hour",
}  # fmt: skip
LOOSELY = {"a": 1e-4, "hp": 1e-6, "Btu": 1e-9, "eV": 1e-9}
"""Where the same name has a definition a little apart (a Julian year)."""


@cache
def registry() -> Any:
    return pint.UnitRegistry()


@pytest.mark.parametrize("name", PINT)
def test_the_table_says_what_pint_says(name: str):
    its = registry().Quantity(1.0, PINT[name]).to_base_units().magnitude
    assert math.isclose(float(measure(name).factor), its, rel_tol=LOOSELY.get(name, 1e-12))


def test_every_spelling_of_the_table_is_a_unit():
    made = {prefix + name for prefix in PREFIXES for name in WITH_PREFIX} - AMBIGUOUS.keys()
    for name in [*MADE_OF, *ALSO, *SCALES, *OPAQUE, *CODES, *made]:
        assert measure(name).factor > 0, name
    for name in AMBIGUOUS:
        with pytest.raises(NoUnit, match="read in two ways"):
            measure(name)


def test_what_a_server_sends_is_known():
    assert all(measure(name) == measure(code) for code, name in UNECE.items() if name and code in CODES)
    assert all(measure(sign).factor == measure(name).factor for sign, name in SIGNS.items() if name != "rpm")


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("furlong", "792000/3937"), ("kilofurlong", "792000000/3937"), ("metric_ton", "1000"),
        ("acre", "62726400000/15499969"),
        ("furlong/h", "220/3937"), ("m3/h", "1/3600"), ("kWh/t", "3600"), ("/min", "1/60"), ("m.s-2", "1"),
        ("m/s**2", "1"),
        ("µm", "1/1000000"), ("mm^2", "1/1000000"), ("{pcs}/min", "1/60"), ("W/(m2.K)", "1"), ("kW h", "3600000"),
    ],
)  # fmt: skip
def test_how_units_are_written(text: str, factor: str):
    assert measure(text).factor == Fraction(factor)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dgC", "no unit 'dgC' (did you mean 'degC'?)"),
        ("KW", "no unit 'KW' (did you mean 'kW'?)"),
        ("mbarr/s", "no unit 'mbarr/s' (did you mean 'mbar/s'?)"),
        ("C", "'C' is read in two ways; write degC for a temperature, A.s for a charge"),
        ("m3//h", "no unit 'm3//h' (units are written like degC, m3/h, kJ/kg/K, bar(g))"),
        ("bar(", "no unit 'bar(' (units are written like degC, m3/h, kJ/kg/K, bar(g))"),
        ("hertzz", "no unit 'hertzz' (units are written like degC, m3/h, kJ/kg/K, bar(g))"),
        ("0 m", "no unit '0 m' (units are written like degC, m3/h, kJ/kg/K, bar(g))"),
        ("m99", "no unit 'm99' (units are written like degC, m3/h, kJ/kg/K, bar(g))"),
        ("", "'' is no unit"),
    ],
)
def test_what_is_no_unit(text: str, said: str):
    with pytest.raises(NoUnit) as found:
        measure(text)
    assert str(found.value) == said


@given(st.text(max_size=70))
def test_any_text_is_a_unit_or_refused(text: str):
    with suppress(NoUnit):
        assert measure(text).factor > 0


def test_what_a_library_reads_as_something_else_is_what_plants_mean():
    assert measure("Nm").name == "a torque"
    assert measure("pcs").name == "a number of pieces"
    assert measure("pH").name == "pH"
    assert conversion(measure("U/min"), measure("Hz")).of(1500.0) == 25.0
    assert conversion(measure("Nm3/h"), measure("Nl/min")).of(6.0) == 100.0


def test_a_usual_plant_is_read_without_pint():
    code = (
        "import sys; from tests.unit.model.stand_ins import EXAMPLE, loaded; loaded(EXAMPLE.read_text('utf-8')); "
        "from twin.model.measure.written import between; between('degF', 'degC'); print('pint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
