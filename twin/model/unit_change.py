"""A tag that is given another unit by a type or machine above: numbers that stand for the former one are a mistake."""

from __future__ import annotations

from collections.abc import Mapping

from twin.model.entry import Entry

IN_UNIT = {
    "range": (),
    "scales": ("range",),
    "alarms": ("high", "low", "deadband"),
    "write": ("low", "high", "values", "step"),
    "thin": ("exception", "deviation"),
}
"""Keys of a tag that hold amounts in its unit; where those are keys of their own, which."""


def check_unit_change(before: Mapping[str, Entry], own: Mapping[str, Entry]) -> None:
    """Report a change of the unit that leaves numbers behind which were meant in the former one."""
    if "unit" not in own or "unit" not in before:
        return
    former, now = before["unit"].plain(), own["unit"].plain()
    for name, amounts in IN_UNIT.items():
        if former != now and name in before and name not in own and _has_plain_number(before[name], amounts):
            place = f"{before[name].path}, {before[name].seen_from(own['unit'])}"
            own["unit"].problem(f"`{name}` stays in '{former}' ({place}); write `{name}` again beside the new unit")


def _has_plain_number(entry: Entry, keys: tuple[str, ...]) -> bool:
    """Whether one of the amounts is a number without a unit of its own."""
    if not keys:
        return True
    parts = entry.items() if entry.is_list else [entry]
    found = [child for part in parts if part.is_mapping for name, child in part.children().items() if name in keys]
    return any(child.is_list or isinstance(child.plain(), int | float) for child in found)
