"""Types that build on others, versions side by side, and machines that change keys of a tag of their type."""

from __future__ import annotations

from fractions import Fraction

from tests.unit.model.stand_ins import loaded, problems
from twin.mes.flow import ideal_ns
from twin.model.plant import Machine, Plant

TYPES = """\
connections: {s7: {opcua: "opc.tcp://a"}, gw: {mqtt: "mqtt://a"}}
types:
  filler_xl:
    like: filler
    without: [vibration]
    tags:
      temp: {alarms: [{high: 90}], node: .hot}
      pressure: {node: .p, unit: bar}
    health: []
  filler:
    makes: bottle
    micro_stop: 90s
    tags:
      total: {node: .n, counter: {}}
      status: {node: .s}
      temp: {node: .t, unit: degC, raw: [0, 27648], range: [0, 150], bad: [32767], alarms: [{high: 85}]}
      vibration: {node: .v}
      zone[1..3]: {node: "zone[{i}]", unit: degC}
    counts: {total: total}
    state: [{when: "status == 3", is: running}]
    health: [{model: normal_behaviour, tags: [vibration]}]
"""


def plant(machines: str, types: str = TYPES) -> Plant:
    return loaded(f"{types}lines: {{l: {{machines: {{{machines}}}}}}}\n")


def machine(keys: str, types: str = TYPES) -> tuple[Plant, Machine]:
    found = plant(f"m: {{from: s7, {keys}}}", types)
    return found, found.machines()[0]


def test_a_type_has_all_of_what_it_builds_on_and_its_own_stands_above():
    found, one = machine("type: filler_xl")
    assert list(one.tags) == ["total", "status", "temp", "zone1", "zone2", "zone3", "pressure"]
    assert (one.makes, one.micro_stop, one.counts) == ("bottle", 90_000_000_000, {"total": "l/m/total"})
    assert one.state is not None
    assert one.health == ()
    temp = found.tags["l/m/temp"]
    assert (temp.address.settings["node"], temp.unit, temp.bad) == (".hot", "degC", (32767.0,))
    assert (temp.factor, [limit.limit for limit in temp.alarms]) == (150 / 27648, [90.0])
    assert temp.written["alarms"] == [{"high": 90}]
    assert "range" in temp.written


def test_what_a_type_below_says_is_not_changed_by_one_above():
    found, one = machine("type: filler")
    assert [limit.limit for limit in found.tags["l/m/temp"].alarms] == [85.0]
    assert (len(one.health), "vibration" in one.tags) == (1, True)


def test_a_machine_changes_keys_of_a_tag_and_the_others_stay():
    found, one = machine("type: filler, tags: {temp: {range: [0, 300]}, zone2: {bad: [0]}}")
    temp, zones = found.tags["l/m/temp"], [found.tags[f"l/m/zone{n}"] for n in (1, 2, 3)]
    assert (temp.factor, temp.bad, temp.unit) == (300 / 27648, (32767.0,), "degC")
    assert [zone.bad for zone in zones] == [(), (0.0,), ()]
    assert [zone.address.settings["node"] for zone in zones] == ["zone[1]", "zone[2]", "zone[3]"]
    assert list(one.tags) == ["total", "status", "temp", "vibration", "zone1", "zone2", "zone3"]


def test_nothing_behind_a_key_takes_it_away():
    found, _ = machine("type: filler, tags: {temp: {raw: , range: ~, alarms: }}")
    temp = found.tags["l/m/temp"]
    assert (temp.factor, temp.alarms, temp.unit, "raw" in temp.written) == (1.0, (), "degC", False)


def test_a_tag_that_comes_from_elsewhere_leaves_its_old_place_behind():
    found, _ = machine('type: filler, tags: {temp: {from: gw, topic: "t/{machine}"}}')
    temp = found.tags["l/m/temp"]
    assert (temp.connection, temp.address.settings["topic"], temp.unit) == ("gw", "t/m", "degC")
    assert "node" not in temp.address.settings


def test_a_loop_may_change_tags_of_a_loop():
    found, _ = machine('type: filler, tags: {"zone[2..3]": {node: "other[{i}]"}}')
    nodes = [found.tags[f"l/m/zone{n}"].address.settings["node"] for n in (1, 2, 3)]
    assert nodes == ["zone[1]", "other[2]", "other[3]"]


