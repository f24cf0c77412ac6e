"""What else the grammar promises: flat tags, scalars of YAML 1.2, tables, templates, machines of their own."""

from __future__ import annotations

import pytest

from tests.unit.model.stand_ins import EXAMPLE, MQTT, OPCUA, loaded, problems
from twin.core.errors import Problems
from twin.core.plugin import ConnectionSpec, ConnectorPlugin
from twin.model.keys import GENERIC_STATES
from twin.model.load import load
from twin.model.packml import PACKML
from twin.model.plant import Counter, StateModel
from twin.model.rule import Binary, Number, TagValue
from twin.model.week import WeekTimes, parse_times

S7 = 'connections: {s7: {opcua: "opc.tcp://a"}}\n'


def machine(keys: str, tags: str = "st: {node: s}, full: {node: f}, empty: {node: e}") -> str:
    """A plant of one machine `l/m` with these keys."""
    return f"{S7}lines: {{l: {{machines: {{m: {{from: s7, tags: {{{tags}}}, {keys}}}}}}}}}\n"


def state_of(keys: str) -> StateModel:
    found = loaded(machine(keys)).machines()[0].state
    assert found is not None
    return found


def test_flat_tags_need_nothing_but_a_connection():
    plant = loaded(S7 + 'tags: {path/like/this: {from: s7, node: "ns=2;s=x"}}\n')
    assert (plant.path, plant.timezone, plant.lines) == ("", "UTC", ())
    tag = plant.tags["path/like/this"]
    assert (tag.connection, tag.address.settings["node"], tag.address.machine_node) == ("s7", "ns=2;s=x", "")


def test_a_value_holds_unless_the_file_says_that_it_moves():
    plant = loaded(S7 + "tags: {a: {from: s7, node: x}, b: {from: s7, node: y, interpolation: sloped}}\n")
    assert [plant.tags[tag].interpolation for tag in "ab"] == ["stepped", "sloped"]


def test_flat_tags_may_loop_anywhere_in_their_path():
    plant = loaded(S7 + 'plant: p\ntags: {"oven/zone[9..10]/temp": {from: s7, node: "z[{i}]", was: "old{i}"}}\n')
    found = {path: (tag.address.settings["node"], tag.was) for path, tag in plant.tags.items()}
    assert found == {"p/oven/zone9/temp": ("z[9]", "p/old9"), "p/oven/zone10/temp": ("z[10]", "p/old10")}


@pytest.mark.parametrize("name", ["off", "on", "yes", "no", "14:00", "0x", "2026-11-22", "1_000", "=", "<<"])
def test_what_yaml_1_1_would_change_stays_text(name: str):
    plant = loaded(S7 + f"tags: {{a: {{from: s7, node: x, unit: {name}}}}}\n")
    assert plant.tags["a"].unit == name


@pytest.mark.parametrize(("text", "number"), [("0o17", 15), ("0x1F", 31), ("017", 17), ("-5", -5), ("+5", 5)])
def test_whole_numbers_of_yaml_1_2(text: str, number: int):
    assert loaded(f"products: {{a: {{code: {text}}}}}\n").products["a"].code == number


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000.0), (".5", 0.5), ("-1.", -1.0), ("12", 12.0)])
def test_numbers_of_yaml_1_2(text: str, number: float):
    assert loaded(S7 + f"tags: {{a: {{from: s7, node: x, bad: [{text}]}}}}\n").tags["a"].bad == (number,)


@pytest.mark.parametrize("text", [".inf", ".nan", "true", "~", "[1]"])
def test_what_is_no_number(text: str):
    assert len(problems(S7 + f"tags: {{a: {{from: s7, node: x, bad: [{text}]}}}}\n")) == 1


def test_packml_tells_blocked_from_starved_by_its_flags():
    found = state_of("state: {table: packml, value: st, blocked: full, starved: empty}")
    suspended = Binary("==", TagValue("l/m/st"), Number(5))
    assert found.rules == (
        (Binary("and", suspended, TagValue("l/m/full")), "blocked"),
        (Binary("and", suspended, TagValue("l/m/empty")), "starved"),
    )
    assert (found.value, found.table[5]) == ("l/m/st", "waiting")


def test_packml_has_every_number_and_only_generic_states():
    assert sorted(PACKML) == list(range(1, 18))
    assert set(PACKML.values()) <= set(GENERIC_STATES)


def test_an_own_table():
    assert state_of("state: {table: {3: running, -1: off}, value: st}") == StateModel(
        table={3: "running", -1: "off"}, value="l/m/st"
    )


def test_flags_belong_to_packml():
    (problem,) = problems(machine("state: {table: {3: running}, value: st, blocked: full}"))
    assert "blocked: only the table `packml` has it" in problem


