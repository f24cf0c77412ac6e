"""Units in a plant file: on the wire, in limits, in expressions and rules; each mistake with its place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.stand_ins import loaded, problems
from twin.core.scales import Scale, Scales
from twin.model.measure.fitting import fitted
from twin.model.plan.pair import Pair
from twin.model.plan.scales import readings, scale_changes
from twin.model.plant import Limit, TagSpec
from twin.model.rule import Binary, Number, Rule, TagValue
from twin.model.rule_parser import parse
from twin.model.rule_text import text_of

HEAD = 'linetwin: 1\nplant: acme\nconnections: {s7: {opcua: "opc.tcp://a"}}\n'


def tag(keys: str) -> TagSpec:
    return loaded(f"{HEAD}tags: {{a: {{from: s7, node: x, {keys}}}}}\n").tags["acme/a"]


def said(keys: str) -> list[str]:
    return problems(f"{HEAD}tags: {{a: {{from: s7, node: x, {keys}}}}}\n")


@pytest.mark.parametrize(
    ("wire", "unit", "numbers", "values"),
    [
        ("degF", "degC", [32.0, 212.0, -40.0], [0.0, 100.0, -40.0]),
        ("psi", "bar", [0.0, 100.0], [0.0, 6.894757293168361]),
        ("U/min", "Hz", [1500.0], [25.0]),
        ("bar(g)", "mbar(g)", [1.5], [1500.0]),
        ("m³/h", "l/min", [0.6], [10.0]),
        ("°C", "degC", [21.5], [21.5]),
    ],
)
def test_the_number_on_the_wire_becomes_a_value_in_the_unit(
    wire: str, unit: str, numbers: list[float], values: list[float]
):
    spec = tag(f"wire: '{wire}', unit: '{unit}'")
    scales = Scales({0: [Scale(0, spec.factor, spec.offset)]})
    many = len(numbers)
    ids, times, status = np.zeros(many, np.int32), np.zeros(many, np.int64), np.zeros(many, np.uint32)
    found, _ = scales.meant(ids, times, np.array(numbers), status)
    assert found.tolist() == pytest.approx(values, rel=1e-13, abs=1e-13)
    assert spec.address.unit == wire


def test_amounts_of_a_tag_may_have_a_unit_of_their_own():
    spec = tag(
        "unit: degC, raw: [0, 1000], range: [32 degF, 212 degF],"
        " alarms: [{high: 185 degF, low: 278.15 K, deadband: 2 K}],"
        " write: {low: 0, high: 212 degF, step: 9 degF}"
    )
    assert (spec.factor, spec.offset) == (0.1, 0.0)
    high, low = spec.alarms
    assert (high.limit, low.limit) == (85.0, 5.0)
    assert high.deadband == 2.0
    assert spec.write is not None
    assert (spec.write.low, spec.write.high, spec.write.step) == (0.0, 100.0, 5.0)


def test_a_limit_with_a_unit_follows_a_type_that_changes_the_unit():
    above = "a: {tags: {t: {node: .t, unit: degC, alarms: [{high: 85 degC}]}}}"
    types = f"types: {{{above}, b: {{like: a, tags: {{t: {{unit: degF}}}}}}}}"
    plant = loaded(f"{HEAD}{types}\nlines: {{l: {{machines: {{m: {{type: b, from: s7}}}}}}}}\n")
    assert plant.tags["acme/l/m/t"].alarms == (Limit("high", "high", 185.0),)


def test_a_wrong_unit_on_the_wire_is_mended_for_the_past_and_the_plan_says_so():
    old, new = (
        loaded(f"{HEAD}tags: {{a: {{from: s7, node: x, unit: degC{more}}}}}\n")
        for more in ("", ", scales: [{from: 2026-11-01, to: 2026-11-05, wire: degF}]")
    )
    [dated] = new.tags["acme/a"].scales
    assert dated.factor * 212 + dated.offset == pytest.approx(100)
    pair = Pair(old, new, {"acme/a": "number"})
    [change] = scale_changes(pair, readings(pair), now=dated.end)
    assert "added dated scale acme/a" in str(change)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("wire: bar, unit: degC", "a.wire: 'bar' does not become 'degC': a pressure is not a temperature"),
        ("wire: dgF, unit: degC", "a.wire: no unit 'dgF' (did you mean 'degF'?)"),
        (
            "wire: bar, unit: bar(g)",
            "a.wire: 'bar' does not become 'bar(g)': one of them counts from the air around and the other does not,"
            " so no number lies between them",
        ),
        ("wire: J, unit: Nm", "a.wire: 'J' does not become 'Nm': an energy is not a torque"),
        (
            "wire: degF",
            "a.wire: says what is on the wire, and the tag says not what is wanted; write `unit` (such as degF)",
        ),
        (
            "wire: K, unit: degC, raw: [0, 1], range: [0, 1]",
            "a.wire: stands beside `raw`, which says what the numbers are in the unit of the tag; remove one of them",
        ),
        ("wire: t, unit: kg, counter: {}", "a.wire: stands beside `counter`, which counts pieces; remove one of them"),
        ("wire: t, unit: kg, type: text", "a.wire: a text tag has no unit on the wire; only numbers have"),
        (
            "unit: degC, alarms: [{high: 1.2 bar}]",
            "a.alarms[0].high: 'bar' does not become 'degC': a pressure is not a temperature",
        ),
        ("unit: degC, alarms: [{low: 85 dgC}]", "a.alarms[0].low: no unit 'dgC' (did you mean 'degC'?)"),
        (
            "alarms: [{high: 85 degC}]",
            "a.alarms[0].high: '85 degC' has a unit and the tag has none (give the tag `unit: degC`)",
        ),
        (
            "unit: degC, alarms: [{high: hot}]",
            "a.alarms[0].high: 'hot' is neither a number nor an amount like 85 degC",
        ),
        (
            "unit: bar, write: {low: 0, high: 5 l}",
            "a.write.high: 'l' does not become 'bar': a volume is not a pressure",
        ),
        (
            "unit: bar, thin: {after: 8d, exception: 5 degC}",
            "a.thin.exception: 'degC' does not become 'bar': a temperature is not a pressure",
        ),
        (
            "unit: bar, raw: [0, 1], range: [0, 5 m]",
            "a.range: 'm' does not become 'bar': a length is not a pressure",
        ),
        (
            "unit: degC, scales: [{from: 2026-11-01, wire: bar}]",
            "a.scales[0].wire: 'bar' does not become 'degC': a pressure is not a temperature",
        ),
    ],
)
def test_nonsense_is_refused_with_its_place(keys: str, message: str):
    assert f"plant.yaml:4: tags.{message}" in said(keys)


UNITS = {
    "s": "degC", "r": "degC", "f": "degF", "k": "K", "b": "bar", "mb": "mbar", "bg": "bar(g)", "q": "m3/h", "w": "W",
    "kw": "kW", "n": "rpm", "hz": "Hz", "m": "Nm", "x": "", "bottle": "bottle", "tot": "pcs", "e": "kWh", "len": "m",
    "force": "N", "per_min": "1/min",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "unit", "made"),
    [
        ("s - r", "K", "s - r"),
        ("s - r", "degC", "s - r"),
        ("s - f", "degC", "s - (f * 0.5555555555555556 - 17.77777777777778)"),
        ("s + 9 degF", "degC", "s + 5"),
        ("s - 5 K", "degF", "(s - 5) * 1.8 + 32"),
        ("(s + r) / 2", "degC", "(s + r) / 2"),
        ("b + mb", "mbar", "(b + mb * 0.001) * 1000"),
        ("bg - bg", "bar", "bg - bg"),
        ("m * n", "kW", "m * n * 0.00010471975511965978"),
        ("m * n / 9549", "kW", "m * n / 9549"),
        ("(s - r) * q * 4.19", "kW", "(s - r) * q * 4.19"),
        ("(s - r) * q * 4.19 MJ/m3/K", "kW", "(s - r) * q * 4.19 * 0.2777777777777778"),
        ("force * len / 1 rad", "Nm", "force * len / 1"),
        ("m * per_min * 1 rev", "kW", "m * per_min * 1 * 0.00010471975511965978"),
        ("hz", "rpm", "hz * 60"),
        ("k", "degC", "k - 273.15"),
        ("max(w, kw, 5 kW)", "W", "max(w, kw * 1000, 5000)"),
        ("clamp(s, 0 degC, 212 degF)", "degC", "clamp(s, 0, 100)"),
        ("if(x > 0, w, 0)", "kW", "if(x > 0, w, 0) * 0.001"),
        ("rate(tot, 1min)", "pcs/min", "rate(tot, 1min) * 60"),
        ("delta(e, 1h) / 3600 s", "kW", "delta(e, 1h) / 3600 * 3600"),
        ("mean(s, 5min)", "degF", "mean(s, 5min) * 1.8 + 32"),
        ("bottle + bottle", "bottle", "bottle + bottle"),
        ("w / 1000", "kW", "w / 1000"),
        ("s > 185 degF and abs(s - r) > 9 degF", "", "s > 85 and abs(s - r) > 5"),
        ("not s > k", "", "not s > k - 273.15"),
    ],
)
def test_an_expression_comes_out_in_the_unit_of_its_tag(rule: str, unit: str, made: str):
    found = fitted(parse(rule), UNITS.__getitem__, unit)
    assert text_of(found) == made
    assert parse(text_of(parse(rule))) == parse(rule)
    assert fitted(found, lambda _: "", "") == found


@pytest.mark.parametrize(
    ("rule", "unit", "message"),
    [
        ("b + s", "", "`+` between bar and degC: a pressure is not a temperature"),
        ("b > 5 degC", "", "`>` between bar and degC: a temperature is not a pressure"),
        ("max(b, w)", "", "max() between bar and W: a power is not a pressure"),
        ("if(x, q, w)", "", "if() between m3/h and W: a power is not a flow"),
        ("b * b", "bar", "gives kg2.m-2.s-4, and the tag is in bar: kg2.m-2.s-4 is not a pressure"),
        ("m * n", "degC", "gives a power, and the tag is in degC: a power is not a temperature"),
        ("s > 5 dgC", "", "no unit 'dgC' (did you mean 'degC'?)"),
        ("len / len / 1 s", "rad/s", "gives a frequency, and the tag is in rad/s: one of them counts turns or angles"
         " and the other does not; multiply or divide by `1 rad`, or by `1 rev`"),
        ("m * per_min", "kW", "gives kg.m2.rad-1.s-3, and the tag is in kW: one of them counts turns or angles and the"
         " other does not; multiply or divide by `1 rad`, or by `1 rev`"),
    ],
)  # fmt: skip
def test_an_expression_that_mixes_units_is_refused(rule: str, unit: str, message: str):
    with pytest.raises(ValueError, match=r"unit|between|gives") as found:
        fitted(parse(rule), UNITS.__getitem__, unit)
    assert str(found.value) == message


def value(rule: Rule, values: dict[str, float]) -> float:
    """What plain arithmetic makes of a rule."""
    match rule:
        case Number(number):
            return number
        case TagValue(path):
            return values[path]
        case Binary("+", left, right):
            return value(left, values) + value(right, values)
        case Binary("-", left, right):
            return value(left, values) - value(right, values)
        case Binary(_, left, right):
            return value(left, values) * value(right, values)
        case _:
            raise AssertionError(rule)


@given(
    st.sampled_from(["bar", "mbar", "kPa", "Pa", "MPa"]),
    st.sampled_from(["bar", "mbar", "kPa", "Pa", "MPa"]),
    st.sampled_from(["bar", "mbar", "kPa", "Pa", "MPa"]),
    st.sampled_from(["+", "-"]),
    st.floats(0.1, 1e4),
    st.floats(0.1, 1e4),
)
def test_sums_are_right_whatever_the_units(one: str, other: str, unit: str, operator: str, a: float, b: float):
    pascal = {"bar": 1e5, "mbar": 100.0, "kPa": 1000.0, "Pa": 1.0, "MPa": 1e6}
    found = fitted(parse(f"a {operator} b"), {"a": one, "b": other}.__getitem__, unit)
    first, second = a * pascal[one], b * pascal[other]
    meant = (first + second if operator == "+" else first - second) / pascal[unit]
    scale = max(first, second) / pascal[unit]
    assert math.isclose(value(found, {"a": a, "b": b}), meant, rel_tol=1e-12, abs_tol=1e-12 * scale)


PLANT = (
    HEAD
    + """\
