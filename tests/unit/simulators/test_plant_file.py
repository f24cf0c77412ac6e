"""plant.yaml names the places where the line really puts its values, and stays a file that people can copy."""

import pytest
import yaml

from simulators.packaging import LINE as PACKAGING
from simulators.packaging.layout import layout
from simulators.packaging.wiring import WIRING
from simulators.wiring import OpcUaValue
from tests.unit.simulators.start import LINE, MACHINES
from twin.model.load import load
from twin.runtime.plugins import connectors


def plant(**addresses):
    return yaml.safe_load(PACKAGING.plant_file(addresses))


def tags(file):
    """path -> (connection, machine's node, the tag's keys)."""
    found = {}
    for machine, settings in file["lines"][LINE]["machines"].items():
        for tag, keys in file["types"][settings["type"]]["tags"].items():
            found[f"{LINE}/{machine}/{tag}"] = settings["from"], settings.get("node", ""), keys
    return found


def test_the_file_has_every_value_of_the_line_and_no_other():
    names = layout(seed=1).names
    assert set(tags(plant())) == set(names) == set(WIRING.values)


@pytest.mark.parametrize("name", WIRING.values)
def test_each_tag_is_where_the_line_puts_it(name):
    connection, node, keys = tags(plant())[name]
    place = WIRING.values[name]
    if isinstance(place, OpcUaValue):
        assert {"s7": "opcua_a", "bk": "opcua_b"}[connection] == place.server
        assert node + keys["node"] == place.node
    else:
        machine = name.split("/")[2]
        assert connection == "cell"
        assert keys["topic"].replace("{machine}", machine) == place.topic
        assert keys["value"] == f"$.{place.key}"
        assert keys["timestamp"] == {"path": "$.ts", "unit": "ms"}


def test_the_twin_reads_it_as_it_stands():
    loaded = load(PACKAGING.plant_file({}), "plant.yaml", connectors(), {})
    assert set(loaded.tags) == {f"demo/plant1/{name}" for name in WIRING.values}
    assert [machine.pieces for machine in loaded.machines()] == [1, 1, 1, 12, 4]


def test_the_flow_names_the_line_s_machines_and_buffers():
    spec = layout(seed=1)
    flow = plant()["lines"][LINE]["flow"]
    assert [f"{LINE}/{machine}" for machine in flow[::2]] == list(MACHINES)
    assert [step["buffer"] for step in flow[1::2]] == [f"{b.capacity} {b.unit}" for b in spec.buffers]


def test_packages_hold_what_the_machines_take():
    file, spec = plant(), layout(seed=1)
    takes = {m.station.name: m.station.takes for m in spec.machines if m.station.takes > 1}
    made = {name: type_["makes"] for name, type_ in file["types"].items() if isinstance(type_["makes"], dict)}
    assert {name: int(next(iter(makes.values())).split()[0]) for name, makes in made.items()} == takes


def test_ideal_rates_are_the_machines_own():
    ideal = plant()["products"]["cola05"]["ideal"]
    for machine in layout(seed=1).machines:
        per_minute = 60_000 / machine.station.cycle_ms
        assert float(ideal[machine.station.name].removesuffix("/min")) == pytest.approx(per_minute, rel=0.01)


def test_addresses_take_the_place_of_the_usual_ones():
    file = plant(
        opcua_a="opc.tcp://127.0.0.1:4841", opcua_b="opc.tcp://127.0.0.1:4840", mqtt="mqtt://10.0.0.1:2", wait="9s"
    )
    connections = file["connections"]
    assert connections["s7"]["opcua"] == "opc.tcp://127.0.0.1:4841"
    assert connections["bk"]["opcua"] == "opc.tcp://127.0.0.1:4840"
    assert connections["cell"]["mqtt"] == "mqtt://10.0.0.1:2"
    assert {c["wait"] for c in connections.values()} == {"9s"}
    assert connections["s7"]["every"] == "1s"


def test_without_addresses_it_is_the_file_itself():
    assert "opc.tcp://127.0.0.1:4840" in PACKAGING.plant_file({})
    assert plant(every="200ms")["connections"]["bk"]["every"] == "200ms"
