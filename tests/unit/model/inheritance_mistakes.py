"""Mistakes in types that build on others and in machines that change what their type says: (old, new, what is said)."""

from __future__ import annotations

INHERITANCE_MISTAKES = {
    "a type like none": (
        "lines:\n",
        "  big: {like: fillr}\nlines:\n",
        "15: types.big.like: no type 'fillr' (did you mean 'filler'?)",
    ),
    "a type like itself": (
        "types:\n  filler:\n",
        "types:\n  filler:\n    like: filler\n",
        "7: types.filler.like: builds on itself: filler -> filler",
    ),
    "types like each other": (
        "types:\n  filler:\n",
        "types:\n  a: {like: b}\n  b: {like: filler}\n  filler:\n    like: a\n",
        "9: types.filler.like: builds on itself: a -> b -> filler -> a",
    ),
    "types that build on each other without end": (
        "lines:\n",
        "".join(f"  t{n}: {{like: t{n + 1}}}\n" for n in range(20)) + "  t20: {like: filler}\nlines:\n",
        "34: types.t19.like: more than 20 types build on each other, beginning with 't0'",
    ),
    "a version that is none": (
        "types:\n  filler:\n",
        "types:\n  big@two: {tags: {a: {node: .a}}}\n  filler:\n",
        "6: types.big@two: 'big@two' has no version behind the @ (write big@2 or big@2.1)",
    ),
    "a tag left out that is not there": (
        "node: DB}",
        "node: DB, without: [tmp]}",
        "19: lines.hall/line1.machines.filler.without[0]: no tag 'tmp' to leave out (did you mean 'temp'?)",
    ),
    "a tag left out that is needed": (
        "node: DB}",
        "node: DB, without: [status]}",
        "19: lines.hall/line1.machines.filler.without[0]: 'status' is needed by what is kept"
        " (types.filler.state[0], line 13); write that again without it",
    ),
    "a tag whose name is a slip": (
        "node: DB}",
        "node: DB, tags: {tempp: {unit: degC}}}",
        "19: lines.hall/line1.machines.filler.tags.tempp: tag 'tempp' is new and says not where it is found"
        " (did you mean 'temp'?)",
    ),
    "a changed tag that is no counter any more": (
        "node: DB}",
        "node: DB, tags: {total: {counter: }}}",
        "11: types.filler.counts.total: counts need a counter and tag 'total' is none"
        " (add `counter: {}` to the tag if it counts pieces)",
    ),
    "one machine of a loop changed twice": (
        "filler: {type: filler, from: s7, node: DB}",
        "filler: {type: filler, from: s7}\n      m[1..2]: {type: filler, from: s7}\n      m2: {node: A}\n"
        "      m[2..2]: {node: B}",
        "22: lines.hall/line1.machines.m[2..2]: machine 'm2' stands twice in this line",
    ),
    "one tag of a loop changed by a loop": (
        "temp: {node: .t}",
        "z[1..3]: {node: .t}\n      z[3..4]: {node: .z}",
        "10: types.filler.tags.z[3..4]: tag 'z3' stands twice (first in line 9)",
    ),
}
