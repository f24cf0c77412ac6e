"""Computed tags in a plant file: what they are made of, in which order, and what is refused with its line."""

from __future__ import annotations

import pytest

from tests.unit.model.stand_ins import loaded, problems
from twin.core.instant import MINUTE, SECOND
from twin.model.computed import MOST_LEVELS, connections_of, levels, reaches, samples_back, stored_inputs
from twin.model.rule import Binary, Call, Number, Previous, TagValue, Window, tags_of
from twin.model.rule_text import text_of
from twin.model.units import units

TWO = 'plant: p\nconnections: {s7: {opcua: "opc.tcp://a"}, bk: {opcua: "opc.tcp://b"}}\n'


def flat(*computed: str) -> str:
    """A plant of raw tags a, b (s7) and c (bk), and of these computed ones, a line each from line 7 on."""
    raw = "tags:\n  a: {from: s7, node: a}\n  b: {from: s7, node: b}\n  c: {from: bk, node: c}\n"
    return TWO + raw + "".join(f"  {one}\n" for one in computed)


def test_an_expression_of_a_type_reads_the_tags_of_each_machine():
    plant = loaded(
        TWO
        + """types:
  chiller:
    tags:
      supply: {node: s}
      back: {node: r}
      flow: {node: f, unit: m3/h}
      heat: {compute: "(back - supply) * flow * 1.163", unit: kW}
lines: {l: {machines: {"chiller[1..2]": {type: chiller, from: s7, node: "c{i}."}}}}
"""
    )
    heat = plant.tags["p/l/chiller2/heat"]
    assert (heat.connection, heat.unit, heat.address.settings) == ("", "kW", {})
    assert heat.compute is not None
    assert tags_of(heat.compute) == [f"p/l/chiller2/{name}" for name in ("back", "supply", "flow")]
    assert text_of(heat.compute).endswith("* 1.163")


def test_tags_of_others_are_named_as_in_rules_and_loops_by_their_number():
    plant = loaded(
        TWO
        + """lines:
  l:
    machines:
      "m[1..2]": {from: s7, tags: {power: {node: "p{i}"}, "twice[1..2]": {compute: "power * {i}"}}}
tags:
  site: {compute: "l/m1/power + l/m2/power"}
"""
    )
    assert plant.tags["p/l/m1/twice2"].compute == Binary("*", TagValue("p/l/m1/power"), Number(2.0))
    assert stored_inputs(plant.tags, "p/site") == ["p/l/m1/power", "p/l/m2/power"]


def test_levels_reach_and_connections_go_through():
    plant = loaded(
        flat(
            'x: {compute: "mean(a, 1m) + c"}',
            'y: {compute: "maximum(x, 10s) - previous(x)"}',
            'z: {compute: "value_or(y, 0) + rate(n, 30s)"}',
            "n: {from: s7, node: n, counter: {}}",
        )
    )
    assert levels(plant.tags) == {"p/x": 0, "p/y": 1, "p/z": 2}
    assert reaches(plant.tags, ["p/z"]) == {"p/x": 66 * SECOND, "p/y": 77 * SECOND, "p/z": 77 * SECOND}
    assert samples_back(plant.tags, "p/z") == 2
    assert connections_of(plant.tags, "p/z") == ["s7", "bk"]
    assert connections_of(plant.tags, "p/a") == ["s7"]


