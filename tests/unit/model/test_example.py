"""The example of the manual loads, and says what its author meant."""

from __future__ import annotations

import pytest

from tests.unit.model.stand_ins import EXAMPLE, loaded, problems
from twin.core.instant import MILLISECOND, SECOND
from twin.model.plant import Buffer, Counter, Limit, Plant
from twin.model.rule import Binary, Bit, Number, Rate
from twin.model.units import Unit, units

LINE = "acme/brno/packaging/line1"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(EXAMPLE.read_text(encoding="utf-8"))


def test_nothing_is_wrong_with_it():
    assert problems(EXAMPLE.read_text(encoding="utf-8")) == []


def test_every_machine_has_the_tags_of_its_type(plant: Plant):
    paths = [plant.short(path) for path in plant.tags]
    filler = ["total", "reject", "status", "recipe", "motor_temp", *(f"zone_temp{i}" for i in range(1, 5)), "vibration"]
    packers = [f"packer{i}/{tag}" for i in (1, 2) for tag in ("total", "reject", "st")]
    assert paths == [f"packaging/line1/{path}" for path in [*(f"filler/{tag}" for tag in filler), *packers]]


def test_addresses_have_their_templates_filled_in(plant: Plant):
    address = {path.removeprefix(f"{LINE}/"): tag.address for path, tag in plant.tags.items()}
    assert address["filler/total"].machine_node == '"DB_Filler"'
    assert address["filler/total"].settings["node"] == '."Stat"."wTotal"'
    assert address["filler/total"].place == "plant.yaml:17"
    assert address["filler/zone_temp3"].settings["pick"] == "[3].rAct"
    assert address["packer2/st"].machine_node == "GVL.aPacker[2]"


def test_a_tag_of_another_connection_stands_apart_from_the_machines_node(plant: Plant):
    tag = plant.tags[f"{LINE}/filler/vibration"]
    assert tag.connection == "gw"
    assert tag.address.machine_node == ""
    timestamp = {"path": "$.ts", "unit": "ms"}
    assert tag.address.settings == {"topic": "vib/filler", "value": "$.rms", "timestamp": timestamp}
    assert [address.tag for address in plant.addresses("gw")] == [tag.path]


def test_meaning_of_tags(plant: Plant):
    temperature = plant.tags[f"{LINE}/filler/motor_temp"]
    assert temperature.factor * 27648 + temperature.offset == pytest.approx(150)
    assert (temperature.unit, temperature.bad) == ("degC", (32767.0,))
    assert temperature.alarms == (Limit("high", "high", 85.0, 1.0, 15 * SECOND, priority=2),)
    assert plant.tags[f"{LINE}/filler/total"].counter == Counter(wraps=65536)
    assert plant.tags[f"{LINE}/filler/reject"].counter == Counter(resets="order")
    assert plant.tags[f"{LINE}/filler/recipe"].was == f"{LINE}/filler/rezept_nr"


def test_states_counts_and_health_name_full_paths(plant: Plant):
    filler, packer, _ = plant.machines()
    assert filler.state is not None
    assert filler.state.rules == (
        (Bit(f"{LINE}/filler/status", 15), "down"),
        (Bit(f"{LINE}/filler/status", 3), "starved"),
        (Binary(">", Rate(f"{LINE}/filler/total", 30 * SECOND), Number(0)), "running"),
        (None, "idle"),
    )
    assert filler.counts == {"total": f"{LINE}/filler/total", "reject": f"{LINE}/filler/reject"}
    watched = (f"{LINE}/filler/motor_temp", f"{LINE}/filler/vibration")
    learn = {"learn": 3600 * SECOND}
    assert filler.health == ({"model": "normal_behaviour", "while": "running", "tags": watched, **learn},)
    assert packer.state is not None
    assert (packer.state.value, packer.state.table[6], packer.state.rules) == (f"{LINE}/packer1/st", "running", ())
    assert (filler.makes, filler.pieces, filler.made_of) == ("bottle", 1, "")
    assert (packer.makes, packer.pieces, packer.made_of) == ("case", 12, "bottle")


def test_line_and_products(plant: Plant):
    (line,) = plant.lines
    packers = (f"{LINE}/packer1", f"{LINE}/packer2")
    assert line.flow == ((f"{LINE}/filler",), Buffer(200, "bottle"), packers)
    assert line.output == packers
    assert line.product == f"{LINE}/filler/recipe"
    assert plant.products["cola05"].code == 17
    assert plant.products["cola05"].ideal == {"filler": 500 * MILLISECOND, "packer": 6 * SECOND}


def test_connections_and_shifts(plant: Plant):
    s7 = plant.connections["s7"]
    assert (s7.url, s7.place, s7.settings["password"]) == ("opc.tcp://10.0.1.10:4840", "plant.yaml:8", "secret")
    assert s7.settings["every"] == SECOND
    assert plant.connections["bk"].time == "arrival"
    assert plant.connections["gw"].wait == 60 * SECOND
    assert [(t.days, t.start, t.end) for t in plant.shifts["late"]] == [((0, 1, 2, 3, 4), 14 * 60, 22 * 60)]


def test_the_text_is_kept_without_its_secrets(plant: Plant):
    assert plant.text == EXAMPLE.read_text(encoding="utf-8")
    assert "secret" not in plant.text
    assert plant.digest == loaded(plant.text, {"S7_PW": "another"}).digest


def test_it_is_one_unit_that_waits_for_its_slowest_connection(plant: Plant):
    machines = tuple(machine.path for machine in plant.machines())
    assert units(plant) == (Unit(LINE, tuple(plant.tags), machines, ("s7", "gw", "bk"), 60 * SECOND),)
