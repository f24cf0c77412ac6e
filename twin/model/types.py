"""Types of a plant file: each may build on another, in any order and in versions side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from twin.model.entry import Entry
from twin.model.keys import TYPE_KEYS
from twin.model.kinds import read
from twin.model.machine_types import NOTHING, UNKNOWN, MachineType, read_over
from twin.model.names import check_type
from twin.model.report import suggestion
from twin.model.tags import TagReader

DEEPEST = 20
"""Types that build on each other, one on the next; more can be followed by nobody."""
LIKE = TYPE_KEYS[0]


def read_types(entry: Entry, reader: TagReader) -> dict[str, MachineType]:
    """All types by their names, with all that they build on. Problems are reported."""
    entries = entry.children()
    fields = {name: child.fields(TYPE_KEYS) for name, child in entries.items()}
    below = {name: _below(of_type, entries) for name, of_type in fields.items()}
    found: dict[str, MachineType] = {}
    for name, child in entries.items():
        try:
            check_type(name)
        except ValueError as error:
            child.problem(str(error))
        for one in reversed(_chain(name, fields, below)):
            if one not in found:
                alone = UNKNOWN if "like" in fields[one] else NOTHING
                under = found.get(below[one] or "", alone)
                found[one] = read_over(under, fields[one], reader)
                found[one].check(f"type '{one}'", under)
    return {name: found[name] for name in entries}


def _below(fields: Mapping[str, Entry], known: Iterable[str]) -> str | None:
    """The type that one builds on, None for none or after reporting that there is no such type."""
    name: str | None = read(fields["like"], LIKE) if "like" in fields else None
    return name if name is None or is_known(name, known, fields["like"]) else None


def is_known(name: str, known: Iterable[str], entry: Entry) -> bool:
    """Whether a type is there; reported at its entry if not."""
    names = list(known)
    if name in names:
        return True
    versions = sorted(one for one in names if one.startswith(f"{name}@"))
    if versions:
        entry.problem(f"type '{name}' has versions; name one ({', '.join(versions)})")
    else:
        entry.problem(f"no type '{name}'{suggestion(name, names)}")
    return False


def _chain(name: str, fields: Mapping[str, Mapping[str, Entry]], below: dict[str, str | None]) -> Sequence[str]:
    """A type and what it builds on, one after the other; where that has no end it is cut and reported."""
    chain = [name]
    while (following := below[chain[-1]]) is not None:
        if following in chain:
            circle = " -> ".join([*chain[chain.index(following) :], following])
            fields[chain[-1]]["like"].problem(f"builds on itself: {circle}")
        elif len(chain) == DEEPEST:
            fields[chain[-1]]["like"].problem(f"more than {DEEPEST} types build on each other, beginning with '{name}'")
        else:
            chain.append(following)
            continue
        below[chain[-1]] = None
    return chain