def test_functions_keep_their_arguments():
    plant = loaded(flat('x: {compute: "if(a > 1, round(mean(b, 5m), 1), previous(c))"}'))
    condition = Binary(">", TagValue("p/a"), Number(1.0))
    rounded = Call("round", (Window("mean", "p/b", 5 * MINUTE), Number(1.0)))
    assert plant.tags["p/x"].compute == Call("if", (condition, rounded, Previous("p/c")))


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ('x: {compute: "a +"}', "tags.x.compute: column 4: expected a tag, a number or '(', found the end"),
        ('x: {compute: "1 + 2"}', "tags.x.compute: names no tag: a constant is no tag"),
        ('x: {compute: "aa + b"}', "tags.x.compute: no tag 'aa' in the plant (did you mean 'a'?)"),
        ('x: {compute: "exp(a)"}', "column 4: no function 'exp': its last digits differ from processor to processor"),
        ('x: {compute: "means(a, 1m)"}', "column 6: no function 'means' (did you mean 'mean'?)"),
        ('x: {compute: "mean(a, 100ms)"}', "column 9: the window of mean() is a second or longer, in whole ms"),
        ('x: {compute: "if(a, b)"}', "if() has 2 arguments (write if(running, power, 0))"),
        ('x: {compute: "round(a, 1.5)"}', "round() is to 0 to 9 decimals"),
        ('x: {compute: "rate(a, 30s)"}', "rate() needs a counter and tag 'a' is none"),
        ('x: {compute: "x + 1"}', "computed tag 'p/x' is made of itself: p/x (plant.yaml:7) -> p/x (plant.yaml:7)"),
        ('x: {compute: "a", node: "s=1"}', "tags.x.node: a computed tag has no `node`"),
        ('x: {compute: "a", from: s7}', "tags.x.from: a computed tag has no `from`"),
        ('x: {compute: "a", counter: {}}', "tags.x.counter: a computed tag has no `counter`"),
        ('x: {compute: [a]}', "tags.x.compute: is a list, not one value"),
        ('x: {compute: "t + 1"}\n  t: {from: s7, node: t, type: text}', "tag 't' is a text tag and a number is needed"),
        ('x: {compute: "' + " + ".join(["a"] * 201) + '"}', "the rule has more than 200 parts; split it"),
        ('x: {compute: "' + "(" * 31 + "a" + ")" * 31 + '"}', "nested deeper than 30"),
        ('x: {compute: "' + "min(" * 31 + "a" + ", 1)" * 31 + '"}', "nested deeper than 30"),
        ('x: {compute: "' + " " * 2000 + 'a"}', "the rule is longer than 2000 characters"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(tag: str, message: str):
    found = problems(flat(tag))
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith("plant.yaml:7: ")


def test_a_circle_is_told_with_each_tag_and_its_line():
    found = problems(flat('x: {compute: "y + a"}', 'y: {compute: "z * 2"}', 'z: {compute: "mean(x, 1m)"}'))
    way = "p/x (plant.yaml:7) -> p/y (plant.yaml:8) -> p/z (plant.yaml:9) -> p/x (plant.yaml:7)"
    assert found == [f"plant.yaml:7: tags.x: computed tag 'p/x' is made of itself: {way}"]


def test_chains_and_windows_on_windows_end_somewhere():
    chain = [f'x{n + 1}: {{compute: "x{n} + 1"}}' for n in range(MOST_LEVELS)]
    (found,) = problems(flat('x0: {compute: "a"}', *chain))
    assert "computed tag 'p/x12' stands on 12 others in a row, and 11 are the most" in found
    days = ['d0: {compute: "mean(a, 1d)"}', 'd1: {compute: "mean(d0, 1d)"}']
    (found,) = problems(flat(*days))
    assert "computed tag 'p/d1' looks back" in found


def test_many_tags_in_one_expression_are_refused():
    raw = "".join(f"  r{n}: {{from: s7, node: r{n}}}\n" for n in range(51))
    added = " + ".join(f"r{n}" for n in range(51))
    (found,) = problems(TWO + "tags:\n" + raw + f'  x: {{compute: "{added}"}}\n')
    assert "reads 51 tags, and one expression reads at most 50" in found


def test_state_rules_may_call_functions_but_not_look_back():
    rule = 'state: [{when: "max(a, abs(b)) > 2", is: running}, {is: idle}]'
    head = TWO + "lines: {l: {machines: {m: {from: s7, tags: {a: {node: a}, b: {node: b}}, "
    plant = loaded(head + rule + "}}}}\n")
    state = plant.machines()[0].state
    assert state is not None
    assert state.rules[0][0] == Binary(
        ">", Call("max", (TagValue("p/l/m/a"), Call("abs", (TagValue("p/l/m/b"),)))), Number(2.0)
    )
    (found,) = problems(head + rule.replace("abs(b)", "mean(b, 1m)") + "}}}}\n")
    assert "mean(b, 1min) is for computed tags: make a tag with `compute: mean(b, 1min)`" in found


def test_units_join_what_a_computed_tag_reads():
    lines = "".join(f"  {n}: {{machines: {{m: {{from: s7, tags: {{t: {{node: {n}}}}}}}}}}}\n" for n in ("k", "l"))
    apart = TWO + "lines:\n" + lines + "tags:\n  c: {from: bk, node: c}\n  a: {from: s7, node: a}\n"
    assert [unit.name for unit in units(loaded(apart))] == ["p/k", "p/l", "tags/bk", "tags/s7"]
    joined = units(loaded(apart + '  x: {compute: "k/m/t - l/m/t + c"}\n'))
    assert [(unit.name, unit.connections) for unit in joined] == [("p/k+p/l", ("s7", "bk")), ("tags/s7", ("s7",))]
    loose = units(loaded(apart + '  x: {compute: "a + c"}\n'))
    assert [(unit.name, unit.tags) for unit in loose][2:] == [("tags/bk", ("p/c", "p/a", "p/x"))]
