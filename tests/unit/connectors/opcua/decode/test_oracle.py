"""Our decoder against the driver's: every type, every target, by walk and by plan, in any mixture."""

from __future__ import annotations

from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.columns import Reading
from tests.unit.connectors.opcua.decode.oracle import TARGETS, VALUES, aimed, body_of, listed, ours, theirs


@given(st.lists(VALUES, max_size=6), st.data())
def test_any_message_reads_as_the_driver_reads_it(values: list[ua.DataValue], data: st.DataObject) -> None:
    handles = data.draw(st.lists(st.integers(0, 8), min_size=len(values), max_size=len(values)))
    targets = aimed([data.draw(TARGETS) for _ in range(8)])
    reading = Reading(targets, [f"node{i}" for i in range(8)], data.draw(st.sampled_from(["source", "server"])))
    body = body_of(list(zip(handles, values, strict=True)))
    for _ in range(2):  # the second time by the plan that the first one made
        found, read = ours(body, reading), theirs(body, reading)
        assert listed(found) == listed(read)
        assert len(found.unheld) == len(read.unheld)
        assert found.overflow == read.overflow or max(handles) == len(targets)


@given(st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=2, max_size=4), st.data())
def test_a_plan_of_one_message_never_misreads_the_next(messages: list[list[ua.DataValue]], data: st.DataObject) -> None:
    targets = aimed([data.draw(TARGETS) for _ in range(4)])
    reading = Reading(targets, [f"node{i}" for i in range(4)])
    for values in messages:
        body = body_of(list(enumerate(values)))
        assert listed(ours(body, reading)) == listed(theirs(body, reading))