@pytest.mark.parametrize("number", ["three", "3.5", "true"])
def test_a_table_has_whole_numbers(number: str):
    (problem,) = problems(machine(f"state: {{table: {{{number}: running}}, value: st}}"))
    assert f"'{number}' is not a state number" in problem


def test_a_machine_adds_tags_and_replaces_what_its_type_says():
    text = f"""\
{S7}types:
  m: {{makes: bottle, tags: {{n: {{node: n, counter: {{}}}}}}, counts: {{total: n}}, state: [{{is: idle}}]}}
lines:
  l:
    machines:
      a: {{type: m, from: s7, node: A}}
      b: {{type: m, from: s7, node: B, makes: can, tags: {{bad: {{node: r, counter: {{pulse: true}}}}}},
          counts: {{total: n, reject: bad}}, display: Number two}}
"""
    first, second = loaded(text).machines()
    assert (first.makes, dict(first.tags), first.counts) == ("bottle", {"n": "l/a/n"}, {"total": "l/a/n"})
    assert (second.makes, second.display, list(second.tags)) == ("can", "Number two", ["n", "bad"])
    assert second.counts == {"total": "l/b/n", "reject": "l/b/bad"}
    assert second.state == first.state
    assert loaded(text).tags["l/b/bad"].counter == Counter(pulse=True)


def test_templates_name_machine_line_and_number():
    text = """\
connections: {gw: {mqtt: "mqtt://a"}}
types:
  t:
    tags: {x: {topic: "{line}/{machine}/{i}/x", timestamp: {path: "$.{machine}"}}, "y[7..8]": {topic: "{machine}/{i}"}}
lines: {hall/l1: {machines: {"m[1..2]": {type: t, from: gw, display: "Machine {i}"}}}}
"""
    plant = loaded(text)
    assert plant.tags["hall/l1/m2/x"].address.settings["topic"] == "l1/m2/2/x"
    assert plant.tags["hall/l1/m2/x"].address.settings["timestamp"] == {"path": "$.m2"}
    assert plant.tags["hall/l1/m2/y8"].address.settings["topic"] == "m2/8"
    assert [m.display for m in plant.machines()] == ["Machine 1", "Machine 2"]


@pytest.mark.parametrize(
    ("loop", "numbers"),
    [
        ("[9..11]", ["9", "10", "11"]),
        ("[08..10]", ["08", "09", "10"]),
        ("[0..3]", ["0", "1", "2", "3"]),
        ("[0..6..2]", ["0", "2", "4", "6"]),
        ("[1,2, 5]", ["1", "2", "5"]),
        ("[1..3,7,10..30..10]", ["1", "2", "3", "7", "10", "20", "30"]),
    ],
)
def test_numbers_of_a_loop(loop: str, numbers: list[str]):
    machine = "{from: s7, node: 'N{i}', display: 'No {i}', tags: {x: {node: x}}, state: [{when: x > 1, is: running}]}"
    plant = loaded(f"{S7}lines: {{l: {{machines: {{'m{loop}': {machine}}}}}}}\n")
    found = [(one.name, one.display, plant.tags[f"{one.path}/x"].address.machine_node) for one in plant.machines()]
    assert found == [(f"m{number}", f"No {number}", f"N{number}") for number in numbers]


@pytest.mark.parametrize(
    ("loop", "says"),
    [
        ("[1..2]_[1..2]", "'m[1..2]_[1..2]' has two loops, and {i} is one number"),
        ("[1..4..0]", "[1..4..0] has a step of 0"),
        ("[1..5000,1..6000]", "[1..5000,1..6000] has more than 10000 numbers"),
        ("[1,1]", "machine 'm1' stands twice in this line"),
        ("[1..]", "is not a name of a-z"),
    ],
)
def test_what_is_no_loop(loop: str, says: str):
    (problem,) = problems(f"{S7}lines: {{l: {{machines: {{'m{loop}': {{from: s7, tags: {{x: {{node: x}}}}}}}}}}}}\n")
    assert says in problem


def test_a_looped_tag_of_a_looped_machine_keeps_both_numbers_apart():
    text = f"""\
{S7}types: {{t: {{tags: {{"z[7..8]": {{node: ".z[{{i}}]"}}}}}}}}
lines: {{l: {{machines: {{"m[1..2]": {{type: t, from: s7, node: "m[{{i}}]"}}}}}}}}
"""
    addresses = loaded(text).addresses("s7")
    assert [a.machine_node + a.settings["node"] for a in addresses] == [
        "m[1].z[7]",
        "m[1].z[8]",
        "m[2].z[7]",
        "m[2].z[8]",
    ]


