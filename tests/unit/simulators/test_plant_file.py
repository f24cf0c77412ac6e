"""Each plant.yaml names the places where its line really puts its values, and stays a file that people can copy.

The same holds for the plant file that is made of a description: two ways to one model.
"""

from dataclasses import replace
from importlib.metadata import entry_points

import pytest
import yaml

from simulators.description.addresses import with_addresses
from simulators.description.line import Described
from simulators.description.plant_file import plant_file
from simulators.orders.book import BookSpec
from simulators.plants import PACKAGING, PLANTS
from simulators.wiring import OpcUaValue
from twin.model.load import load
from twin.model.plant import Buffer
from twin.runtime.plugins import connectors, is_file, line

FILES = [(one, made) for one in PLANTS for made in (False, True)]
SEED = 1


def loaded(one, made):
    text = plant_file(one.described(SEED), one.file.name) if made else one.plant_file({})
    return load(text, f"{one.name}.yaml", connectors(), {})


def cycles(one, product):
    """Machine -> its own cycle for a product of the order book."""
    books = [b for b in one.described(SEED).spec.behaviours if isinstance(b, BookSpec)]
    return {name: ms for book in books for p in book.products if p.name == product for name, ms in p.cycle_ms.items()}


both = pytest.mark.parametrize(("one", "made"), FILES, ids=[f"{o.name}-{'made' if m else 'own'}" for o, m in FILES])
each = pytest.mark.parametrize("one", PLANTS, ids=lambda one: one.name)


@each
def test_every_plant_is_a_line_by_name(one):
    assert line(one.name) is one
    assert {entry.name for entry in entry_points(group="linetwin.lines")} == {one.name for one in PLANTS}
    assert not is_file(one.name)


@both
def test_the_file_has_every_value_of_the_line_and_no_other(one, made):
    plant, described = loaded(one, made), one.described(SEED)
    names = {tag.removeprefix(f"{plant.path}/") for tag in plant.tags}
    assert names == set(described.spec.names) == set(described.wiring.values)


@both
def test_each_tag_is_where_the_line_puts_it(one, made):
    plant, wiring = loaded(one, made), one.described(SEED).wiring
    namespaces = {server.name: server.namespace for server in wiring.servers}
    for name, place in wiring.values.items():
        tag = plant.tags[f"{plant.path}/{name}"]
        keys = dict(tag.address.settings)
        if isinstance(place, OpcUaValue):
            assert tag.connection == place.server, name
            assert tag.address.machine_node + keys["node"] == place.node, name
            asked = str(dict(plant.connections[tag.connection].settings)["ns"])
            assert namespaces[place.server].endswith(asked.replace("urn:*", "")), name
        else:
            assert (keys["topic"], keys["value"]) == (place.topic, f"$.{place.key}"), name
            assert keys["timestamp"] == {"path": "$.ts", "unit": "ms"}, name


@both
def test_the_flow_names_the_line_s_machines_and_buffers(one, made):
    plant, spec = loaded(one, made), one.described(SEED).spec
    (found,) = plant.lines
    stations = [step for step in found.flow if not isinstance(step, Buffer)]
    assert [path.rpartition("/")[2] for step in stations for path in step] == [m.name for m in spec.machines]
    used = dict.fromkeys(m.outfeed for m in spec.machines if m.outfeed)
    sizes = {buffer.name: (buffer.capacity, buffer.unit) for buffer in spec.buffers}
    assert [(b.capacity, b.unit) for b in found.flow if isinstance(b, Buffer)] == [sizes[name] for name in used]
    assert {path.rpartition("/")[2] for path in found.output} == {m.name for m in spec.machines if not m.outfeed}


@both
def test_packages_hold_what_the_machines_take(one, made):
    spec = one.described(SEED).spec
    takes = {m.name: m.station.takes for m in spec.machines if m.infeed}
    assert {m.name: m.pieces for m in loaded(one, made).machines() if m.name in takes} == takes


@each
def test_ideal_rates_are_the_machines_own(one):
    plant = loaded(one, made=False)
    for machine in one.described(SEED).spec.machines:
        for product in plant.products.values():
            ideal = {name: ns / 1e6 for name, ns in product.ideal.items()}
            cycle = cycles(one, product.name).get(machine.name, machine.station.cycle_ms)
            assert ideal[machine.name] == pytest.approx(cycle, rel=0.02), (product, machine.name)


@both
def test_counters_wrap_where_the_face_says_so(one, made):
    plant = loaded(one, made)
    for machine in one.described(SEED).spec.machines:
        wraps = getattr(machine.face, "wraps", 2**32)
        total = plant.tags[
            f"{plant.path}/{one.described(SEED).spec.path}/{machine.name}/{machine.face.pulse or 'total'}"
        ]
        assert total.counter == replace(total.counter, wraps=wraps if wraps < 2**32 else 0), machine.name
        assert total.counter.pulse == (machine.face.pulse is not None), machine.name


def plant(**addresses):
    return yaml.safe_load(PACKAGING.plant_file(addresses))


def test_addresses_take_the_place_of_the_usual_ones():
    file = plant(s7="opc.tcp://127.0.0.1:4841", bk="opc.tcp://127.0.0.1:4840", mqtt="mqtt://10.0.0.1:2", wait="9s")
    connections = file["connections"]
    assert connections["s7"]["opcua"] == "opc.tcp://127.0.0.1:4841"
    assert connections["bk"]["opcua"] == "opc.tcp://127.0.0.1:4840"
    assert connections["cell"]["mqtt"] == "mqtt://10.0.0.1:2"
    assert {c["wait"] for c in connections.values()} == {"9s"}
    assert connections["s7"]["every"] == "1s"


def test_without_addresses_it_is_the_file_itself():
    assert PACKAGING.plant_file({}) == PACKAGING.plant.read_text(encoding="utf-8")
    assert plant(every="200ms")["connections"]["bk"]["every"] == "200ms"


def test_everything_else_in_a_plant_file_stays_as_it_was_written():
    text = "# Größe 🙂\nconnections:\n  s7: {opcua: \"opc.tcp://ä:1\", wait: 1s}  # 🙂\n  gw:\n    mqtt: 'mqtt://a'\n"
    changed = with_addresses(text, "plant.yaml", {"s7": "opc.tcp://b:2", "mqtt": "mqtt://c", "wait": "9s"})
    assert changed == text.replace("opc.tcp://ä:1", "opc.tcp://b:2").replace("'mqtt://a'", '"mqtt://c"').replace(
        "1s}", "9s}"
    )


def test_an_address_by_the_name_of_its_connection_counts_before_that_of_all_brokers():
    text = "connections:\n  a: {mqtt: x}\n  b: {mqtt: y}\n"
    assert with_addresses(text, "", {"a": "1", "mqtt": "2"}) == 'connections:\n  a: {mqtt: "1"}\n  b: {mqtt: "2"}\n'


def test_a_line_in_python_gets_a_plant_file_too():
    described = PACKAGING.described(SEED)
    fewer = replace(described.spec, machines=described.spec.machines[:1], buffers=described.spec.buffers[:1])
    made = load(plant_file(Described(fewer, described.wiring), "Python"), "made", connectors(), {})
    assert [machine.name for machine in made.machines()] == ["filler"]
