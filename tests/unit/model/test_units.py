"""Units of re-fold: every tag in one, lines apart unless their rules meet."""

from __future__ import annotations

from tests.unit.model.stand_ins import loaded
from twin.core.instant import SECOND
from twin.model.units import Unit, units

CONNECTIONS = """\
plant: p
connections:
  s7: {opcua: "opc.tcp://a", wait: 5s}
  gw: {mqtt: "mqtt://b", wait: 60s}
"""


def lines(rule: str, more: str = "") -> str:
    """Three lines of one machine with one tag; the second one's state follows this rule."""
    machine = "{from: s7, tags: {run: {node: x, shared: true}}, state: [{when: %s, is: running}]}"
    made = "".join(f"  l{i}: {{machines: {{m: {machine % (rule if i == 2 else 'run')}}}}}\n" for i in (1, 2, 3))
    return f"{CONNECTIONS}lines:\n{made}{more}"


def test_lines_are_units_of_their_own():
    found = units(loaded(lines("run")))
    assert [unit.name for unit in found] == ["p/l1", "p/l2", "p/l3"]
    assert found[0] == Unit("p/l1", ("p/l1/m/run",), ("p/l1/m",), ("s7",), 5 * SECOND)


def test_lines_are_joined_when_a_rule_reads_across():
    found = units(loaded(lines("run and l3/m/run")))
    assert [unit.name for unit in found] == ["p/l1", "p/l2+p/l3"]
    assert found[1].tags == ("p/l2/m/run", "p/l3/m/run")
    assert found[1].machines == ("p/l2/m", "p/l3/m")


def test_lines_are_joined_by_a_tag_that_both_read():
    text = lines("run and hall/air").replace("l1: {machines", "l1: {product: {tag: hall/air}, machines")
    found = units(loaded(f"{text}tags: {{hall/air: {{from: gw, topic: air}}}}\n"))
    assert [(unit.name, unit.wait) for unit in found] == [("p/l1+p/l2", 60 * SECOND), ("p/l3", 5 * SECOND)]
    assert "p/hall/air" in found[0].tags


def test_tags_that_no_line_reads_are_units_by_connection():
    more = "tags: {'a/x[1..2]': {from: gw, topic: 't{i}'}, a/y: {from: s7, node: y}}\n"
    found = units(loaded(lines("run", more)))
    assert [unit.name for unit in found[3:]] == ["tags/gw", "tags/s7"]
    assert found[3] == Unit("tags/gw", ("p/a/x1", "p/a/x2"), (), ("gw",), 60 * SECOND)


def test_every_tag_and_machine_is_in_exactly_one_unit():
    plant = loaded(lines("run and l1/m/run", "tags: {a/y: {from: s7, node: y}}\n"))
    found = units(plant)
    assert sorted(tag for unit in found for tag in unit.tags) == sorted(plant.tags)
    assert sorted(m for unit in found for m in unit.machines) == sorted(m.path for m in plant.machines())
