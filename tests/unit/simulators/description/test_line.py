"""Line descriptions: what is wrong in one is told with its line; the packaging line and its mistakes stand for all."""

import re

import pytest

from simulators.description.described import DescribedLine
from simulators.description.document import read_text
from simulators.description.line import read_line
from simulators.description.mistake import Mistake
from simulators.plants import BOTTLING, PACKAGING, PLANTS
from tests.unit.simulators.start import HOUR, START

TEXT = PACKAGING.file.read_text(encoding="utf-8")
WRONG = [
    ("line: packaging/line1", "line: Packaging line", "line: 'Packaging line' is no path; write names of a-z 0-9 _ -"),
    ("    out: filled", "    out: fillt", "machines.filler.out: no buffer 'fillt'; did you mean 'filled'?"),
    ("    in: filled\n", "    in: capped\n", "machines.capper.out: it takes from this buffer; put into another one"),
    ("    in: labelled\n", "", "buffers.labelled: no machine has `in: labelled`; add it, or remove the buffer"),
    ("first: 100}", "first: 300}", "buffers.filled: buffer 'filled': 300 pieces do not fit into 200"),
    ("takes: 12", "takes: 500", "machines.packer.takes: 500 is more than buffer labelled holds; take at most 240"),
    ("restart_room: 4\n", "restart_room: 41\n", "machines.packer.restart_room: 41 is more than buffer packed holds"),
    ("restart_room: 4\n", "restart_room: 40\n", "packer.restart_room: 40 pieces of room may never come in"),
    ("cycle: 500ms", "cycle: 500", "machines.filler.cycle: '500' is not a length of time; write it like 500ms"),
    ("    cycle: 500ms\n", "    cycl: 500ms\n", "machines.filler: unknown key 'cycl'; did you mean 'cycle'?"),
    ("reject: 0.004", "reject: 4%", "machines.filler.reject: the text '4%' is no number; write one"),
    ("idle: [2s, 8s]", "idle: [8s, 2s]", "machines.filler.start.idle: the longest comes first; write the shorter"),
    ("{held: [4s, 40s]}", "{hold: [4s, 40s]}", "stops.short stop.phases: no condition 'hold'; did you mean 'held'?"),
    ("bearing: {friction: 0.25}", "roller: {}", "machines.filler.components.roller: has no kind; add `kind:` with one"),
    ("bearing: {friction: 0.25}", "roller: {kind: baering}", "the text 'baering' is not known; did you mean 'bear"),
    ("of: motor.temperature", "of: motor.temp", "motor_temp.of: no quantity 'motor.temp'; did you mean 'motor.temper"),
    ("load_of: bearing.friction", "load_of: motor.current", "components.motor.load_of: no quantity 'motor.current'"),
    ("face: packml_modes", "face: packl", "machines.filler.face: the text 'packl' is not known; did you mean 'packml"),
    ("face: packml_modes", "face: codes", "machines.filler.face: 'codes' needs its table; write {codes: {run"),
    ("held: 15,", "held: 16,", "machines.labeller.face.status_word.held: 16 is out of range; take at least 0"),
    ("        starved: 5\n", "", "machines.packer.face: no state number for starved; give these one"),
    ("        starved: 5\n", "        strved: 5\n", "face.codes: unknown key 'strved'; did you mean 'starved'?"),
    ("server: s7\n", "server: s8\n", "machines.filler.wire.server: no server 's8'; there are: s7, bk"),
    ("        st: [Stat.eState, Int16]\n", "", "machines.filler.wire: no place for st; add it to values"),
    ("        st: [Stat.eState, Int16]", "        state: [Stat.eState, Int16]", "filler has no value 'state'"),
    ("st: [Stat.eState, Int16]", "st: [Stat.eState, Int17]", "filler.wire.values.st: no type 'Int17'; did you mean"),
    ("[Stat.xBlocked, Boolean]", "[Stat.xStarved, Boolean]", "wire: starved has the place of filler/blocked; choose"),
    ("topic: cell/packer", "topic: cell/+", "machines.packer.wire.values.st: 'cell/+/state' is no topic; leave out"),
    ("st: [state, eState]", "st: [state, ts]", "machines.packer.wire.values.st: 'ts' cannot be its key; `ts` is"),
    ("{between: [1000000, 90000000]}", "{be_tween: [1, 2]}", "unknown key 'be_tween'; did you mean 'between'?"),
    ("{between: [1000000, 90000000]}", "{between: [2, 1]}", "machines.filler.first_total: [2, 1] holds nothing; write"),
    ("{odd: [64637, 65487], even: [500, 9000]}", "{odd: [1, 2]}", "packer.first_total: write {between: [low"),
    ("  capped: {", "  Capped: {", "machines.capper.out: no buffer 'capped'; did you mean 'Capped'?"),
    ("  mechanic:\n", "  mechanics:\n", "machines.filler: needs 'mechanic'; there are `people` of: mechanics"),
    ("{people: 3,", "{people: 0,", "people.operator: a crew of 0 cannot come; take 1 or more"),
    ('"09:30-09:40"', '"9:30"', "people.operator: '9:30' is not a time like `Mon-Fri 06:00-14:00`"),
    ("timezone: Europe/Prague", "timezone: Europe/Brno", "timezone: no time zone 'Europe/Brno'; take a name like"),
    ("product: cola05", "product: cola", "orders: an order is for product 'cola'; there are: cola05"),
    ("mean: 22, swing", "mean: 22, swings", "ambient: unknown key 'swings'; did you mean 'swing'?"),
    ("{hall_temp: [rTemp", "{hal_temp: [rTemp", "wire: line packaging/line1 has no value"),
    ("{lasts: [2m, 170s], by: operator}", "{lasts: [2m, 170s]}", "jam.aborted: write {lasts: [2m, 3m], by: operator}"),
    ("  filler:\n", "  Filler:\n", "machines.Filler: 'Filler' is no name; write a-z 0-9 _ -"),
]  # fmt: skip
OFFSETS = {
    "machines.capper.out: it takes": 1,
    "buffers.labelled": -165,
    "machines.packer.face: no state number": -4,
    "machines.filler.wire: no place": -3,
    "wire: starved has the place": 1,
    "machines.packer.wire.values.st: 'cell/+/state'": 2,
    "machines.capper.out: no buffer": 75,
    "machines.filler: needs 'mechanic'": 16,
}
"""Lines from what is wrong to where it is told, where it is told elsewhere."""