def test_one_of_a_loop_of_tags_may_be_another():
    types = TYPES.replace("unit: degC}\n    counts", "unit: degC}\n      zone2: {unit: K}\n    counts")
    found, _ = machine("type: filler", types)
    assert [found.tags[f"l/m/zone{n}"].unit for n in (1, 2, 3)] == ["degC", "K", "degC"]
    assert found.tags["l/m/zone2"].address.settings["node"] == "zone[2]"


def test_one_of_a_loop_of_machines_may_be_another():
    own = "m2: {node: 'other[{i}]', display: 'Number {i}', tags: {temp: {alarms: []}, extra: {node: x}}}"
    loop = "'m[1..3]': {type: filler, from: s7, node: 'm[{i}]', tags: {temp: {unit: K, alarms: [], range: [0, 1]}}}"
    found = plant(f"{loop}, {own}")
    assert [one.name for one in found.machines()] == ["m1", "m2", "m3"]
    assert [found.tags[f"l/m{n}/temp"].address.machine_node for n in (1, 2, 3)] == ["m[1]", "other[2]", "m[3]"]
    assert [found.tags[f"l/m{n}/temp"].unit for n in (1, 2, 3)] == ["K", "K", "K"]
    assert [one.display for one in found.machines()] == ["", "Number 2", ""]
    assert "l/m2/extra" in found.tags


VERSIONS = """\
  pump@1: {tags: {total: {node: .n, counter: {}}}, counts: {total: total}}
  pump@2: {like: pump@1, tags: {total: {node: .count}}}
  pump@2.1: {like: pump@2, tags: {flow: {node: .f}}}
"""


def test_versions_stand_side_by_side_and_machines_move_one_after_the_other():
    found = plant("a: {type: pump@1, from: s7}, b: {type: pump@2.1, from: s7}", TYPES + VERSIONS)
    assert [one.type for one in found.machines()] == ["pump@1", "pump@2.1"]
    assert [found.tags[f"l/{m}/total"].address.settings["node"] for m in "ab"] == [".n", ".count"]


def test_a_version_has_to_be_named_where_there_are_several():
    [problem] = problems(f"{TYPES}{VERSIONS}lines: {{l: {{machines: {{a: {{type: pump, from: s7}}}}}}}}\n")
    assert problem == (
        "plant.yaml:25: lines.l.machines.a.type: type 'pump' has versions; name one (pump@1, pump@2, pump@2.1)"
    )


def test_an_ideal_rate_is_that_of_the_version_or_of_the_type():
    products = "products: {x: {ideal: {pump: 60/min}}, y: {ideal: {pump: 60/min, pump@2: 120/min}}}\n"
    found = plant("a: {type: pump@1, from: s7}, b: {type: pump@2, from: s7}", products + TYPES + VERSIONS)
    ns = [[ideal_ns(found.products[name], one) for one in found.machines()] for name in "xy"]
    assert [[Fraction(one or 0, 10**9) for one in row] for row in ns] == [[1, 1], [1, Fraction(1, 2)]]


def test_a_new_unit_may_not_leave_limits_of_the_old_one_behind():
    text = f"{TYPES}lines: {{l: {{machines: {{m: {{type: filler, from: s7, tags: {{temp: {{unit: degF}}}}}}}}}}}}\n"
    assert [one.partition(".temp.")[2] for one in problems(text)] == [
        f"unit: `{key}` stays in 'degC' (types.filler.tags.temp.{key}, line 16);"
        f" write `{key}` again beside the new unit"
        for key in ("alarms", "range")
    ]
    assert problems(text.replace("degF", "degF, range: [32, 302], alarms: []")) == []


def test_a_mistake_in_a_type_below_is_told_once():
    text = TYPES.replace("status == 3", "statuss == 3")
    assert [one.split(":")[1] for one in problems(text)] == ["20"]


def test_a_type_that_is_wrong_makes_no_other_mistakes():
    text = TYPES.replace("like: filler", "like: fillr") + "lines: {l: {machines: {m: {type: filler_xl, from: s7}}}}\n"
    assert problems(text) == ["plant.yaml:4: types.filler_xl.like: no type 'fillr' (did you mean 'filler'?)"]
