"""A line with people, orders and modes: what is on its wire is legal, and the truth adds up."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simulators.hall import Hall
from simulators.packml.states import State
from simulators.people.shifts import ShiftSpec
from tests.unit.simulators.packml.test_states import LISTED
from tests.unit.simulators.start import HOUR, MINUTE, SECOND, START
from tests.unit.simulators.worked_line import BOOK, PATH, build, series, spec

FAULTS = [("filler.jam", START + HOUR), ("capper.motor.wear:10m", START + 2 * HOUR)]
MACHINES = ("filler", "capper", "packer")


@pytest.fixture(scope="module", params=[1, 2])
def life(request):
    """Ten hours: samples, truth."""
    run = build(request.param, START, FAULTS)
    columns = run.step(START + 10 * HOUR)
    return series(columns), run.truth()


def records(truth, kind, machine=None):
    path = f"{PATH}/{machine}"
    return [r for r in truth if r["kind"] == kind and (machine is None or r["machine"] == path)]


@pytest.mark.parametrize("machine", ["filler", "capper"])
def test_every_change_of_state_on_the_wire_is_one_of_the_diagram(life, machine):
    of, _ = life
    seen = [State(int(value)).name for value in of[f"{machine}/st"][1]]
    steps = set(pairwise(seen))
    assert steps <= LISTED
    assert {"COMPLETING", "COMPLETE", "HELD", "SUSPENDED", "ABORTED", "STOPPED", "UNHOLDING", "RESETTING"} <= set(seen)


def generic(st, mode, blocked, starved):
    """What a reader makes of a PackML machine by its manual."""
    if st == 2 and mode in {2, 3, 4}:
        return "changeover" if mode == 4 else "maintenance"
    if st == 5:
        return {(1, 0): "blocked", (0, 1): "starved"}[blocked, starved]
    for state, numbers in {"running": (6, 10, 13, 14, 16), "down": (1, 8, 9, 11, 12), "stopped": (2, 7)}.items():
        if st in numbers:
            return state
    return "idle"


def read(of, machine, tags, meaning):
    """[(time, state)] at each change, of all tags together."""
    times = np.unique(np.concatenate([of[f"{machine}/{tag}"][0] for tag in tags]))
    columns = []
    for tag in tags:
        time, value = of[f"{machine}/{tag}"]
        columns.append(value[np.searchsorted(time, times, side="right") - 1])
    found = []
    for time, *values in zip(times.tolist(), *columns, strict=True):
        state = meaning(*(int(value) for value in values))
        if not found or found[-1][1] != state:
            found.append((time, state))
    return found


def codes(st):
    return {1: "running", 2: "starved", 3: "blocked", 4: "down", 5: "idle", 6: "stopped", 7: "changeover", 8: "off"}[st]


@pytest.mark.parametrize("machine", MACHINES)
def test_states_on_the_wire_are_the_true_ones(life, machine):
    of, truth = life
    tags, meaning = (("st",), codes) if machine == "packer" else (("st", "mode", "blocked", "starved"), generic)
    true = [(r["from"], r["state"]) for r in records(truth, "state", machine)]
    assert read(of, machine, tags, meaning) == true
    expected = {"running", "changeover", "down", "stopped", "idle"} | (
        {"maintenance"} if machine != "packer" else set()
    )
    assert expected <= {state for _, state in true}


@pytest.mark.parametrize("machine", MACHINES)
def test_pieces_of_the_orders_add_up_to_the_pieces_of_the_machine(life, machine):
    _, truth = life
    made = records(truth, "order", machine)
    for counter in ("total", "reject"):
        [pieces] = [r["times"] for r in records(truth, "count", machine) if r["counter"] == counter]
        assert sum(r[counter] for r in made) == len(pieces)
        for r in made:  # and each was made within its order
            end = r["end"] or START + 10 * HOUR
            inside = (
                [t for t in pieces if r["start"] < t <= end] if r is not made[0] else [t for t in pieces if t <= end]
            )
            assert len(inside) == r[counter]
    assert [r["order"] for r in made] == list(range(1001, 1001 + len(made)))
    assert len(made) > 8
    for one, following in pairwise(made):
        assert one["end"] == following["start"]


def test_the_head_of_the_line_makes_what_the_orders_say(life):
    _, truth = life
    for r in records(truth, "order", "filler")[:-1]:
        order = BOOK.orders[(r["order"] - BOOK.first) % len(BOOK.orders)]
        assert (r["product"], r["total"]) == (order.product, order.amount)


def test_mass_balances_with_what_was_cleared_out_by_hand(life):
    _, truth = life
    total = {m: len(r["times"]) for m in MACHINES for r in records(truth, "count", m) if r["counter"] == "total"}
    reject = {m: len(r["times"]) for m in MACHINES for r in records(truth, "count", m) if r["counter"] == "reject"}
    at = {m: records(truth, "process", m)[0] for m in MACHINES}
    buffers = {r["buffer"]: r for r in records(truth, "buffer")}
    for before, name, after, takes in (("filler", "filled", "capper", 1), ("capper", "capped", "packer", 6)):
        buffer = buffers[name]
        put = total[before] - reject[before] - at[before]["holding"]
        taken = takes * (total[after] + at[after]["busy"])
        assert buffer["level"] == buffer["first"] + put - taken - buffer["cleared"]
    assert buffers["capped"]["cleared"] > 0  # 605 bottles do not fill cases of six


def test_orders_and_products_are_shown_when_the_machine_is_set_up(life):
    of, truth = life
    codes = {product.name: product.code for product in BOOK.products}
    for machine in MACHINES:
        made = records(truth, "order", machine)
        shown = of[f"{machine}/order"][1].astype(int).tolist()
        assert shown == [r["order"] for r in made][: len(shown)]
        products = [codes[r["product"]] for r in made]
        assert of[f"{machine}/recipe"][1].astype(int).tolist() == [
            code for at, code in enumerate(products[: len(shown)]) if at == 0 or code != products[at - 1]
        ]


def test_a_changeover_needs_an_operator_and_comes_between_products_only(life):
    _, truth = life
    for machine in MACHINES:
        made = records(truth, "order", machine)
        changes = [b["start"] for a, b in pairwise(made) if a["product"] != b["product"]]
        stops = [r["start"] for r in records(truth, "stop", machine) if r["cause"] == "changeover"]
        assert sorted(set(changes) - set(stops)) in ([], changes[-1:])
        assert set(stops) <= set(changes)
        assert stops


def test_nobody_does_two_jobs_at_a_time_and_each_job_is_within_a_stop(life):
    _, truth = life
    jobs = records(truth, "job")
    assert {r["trade"] for r in jobs} == {"operator", "mechanic"}
    for who in {(r["trade"], r["person"]) for r in jobs}:
        own = [r for r in jobs if (r["trade"], r["person"]) == who]
        assert all(a["end"] <= b["start"] for a, b in pairwise(own))
    for r in jobs:
        stops = [s for s in truth if s["kind"] == "stop" and s["machine"] == r["machine"]]
        assert any(s["start"] <= r["called"] and (s["end"] is None or r["end"] <= s["end"]) for s in stops)


def test_reasons_and_alarms_on_the_wire_are_those_of_the_truth(life):
    of, truth = life
    for machine in MACHINES:
        changes = {}
        for r in records(truth, "stop", machine):
            changes[r["start"]] = r["reason"]
            changes.setdefault(r["end"], 0)
        true = [(START, 0)]
        for time, reason in sorted((t, v) for t, v in changes.items() if t is not None):
            if reason != true[-1][1]:
                true.append((time, reason))
        times, values = of[f"{machine}/reason"]
        assert list(zip(times.tolist(), values.astype(int).tolist(), strict=True)) == true
        alarms = records(truth, "machine_alarm", machine)
        times, values = of[f"{machine}/alarm"]
        on = [(t, int(v)) for t, v in zip(times.tolist(), values, strict=True) if v]
        assert on == [(r["on"], r["code"]) for r in alarms]
        assert {int(v) for v in of[f"{machine}/alarms"][1]} == {0, *(1 << (r["code"] - 1) for r in alarms)}
        assert alarms


def test_bad_pieces_have_causes_that_add_up(life):
    of, truth = life
    for machine in MACHINES:
        [bad] = [r["times"] for r in records(truth, "count", machine) if r["counter"] == "reject"]
        causes = {r["cause"]: r["times"] for r in records(truth, "reject", machine)}
        assert sorted(t for times in causes.values() for t in times) == bad
        for cause, times in causes.items():
            assert of[f"{machine}/reject_{cause}"][1][-1] == len(times)


def test_the_energy_register_is_the_integral_of_the_power(life):
    of, _ = life
    for machine in MACHINES:
        seconds = np.arange(START, START + 10 * HOUR, SECOND)
        held = {}
        for tag in ("power", "energy"):
            times, values = of[f"{machine}/{tag}"]
            held[tag] = values[np.searchsorted(times, seconds, side="right") - 1]
        assert held["energy"] == pytest.approx(np.cumsum(held["power"]) / 3600.0, abs=0.02)
        assert (np.diff(held["energy"]) >= 0).all()
        assert held["energy"][-1] > 10


def test_the_hall_is_warm_in_the_afternoon_and_the_motors_feel_it(life):
    of, truth = life
    [true] = records(truth, "ambient")
    times, values = of["hall_temp"]
    assert (np.diff(times) % MINUTE == 0).all()
    for hour, celsius in enumerate(true["celsius"]):
        assert values[np.searchsorted(times, START + hour * HOUR, side="right") - 1] == pytest.approx(celsius, abs=0.06)
    cold = series(build(1, START).step(START + MINUTE))["filler/motor_temp"][1]
    assert len(cold) > 50


def test_a_repaired_motor_is_new_and_the_machine_was_in_maintenance_mode(life):
    of, truth = life
    [fault] = [r for r in records(truth, "fault") if r["component"] == "motor"]
    [job] = [r for r in records(truth, "job", "capper") if r["trade"] == "mechanic"]
    assert fault["failure"] < job["start"] < job["end"] <= fault["end"]
    times, values = of["capper/mode"]
    assert values[np.searchsorted(times, (job["start"] + job["end"]) // 2, side="right") - 1] == 2
    [health] = [r for r in records(truth, "health", "capper") if r["component"] == "motor"]
    after = -(-(fault["end"] - START) // health["every"])
    assert health["health"][after] > 0.9


def test_any_cutting_gives_the_same_bytes_and_the_same_truth():
    whole, cut = build(5, START, FAULTS), build(5, START, FAULTS)
    end = START + 3 * HOUR
    columns = whole.step(end)
    parts = [cut.step(min(end, START + at * 777 * SECOND)) for at in range(1, 16)]
    for place in range(1, 5):
        assert np.concatenate([p[place] for p in parts]).tobytes() == columns[place].tobytes()
    assert cut.truth() == whole.truth()


def test_in_a_break_and_after_the_shift_every_machine_stands():
    shifts = ShiftSpec("Europe/Prague", ("Mon-Fri 06:00-10:00",), ("Mon-Fri 08:00-08:15",))
    run = build(3, START, shifts=shifts)
    of = series(run.step(START + 25 * HOUR))
    truth = run.truth()
    stands = [
        (r["why"], (r["start"] - START) / MINUTE, (r["end"] - START) / MINUTE) for r in records(truth, "standstill")
    ]
    assert stands == [("break", 120, 135), ("off shift", 240, 1440)]
    for machine in MACHINES:
        [pieces] = [r["times"] for r in records(truth, "count", machine) if r["counter"] == "total"]
        for _, start, end in stands:
            assert not [t for t in pieces if start * MINUTE < t - START < end * MINUTE]
        assert [t for t in pieces if t > START + 1440 * MINUTE]
        causes = [r["cause"] for r in records(truth, "stop", machine)]
        assert "off shift" in causes
    assert "off" in {r["state"] for r in records(truth, "state", "packer")}
    assert {State(int(v)) for v in of["filler/st"][1]} >= {State.STOPPING, State.STOPPED, State.STARTING}


def test_a_trade_without_a_crew_is_named():
    line = spec()
    people = type(line.behaviours[0])({"operator": line.behaviours[0].crews["operator"]}, "Europe/Prague")
    with pytest.raises(ValueError, match="machine 'filler' needs a 'mechanic'; there are crews of: operator"):
        Hall(replace(line, behaviours=(people,)), 1, START // 10**6)