@pytest.mark.parametrize(("right", "wrong", "error"), WRONG, ids=[error[:60] for *_, error in WRONG])
def test_a_mistake_is_told_with_its_line(right, wrong, error):
    assert right in TEXT
    text = TEXT.replace(right, wrong, 1)
    with pytest.raises(Mistake, match=re.escape(error)) as raised:
        read_line(read_text(text, "line.yaml"), 1)
    assert re.match(r"line\.yaml:\d+: [^\n]+\Z", str(raised.value))
    changed = TEXT[: TEXT.index(right)].count("\n") + 1
    elsewhere = [offset for start, offset in OFFSETS.items() if error.startswith(start)]
    assert raised.value.line == changed + sum(elsewhere)


@pytest.mark.parametrize("one", PLANTS, ids=lambda one: one.name)
def test_every_plant_loads_for_every_seed(one):
    first = one.described(1)
    assert first == one.described(1)
    assert first.spec.names == one.described(2).spec.names
    with pytest.raises(ValueError, match="seed -1 is negative"):
        one.described(-1)


@pytest.mark.parametrize("seed", range(20))
def test_first_counts_are_drawn_by_the_seed(seed):
    machines = {machine.name: machine.station for machine in PACKAGING.described(seed).spec.machines}
    assert 1_000_000 <= machines["filler"].first_total < 90_000_000
    assert machines["filler"].first_reject == int(machines["filler"].first_total * 0.004)
    assert 64637 <= machines["packer"].first_total < 65487 if seed % 2 else machines["packer"].first_total < 9000


def test_a_line_of_one_machine_is_short(tmp_path):
    file = tmp_path / "press.yaml"
    file.write_text(
        """\
line: hall/press
servers: {plc: {product: Press, namespace: "urn:press"}}
machines:
  press:
    cycle: 2s
    face: packml
    start: {idle: 3s}
    jam: {aborted: [1m, 2m]}
    repair: {aborted: 30m}
    wire:
      server: plc
      values:
        st: [State, Int16]
        blocked: [Blocked, Boolean]
        starved: [Starved, Boolean]
        total: [Total, UInt32]
        reject: [Reject, UInt32]
""",
        encoding="utf-8",
    )
    line = DescribedLine(file)
    run = line.build(1, 0)
    run.step(63 * 10**9)
    assert run.newest["hall/press/press/total"][1] == 29
    assert line.name == "press"
    assert "press:" in line.plant_file({})


def test_a_machine_on_mqtt_may_say_its_quality():
    text = TEXT.replace("topic: cell/packer\n", "topic: cell/packer\n      quality: q\n", 1)
    values = read_line(read_text(text, "line.yaml"), 1).wiring.values
    assert {values[f"packaging/line1/{name}"].quality for name in ("packer/st", "packer/vibration")} == {"q"}
    assert values["packaging/line1/palletiser/vibration"].quality == ""


AROUND = [
    ("amount: 9000", "amount: 0", "take 1 or more"),
    ("product: syrup02", "product: sirup02", "an order is for product 'sirup02'; there are: water05, juice10, syrup02"),
    ("by: mechanic}", "by: plumber}", "needs 'plumber'; there are `people` of: mechanic, operator"),
    ("people: 3,", "people: 0,", "people.operator"),
    ("Europe/Prague", "Europe/Prag", "timezone: "),
]


@pytest.mark.parametrize(("right", "wrong", "error"), AROUND, ids=[wrong for _, wrong, _ in AROUND])
def test_a_mistake_around_the_machines_is_told_too(right, wrong, error):
    text = BOTTLING.file.read_text(encoding="utf-8")
    assert right in text
    with pytest.raises(Mistake, match=re.escape(error)) as raised:
        read_line(read_text(text.replace(right, wrong, 1), "line.yaml"), 1)
    assert re.match(r"line\.yaml:\d+: [^\n]+\Z", str(raised.value))


def test_products_of_the_order_book_change_the_cycles_and_the_recipe():
    run = BOTTLING.build(3, START)
    run.step(START + 5 * HOUR)
    made = [r for r in run.truth() if r["kind"] == "order" and r["machine"].endswith("rinser")]
    assert [r["product"] for r in made] == ["water05", "juice10", "juice10", "syrup02"]
    assert run.newest["bottling/line2/rinser/recipe"][1] == 103
    stood = {r["machine"].rpartition("/")[2] for r in run.truth() if r.get("state") == "changeover"}
    assert stood >= {"rinser", "filler", "capper", "labeller"}
