"""Machine states against rules evaluated row by row with Python's own values."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import Record, Step
from twin.core.instant import FAR_PAST, SECOND
from twin.core.rows import in_order, samples_of
from twin.core.scales import Scale, Scales
from twin.mes.machine_state import InputSpec, MachineState
from twin.mes.program import MachineSpec
from twin.model.plant import StateModel
from twin.model.rule import Binary, Bit, Number, TagValue, Unary

BEGIN = 1_700_000_000 * SECOND
BAD = 0x80000000
SCALES = Scales({1: [Scale(FAR_PAST, 0.5, 1.0, (99.0,))]})
WORD = StateModel(
    rules=(
        (Bit("x", 0), "down"),
        (Binary("and", Bit("x", 1), Binary(">=", TagValue("y"), Number(5))), "running"),
        (Binary("or", Unary("not", TagValue("y")), Binary("<", TagValue("y"), Number(3))), "starved"),
        (None, "idle"),
    )
)
TABLE = StateModel(rules=((TagValue("y"), "blocked"),), table={3: "running", 9: "down"}, value="x")


def fold(model: StateModel) -> MachineState:
    inputs = {("x", 0): InputSpec(0, 0, "c"), ("y", 0): InputSpec(0, 1, "c")}
    return MachineState([MachineSpec(0, "m", model)], inputs)


def states(model: StateModel, rows: list[tuple[int, int, float, int]], events: list[Event] = []) -> list[tuple]:  # noqa: B006
    """(state, start s, end s) of all intervals that end within the step."""
    item = batch(
        "c", [r[1] for r in rows], [BEGIN + r[0] * SECOND for r in rows], [r[2] for r in rows], [r[3] for r in rows]
    )
    rows_ = replace(in_order(samples_of([(1, item)])), scales=SCALES)
    step = Step(BEGIN - SECOND, BEGIN + 10**6 * SECOND, rows_, events)
    return [told(record) for record in fold(model).step(step).records]


def told(record: Record) -> tuple[str, int, int]:
    return dict(record.data)["state"], (record.start - BEGIN) // SECOND, (record.end - BEGIN) // SECOND


def test_the_first_rule_that_holds_names_the_state() -> None:
    rows = [(0, 0, 2, 0), (0, 1, 8, 0), (10, 0, 3, 0), (20, 0, 0, 0), (30, 1, 0, 0), (40, 0, 1, 0)]
    assert states(WORD, rows) == [("running", 0, 10), ("down", 10, 20), ("idle", 20, 30), ("starved", 30, 40)]


def test_bad_quality_is_unknown_by_itself() -> None:
    rows = [(0, 0, 2, 0), (0, 1, 8, 0), (10, 1, 8, BAD), (20, 1, 8, 0), (30, 0, 1, 0)]
    assert states(WORD, rows) == [("running", 0, 10), ("unknown", 10, 20), ("running", 20, 30)]


def test_a_rule_that_holds_without_the_bad_value_still_holds() -> None:
    assert states(WORD, [(0, 0, 1, 0), (0, 1, 8, BAD), (10, 0, 0, 0)]) == [("down", 0, 10)]


def test_a_sentinel_is_no_value() -> None:
    rows = [(0, 0, 2, 0), (0, 1, 8, 0), (10, 1, 99, 0), (20, 1, 8, 0)]
    assert states(WORD, rows) == [("running", 0, 10), ("unknown", 10, 20)]


def test_a_number_that_the_table_lacks_is_unknown() -> None:
    rows = [(0, 1, -2, 0), (0, 0, 3, 0), (10, 0, 4, 0), (20, 0, 9, 0), (30, 1, 0, 0), (40, 1, -2, 0)]
    expected = [("running", 0, 10), ("unknown", 10, 20), ("down", 20, 30), ("blocked", 30, 40)]
    assert states(TABLE, rows) == expected


def test_a_lost_connection_is_unknown_until_it_is_back() -> None:
    events = [Event(BEGIN + 10 * SECOND, CONNECTION_LOST, "c"), Event(BEGIN + 15 * SECOND, CONNECTION_UP, "c")]
    rows = [(0, 0, 2, 0), (0, 1, 8, 0), (30, 0, 1, 0)]
    assert states(WORD, rows, events) == [("running", 0, 10), ("unknown", 10, 15), ("running", 15, 30)]


def test_samples_that_come_late_from_an_outage_say_what_was() -> None:
    events = [Event(BEGIN + 10 * SECOND, CONNECTION_LOST, "c"), Event(BEGIN + 30 * SECOND, CONNECTION_UP, "c")]
    rows = [(0, 0, 2, 0), (0, 1, 8, 0), (12, 0, 2, 0), (12, 1, 8, 0), (20, 0, 1, 0), (40, 0, 0, 0)]
    expected = [("running", 0, 10), ("unknown", 10, 12), ("running", 12, 20), ("down", 20, 40)]
    assert states(WORD, rows, events) == expected


VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 8.0, 99.0, math.nan])


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 1), VALUES, st.sampled_from([0, 0, BAD])), min_size=1, max_size=40
    ),
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=4),
    st.sampled_from([WORD, TABLE]),
)
def test_columns_say_what_a_reader_row_by_row_says(rows: list, links: list, model: StateModel) -> None:
    events = [Event(BEGIN + at * SECOND, CONNECTION_UP if up else CONNECTION_LOST, "c") for at, up in sorted(links)]
    assert states(model, rows, events) == row_by_row(model, rows, sorted(links))


def row_by_row(
    model: StateModel, rows: list[tuple[int, int, float, int]], links: list[tuple[int, bool]]
) -> list[tuple]:
    values, good, reachable = {0: 0.0, 1: 0.0}, {0: False, 1: False}, {0: False, 1: False}
    last = {(at, tag): (value, status) for at, tag, value, status in rows}
    found, state, since = [], None, 0
    for at in sorted({at for at, *_ in rows} | {at for at, _ in links}):
        for time, up in links:
            if time == at:
                reachable = dict.fromkeys(reachable, up)
        for tag in (0, 1):
            if (at, tag) in last:
                value, status = last[at, tag]
                reachable[tag] = True
                good[tag] = not status and not math.isnan(value) and not (tag == 1 and value == 99)
                if good[tag]:
                    values[tag] = value if tag == 0 else value * 0.5 + 1
        known = {tag: good[tag] and reachable[tag] for tag in (0, 1)}
        new = word(values, known) if model is WORD else table(values, known)
        if new != state:
            if state is not None:
                found.append((state, since, at))
            state, since = new, at
    return found


def word(values: dict[int, float], known: dict[int, bool]) -> str:
    x, y = (int(values[0]) if known[0] else None), (values[1] if known[1] else None)
    if x is None:
        return "unknown"
    if x & 1:
        return "down"
    if x & 2:
        if y is None:
            return "unknown"
        if y >= 5:
            return "running"
    if y is None:
        return "unknown"
    return "starved" if y == 0 or y < 3 else "idle"


def table(values: dict[int, float], known: dict[int, bool]) -> str:
    if not known[1]:
        return "unknown"
    if values[1] != 0:
        return "blocked"
    return {3: "running", 9: "down"}.get(values[0], "unknown") if known[0] else "unknown"
