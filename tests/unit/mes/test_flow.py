"""A line as one machine: units convert along it, machines side by side share the work, the slowest station rules."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.mes.a_machine import at, calendar, observed, plan
from twin.core.instant import MINUTE, SECOND
from twin.mes.flow import flow_of, ideal_ns
from twin.mes.oee import Observed, line_results
from twin.mes.plan import Making, makings
from twin.model.plant import Buffer, Line, Machine, Product


def machine(name: str, makes: str = "bottle", pieces: int = 1, made_of: str = "", type_: str = "") -> Machine:
    counts = {role: f"line/{name}/{role}" for role in ("total", "reject")}
    return Machine(f"line/{name}", name, type_, {}, makes, pieces, made_of, counts)


FILLER = machine("filler")
PACKERS = machine("packer1", "case", 12, "bottle", "packer"), machine("packer2", "case", 12, "bottle", "packer")
PALLETISER = machine("palletiser", "layer", 4, "case")
LINE = Line(
    "line",
    "line",
    (FILLER, *PACKERS, PALLETISER),
    ((FILLER.path,), Buffer(10, "bottle"), tuple(one.path for one in PACKERS), (PALLETISER.path,)),
    (PALLETISER.path,),
)
COLA = Product(
    "cola", 17, {"filler": 500_000_000, "packer": 13 * SECOND, "packer2": 12 * SECOND, "palletiser": 20 * SECOND}
)


def test_every_count_is_so_many_bottles() -> None:
    flow = flow_of(LINE)
    assert flow.unit == "bottle"
    assert flow.content == {"line/filler": 1, "line/packer1": 12, "line/packer2": 12, "line/palletiser": 48}


def test_a_rate_of_the_machine_stands_above_that_of_its_type() -> None:
    assert [ideal_ns(COLA, one) for one in PACKERS] == [13 * SECOND, 12 * SECOND]
    assert ideal_ns(COLA, machine("other")) is ideal_ns(None, FILLER) is None


def test_the_slowest_station_rules_and_machines_side_by_side_share_the_work() -> None:
    flow = flow_of(LINE)
    packers = 1 / (Fraction(12, 13 * SECOND) + Fraction(12, 12 * SECOND))
    assert flow.station_ns(PACKERS, COLA) == packers
    assert flow.slowest_ns(COLA) == packers > Fraction(500_000_000)
    assert flow.slowest_ns(Product("x", 1, {"filler": 400})) == 400  # the others are not told
    assert flow.slowest_ns(Product("x", 1, {"packer1": 400})) is None  # of two packers one is not told
    assert flow.slowest_ns(None) is None


@pytest.mark.parametrize(
    "machines",
    [
        (FILLER, machine("bagger", "bag")),
        (
            FILLER,
            machine("a", "case", 12, "bottle"),
            machine("b", "case", 6, "bottle"),
            machine("c", "layer", 4, "case"),
        ),
        (machine("a", "case", 2, "box"), machine("b", "box", 2, "case")),
    ],
    ids=["no relation", "cases of 12 and of 6", "made of itself"],
)
def test_units_that_do_not_convert_have_no_line_oee(machines: tuple[Machine, ...]) -> None:
    line = Line("line", "line", machines, (), (machines[-1].path,))
    assert flow_of(line).unit == ""
    (result,) = line_results(plan(calendar("00:00-24:00"), (0, 60)), line, flow_of(line), watched(*machines))
    assert (result.figures.oee, result.pieces.good, [flag.code for flag in result.flags]) == (
        None, None, ["no_common_unit"],
    )  # fmt: skip


def test_a_unit_that_another_machine_explains_is_understood() -> None:
    line = Line("line", "line", (*PACKERS, machine("wrapper", "case")), (), ("line/wrapper",))
    assert flow_of(line).content["line/wrapper"] == 12


def watched(*machines: Machine, **totals: tuple[int, int]) -> dict[str, Observed]:
    found: dict[str, Observed] = {}
    for one in machines:
        total, reject = totals.get(one.name, (0, 0))
        seen = observed(None, {"total": {1: total}, "reject": {1: reject}}, name=one.name)
        found[one.path] = Observed(one, None, seen.tallies)
    return found


def test_rejects_of_every_machine_are_lost_bottles() -> None:
    seen = watched(*LINE.machines, filler=(600, 7), packer1=(20, 1), packer2=(20, 0), palletiser=(9, 1))
    asked = plan(calendar("00:00-24:00"), (0, 60), made=makings([Making(at(-9e5), at(9e5), COLA)]))
    (result,) = line_results(asked, LINE, flow_of(LINE), seen)
    good, bad = 8 * 48, 7 + 12 + 48
    assert (result.pieces.good, result.pieces.reject, result.pieces.produced) == (good, bad, good + bad)
    assert result.figures.quality == good / (good + bad)
    slowest = flow_of(LINE).slowest_ns(COLA)
    assert slowest is not None
    assert result.figures.oee == float(good * slowest / (60 * MINUTE))
    assert (result.figures.availability, result.figures.nee, result.unit) == (None, None, "bottle")


def test_a_line_without_output_says_so() -> None:
    line = Line("line", "line", (FILLER,))
    (result,) = line_results(plan(calendar("00:00-24:00"), (0, 60)), line, flow_of(line), watched(FILLER))
    assert (result.figures.oee, [flag.code for flag in result.flags]) == (None, ["no_output"])
