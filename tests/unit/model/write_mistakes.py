"""Mistakes in what may be written to a tag, as in mistakes.py: (old text, new text, what is said)."""

from __future__ import annotations

WRITE_MISTAKES = {
    "writable without limits": (
        "{node: .t}",
        "{node: .t, write: {}}",
        "9: types.filler.tags.temp.write: a writable tag needs `low` and `high`, or the `values` that may be written",
    ),
    "range and values": (
        "{node: .t}",
        "{node: .t, write: {low: 0, high: 5, values: [1]}}",
        "9: types.filler.tags.temp.write: has `values` and a range; write one of them",
    ),
    "range turned round": (
        "{node: .t}",
        "{node: .t, write: {low: 5, high: 0}}",
        "9: types.filler.tags.temp.write: low 5 is not below high 0",
    ),
    "step that lets nothing through": (
        "{node: .t}",
        "{node: .t, write: {low: 0, high: 5, step: 0}}",
        "9: types.filler.tags.temp.write: step 0 lets nothing be written",
    ),
    "write that is a word": (
        "{node: .t}",
        "{node: .t, write: true}",
        "9: types.filler.tags.temp.write: is true, not a mapping (write `{key: value}`)",
    ),
    "text that is written": (
        "{node: .t}",
        "{node: .t, type: text, write: {low: 0, high: 5}}",
        "9: types.filler.tags.temp.write: a text tag cannot be written; only numbers can",
    ),
    "counter that is written": (
        "counter: {}",
        "counter: {}, write: {low: 0, high: 5}",
        "8: types.filler.tags.total.write: a counter counts pieces; it cannot be written",
    ),
    "state that is none": (
        "{node: .t}",
        "{node: .t, write: {low: 0, high: 5, while: parked}}",
        "9: types.filler.tags.temp.write: while 'parked' is no state; there are running, changeover, blocked, starved,"
        " waiting, down, stopped, idle, maintenance, off, unknown",
    ),
}
