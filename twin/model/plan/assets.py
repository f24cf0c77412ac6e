"""Machines and lines: what their state, counts and OEE are made of, and which lines are folded together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from twin.model.plan.change import FROM_NOW_ON, PAST_TOO, Change, differences, spelled
from twin.model.plan.pair import Pair
from twin.model.plant import Buffer, Line, Machine, Plant, StateModel
from twin.model.rule import Rule, renamed
from twin.model.rule_text import text_of
from twin.model.units import units


def asset_changes(pair: Pair) -> Iterator[Change]:
    """Lines, then machines, then what they are folded with."""
    yield from _lines(pair)
    for before, after in pair.machines():
        yield from _machine(pair, before, after)
    yield from _folding(pair)


def _lines(pair: Pair) -> Iterator[Change]:
    was, is_ = ({line.path: line for line in plant.lines} for plant in (pair.old, pair.new))
    yield from (Change("added", "line", path) for path in is_ if path not in was)
    yield from (Change("removed", "line", path, "what it showed stays") for path in was if path not in is_)
    for path in (path for path in is_ if path in was):
        before, after = was[path], is_[path]
        if pair.now(before.product) != after.product:
            yield Change(
                "changed", "line", path, f"product {spelled('', before.product)} -> {spelled('', after.product)}"
            )
        shown = list(differences(_shape(before), _shape(after)))
        if shown:
            yield Change("changed", "line", path, ", ".join(text for _, text in shown), PAST_TOO)


def _shape(line: Line) -> dict[str, str]:
    """What OEE of a line is asked by, and how it is shown."""

    def short(path: str) -> str:
        return path.removeprefix(f"{line.path}/")

    stations = [
        f"buffer of {one.capacity} {one.unit}" if isinstance(one, Buffer) else " | ".join(map(short, one))
        for one in line.flow
    ]
    return {"flow": " > ".join(stations), "output": ", ".join(map(short, line.output)), "display": line.display}


def _machine(pair: Pair, before: Machine | None, after: Machine | None) -> Iterator[Change]:
    if before is None and after is not None:
        yield Change("added", "machine", after.path, after.type and f"a {after.type}")
    if after is None and before is not None:
        yield Change("removed", "machine", before.path, "its state ends, what it showed stays")
    if before is None or after is None:
        return
    now, past = _read_as_it_goes(pair, before, after), _asked(pair, before, after)
    for effect, found in ((FROM_NOW_ON, now), (PAST_TOO, past)):
        yield from (Change("changed", what, after.path, text, effect) for what, text in found)


def _read_as_it_goes(pair: Pair, before: Machine, after: Machine) -> Iterator[tuple[str, str]]:
    was, is_ = _state(pair, before.state, before.path), _state(None, after.state, after.path)
    if was != is_:
        texts = [f"{a} -> {b}" for a, b in zip_longest(was, is_, fillvalue="none") if a != b]
        yield "state rules", ", ".join(texts)
    if pair.named(before.health) != Pair(pair.new, pair.new, {}).named(after.health):
        yield "health", f"{_many(before)} -> {_many(after)}"


def _many(machine: Machine) -> str:
    return ", ".join(str(model.get("model", "")) for model in machine.health) or "none"


def _state(pair: Pair | None, state: StateModel | None, machine: str) -> list[str]:
    """Every rule and every number of the table as a line, tags by their names in the machine."""

    def short(path: str) -> str:
        now = path if pair is None else pair.now(path)
        return now.removeprefix(f"{machine}/")

    def said(rule: Rule | None, is_: str) -> str:
        return f"`{is_}` when {text_of(renamed(rule, short))}" if rule is not None else f"`{is_}` otherwise"

    if state is None:
        return []
    table = [f"`{is_}` when {short(state.value)} is {number}" for number, is_ in sorted(state.table.items())]
    return [*(said(rule, is_) for rule, is_ in state.rules), *table]


def _asked(pair: Pair, before: Machine, after: Machine) -> Iterator[tuple[str, str]]:
    """What OEE and stops of any time are asked by."""
    counts = list(differences({role: pair.now(path) for role, path in before.counts.items()}, after.counts))
    if counts:
        yield "counts", ", ".join(text for _, text in counts)
    kept = ("type", "makes", "pieces", "made_of", "micro_stop", "display")
    was, is_ = ({name: getattr(one, name) for name in kept} for one in (before, after))
    shown = list(differences(was, is_))
    if shown:
        yield "machine", ", ".join(text for _, text in shown)


def _folding(pair: Pair) -> Iterator[Change]:
    """Lines that late data of one another folds again from now on, or no more."""
    was, is_ = _together(pair.old), _together(pair.new)
    for lines in sorted(is_ - was):
        if len(lines) > 1:
            text = "what comes late for one of them folds all of them again"
            yield Change("changed", "folding", " + ".join(lines), f"together: {text}")
    for lines in sorted(was - is_):
        if len(lines) > 1 and not any(set(lines) <= set(others) for others in is_):
            yield Change("changed", "folding", " + ".join(lines), "apart")


def _together(plant: Plant) -> set[tuple[str, ...]]:
    of = {machine.path: line.path for line in plant.lines for machine in line.machines}
    return {tuple(dict.fromkeys(of[path] for path in unit.machines)) for unit in units(plant) if unit.machines}
