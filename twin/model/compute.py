"""What `compute` of a tag says: the expression, and the keys that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping

from twin.model.entry import Entry
from twin.model.names import filled
from twin.model.rule import Rule, tags_of
from twin.model.rule_parser import RuleError, parse

BESIDE = ("compute", "unit", "display", "interpolation", "alarms")
"""Keys of a computed tag; the others speak of what comes over a wire or lies in the log."""
MOST_TAGS = 50
"""Tags that one expression reads."""


def refuse_wire_keys(fields: Mapping[str, Entry]) -> None:
    """Report keys that a computed tag cannot have."""
    for name, child in fields.items():
        if name not in BESIDE:
            child.problem(f"a computed tag has no `{name}`: nothing of it comes over a wire; it may have " + _BESIDE)


def read_compute(entry: Entry, number: str) -> Rule | None:
    """The expression, tags by the names that are written; None after reporting what is none. number: what {i} is."""
    try:
        rule = parse(filled(entry.written(), {"i": number} if number else {}))
    except RuleError as error:
        entry.problem(str(error))
        return None
    except ValueError as error:
        entry.problem(str(error))
        return None
    many = len(tags_of(rule))
    if not many:
        entry.problem("names no tag: a constant is no tag")
    if many > MOST_TAGS:
        entry.problem(f"reads {many} tags, and one expression reads at most {MOST_TAGS}; make it of computed tags")
    return rule


_BESIDE = ", ".join(f"`{name}`" for name in BESIDE[1:])
