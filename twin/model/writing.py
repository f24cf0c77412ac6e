"""What may be written to a tag: read-only by construction, and never without limits that somebody wrote down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.model.entry import Entry
from twin.model.keys import GENERIC_STATES, WRITE_KEYS
from twin.model.kinds import settings
from twin.model.plant import WriteLimits

STATES = (*GENERIC_STATES, "unknown")


def read_write(entry: Entry, type: str, unit: str, is_counter: bool) -> WriteLimits | None:
    """The limits of a tag of this type and unit; None, and problems reported, where they are none."""
    if not entry.is_mapping:
        return None  # told where the tag's keys are read
    asked = settings(entry.fields(WRITE_KEYS), WRITE_KEYS, unit)
    states = _states(asked["while"])
    mistakes = [*_mistakes(asked, states, type, is_counter)]
    for fact in mistakes:
        entry.problem(fact)
    if mistakes:
        return None
    return WriteLimits(
        low=asked["low"] or 0.0,
        high=asked["high"] or 0.0,
        values=tuple(asked["values"] or ()),
        step=asked["step"] or 0.0,
        every=asked["every"],
        states=states,
        role=asked["role"],
    )


def _states(found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(str(one) for one in found) if isinstance(found, list) else (str(found),)


def _mistakes(asked: Mapping[str, Any], states: tuple[str, ...], type: str, is_counter: bool) -> Iterator[str]:
    low, high = asked["low"], asked["high"]
    if type != "number":
        yield f"a {type} tag cannot be written; only numbers can"
    if is_counter:
        yield "a counter counts pieces; it cannot be written"
    if not asked["values"] and (low is None or high is None):
        yield "a writable tag needs `low` and `high`, or the `values` that may be written"
    if asked["values"] and (low is not None or high is not None):
        yield "has `values` and a range; write one of them"
    if low is not None and high is not None and low >= high:
        yield f"low {low:g} is not below high {high:g}"
    if asked["step"] is not None and asked["step"] <= 0:
        yield f"step {asked['step']:g} lets nothing be written"
    for state in states:
        if state not in STATES:
            yield f"while '{state}' is no state; there are {', '.join(STATES)}"