types:
  press:
    tags:
      oil: {node: .o, unit: bar}
      air: {node: .a, unit: mbar}
      temp: {node: .t, unit: degC}
      over: {compute: "oil - air", unit: kPa}
    state:
      - {when: "temp > 185 degF", is: down}
      - {when: "air > oil", is: stopped}
      - {is: idle}
lines:
  l: {machines: {press: {type: press, from: s7}}}
tags:
  hall: {compute: "l/press/oil + 0.5 bar", unit: bar}
"""
)


def test_computed_tags_and_state_rules_count_in_one_unit():
    plant = loaded(PLANT)
    over, hall = plant.tags["acme/l/press/over"].compute, plant.tags["acme/hall"].compute
    assert over is not None
    assert hall is not None
    assert text_of(over) == "(acme/l/press/oil - acme/l/press/air * 0.001) * 100"
    assert text_of(hall) == "acme/l/press/oil + 0.5"
    state = plant.lines[0].machines[0].state
    assert state is not None
    rules = [text_of(rule) for rule, _ in state.rules if rule is not None]
    assert rules == ["acme/l/press/temp > 85", "acme/l/press/air > acme/l/press/oil * 1000"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("oil - air", "oil - temp", "10: types.press.tags.over.compute: `-` between bar and degC: a temperature"
         " is not a pressure"),
        ("unit: kPa", "unit: degC", "10: types.press.tags.over.compute: gives bar, and the tag is in degC: a pressure"
         " is not a temperature"),
        ("185 degF", "185 dgF", "12: types.press.state[0]: no unit 'dgF' (did you mean 'degF'?)"),
        ("air > oil", "air > temp", "13: types.press.state[1]: `>` between mbar and degC: a temperature is not a"
         " pressure"),
        ("0.5 bar", "0.5 m", "18: tags.hall.compute: `+` between bar and m: a length is not a pressure"),
    ],
)  # fmt: skip
def test_nonsense_in_expressions_is_refused_with_its_place(old: str, new: str, message: str):
    assert old in PLANT
    assert problems(PLANT.replace(old, new)) == [f"plant.yaml:{message}"]