def test_braces_that_are_no_template_stay():
    plant = loaded(S7 + "tags: {a: {from: s7, node: 'g={8A3F} {x} {DB}'}}\n")
    assert plant.tags["a"].address.settings["node"] == "g={8A3F} {x} {DB}"


def test_a_rule_may_read_another_machine_and_a_flat_tag():
    text = f"""\
{S7}plant: p
lines:
  l:
    machines:
      a: {{from: s7, tags: {{run: {{node: x}}}}}}
      b: {{from: s7, tags: {{run: {{node: y}}}}, state: [{{when: a/run and hall/air > 5, is: running}}]}}
tags: {{hall/air: {{from: s7, node: z}}}}
"""
    state = loaded(text).machines()[1].state
    assert state is not None
    air = Binary(">", TagValue("p/hall/air"), Number(5))
    assert state.rules == ((Binary("and", TagValue("p/l/a/run"), air), "running"),)


def test_output_is_the_last_station_unless_the_file_says_otherwise():
    text = machine("display: M").replace("{l: {", "{l: {flow: [m, {buffer: 5 case}], ")
    assert loaded(text).lines[0].output == ("l/m",)


def test_machines_of_a_line_stand_in_the_order_of_the_flow():
    tag = "{from: s7, tags: {x: {node: x, shared: true}}}"
    text = f"{S7}lines: {{l: {{flow: [c, a], machines: {{a: {tag}, b: {tag}, c: {tag}}}}}}}\n"
    assert [m.name for m in loaded(text).machines()] == ["c", "a", "b"]


def test_variables_may_be_part_of_a_text_and_are_text():
    text = 'connections: {gw: {mqtt: "mqtt://${HOST}:${PORT}", password: "${PW}"}}\n'
    gw = loaded(text, {"HOST": "broker", "PORT": "1883", "PW": "1234"}).connections["gw"]
    assert (gw.url, gw.settings["password"]) == ("mqtt://broker:1883", "1234")


def test_defaults_of_the_plug_in_are_filled_in():
    s7 = loaded(S7).connections["s7"]
    assert (s7.settings["security"], s7.settings["publishing"], s7.settings["every"]) == ("auto", 250_000_000, None)
    assert (s7.time, s7.wait, s7.stale) == ("source", 1_000_000_000, 0)
    assert loaded(S7.replace('a"', 'a", stale: 0')).connections["s7"].stale == 0


def test_what_a_plug_in_finds_is_reported_where_it_stands():
    def check(connection: ConnectionSpec, addresses: object) -> list[tuple[str, str]]:
        return [(address.place, f"tag '{address.tag}' is odd") for address in addresses]  # type: ignore[attr-defined]

    odd = ConnectorPlugin("opcua", OPCUA.schemes, OPCUA.connection_keys, OPCUA.tag_keys, OPCUA.build, check)
    with pytest.raises(Problems) as found:
        load(S7 + "tags:\n  a: {from: s7, node: x}\n  b: {from: s7, nod: x}\n", "p.yaml", {"opcua": odd}, {})
    assert [str(problem) for problem in found.value.problems] == [
        "p.yaml:3: tag 'a' is odd",
        "p.yaml:4: tags.b: unknown key 'nod' (did you mean 'node'?)",
    ]


def test_keys_of_every_protocol_are_known_in_a_type_that_no_machine_has():
    assert problems("types: {t: {tags: {a: {topic: x}, b: {node: y}}}}\n") == []
    assert MQTT.tag_keys[0].name == "topic"


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Mon-Fri 06:00-14:00", WeekTimes((0, 1, 2, 3, 4), 360, 840)),
        ("Sat,Sun 22:00-06:00", WeekTimes((5, 6), 1320, 360)),
        ("Fri-Mon 0:00-24:00", WeekTimes((0, 4, 5, 6), 0, 1440)),
        ("08:00-16:30", WeekTimes((0, 1, 2, 3, 4, 5, 6), 480, 990)),
    ],
)
def test_times_of_the_week(text: str, times: WeekTimes):
    assert parse_times(text) == times


@pytest.mark.parametrize("text", ["Mon 6-14", "Mon 25:00-26:00", "Mon 24:30-01:00", "Mon 06:00-06:00", "Mon-", ""])
def test_what_is_no_time_of_the_week(text: str):
    with pytest.raises(ValueError, match=r"is not a|has no length"):
        parse_times(text)


def test_two_thousand_machines_of_one_type_are_written_in_one_line():
    text = EXAMPLE.read_text(encoding="utf-8").partition("lines:")[0]
    line = "lines: {l: {machines: {'filler[1..2000]': {type: filler, from: s7, node: 'DB{i}'}}}}\n"
    plant = loaded(text + line)
    assert (len(plant.machines()), len(plant.tags)) == (2_000, 20_000)
    assert plant.machines()[-1].path == "acme/brno/l/filler2000"
