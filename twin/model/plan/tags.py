"""Tags that came, went, were renamed, or mean something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from twin.model.plan.change import (
    ENDS,
    FORGETS,
    FROM_NOW_ON,
    GOES_ON,
    NEVER,
    PAST_TOO,
    REFUSED,
    Change,
    differences,
    spelled,
)
from twin.model.plan.pair import Pair
from twin.model.plant import Limit, TagSpec, Thin
from twin.model.rule_text import text_of

PLACES = {"connection", "node", "browse_path", "ns", "pick", "topic", "value", "each", "where"}
"""Keys of a tag that say where it is found: those that the connectors say locate it."""


def tag_changes(pair: Pair) -> Iterator[Change]:
    """Series and their meaning; scales stand in a file of their own."""
    yield from _series(pair)
    for before, after in pair.tags():
        yield from _wire(before, after)
        yield from _meaning(pair, before, after)
        yield from _alarms(before, after)


def _series(pair: Pair) -> Iterator[Change]:
    came = set(pair.names.values())
    for path, tag in pair.new.tags.items():
        type_, place = pair.known.get(path, tag.type), tag.address.place
        former = pair.old.tags.get(path)
        why_not = "" if former is not None and former.was == tag.was else pair.why_not(path)
        if type_ != tag.type:
            yield Change("changed", "tag", path, f"{type_} -> {tag.type}: {NEVER}", REFUSED, tag=path, place=place)
        elif path in came:
            yield Change("renamed", "tag", path, f"was {tag.was}", GOES_ON, tag=path, place=place)
        elif path not in pair.old.tags:
            known = path in pair.known
            text = why_not or ("it has samples already" if known else "")
            yield Change("added", "tag", path, text, GOES_ON if known else FROM_NOW_ON, tag=path, place=place)
        elif why_not:
            yield Change("changed", "tag", path, why_not, FROM_NOW_ON, tag=path, place=place)
    for path in pair.old.tags:
        if path not in pair.new.tags and path not in pair.names:
            yield Change("removed", "tag", path, "what it has stays and can be read", ENDS, tag=path)


def _wire(before: TagSpec, after: TagSpec) -> Iterator[Change]:
    where, other = _address(before), _address(after)
    found = dict(differences(where, other))
    places = [text for name, text in found.items() if name in PLACES]
    others = [text for name, text in found.items() if name not in PLACES]
    path, place = after.path, after.address.place
    if places:
        yield Change("moved", "tag", path, ", ".join(places), tag=path, place=place)
    if others:
        yield Change("changed", "tag", path, ", ".join(others), tag=path, place=place)


def _address(tag: TagSpec) -> dict[str, Any]:
    found = {"connection": tag.connection, **tag.address.settings}
    if tag.address.machine_node:
        found["node"] = tag.address.machine_node + str(found.get("node") or "")
    return found


def _meaning(pair: Pair, before: TagSpec, after: TagSpec) -> Iterator[Change]:
    def told(what: str, text: str, effect: str = FROM_NOW_ON) -> Change:
        return Change("changed", what, after.path, text, effect, tag=after.path, place=after.address.place)

    for what in ("unit", "display", "interpolation"):
        was, is_ = getattr(before, what), getattr(after, what)
        if was != is_:
            yield told(what, f"{spelled(what, was)} -> {spelled(what, is_)}", PAST_TOO)
    for what, was, is_ in (
        ("counter", before.counter, after.counter),
        ("write limits", before.write, after.write),
        ("thinning", before.thin, after.thin),
    ):
        if was != is_:
            thins = isinstance(is_, Thin)
            yield told(what, _parts(was, is_), FORGETS if thins else FROM_NOW_ON)
    made, make = pair.rule(before.compute), after.compute
    if made != make:
        texts = [text_of(one) if one is not None else "none" for one in (made, make)]
        yield told("computed", " -> ".join(texts))


def _parts(was: object, is_: object) -> str:
    """What of two of a kind differs; one of them may be None."""
    if was is None or is_ is None:
        return "none -> " + _all(is_) if was is None else _all(was) + " -> none"
    return ", ".join(text for _, text in differences(_fields(was), _fields(is_)))


def _all(one: object) -> str:
    return ", ".join(f"{name} {spelled(name, value)}" for name, value in _fields(one).items() if value not in ("", ()))


def _fields(one: object) -> Mapping[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}  # pyright: ignore[reportArgumentType]


def _alarms(before: TagSpec, after: TagSpec) -> Iterator[Change]:
    was, is_ = ({one.name: one for one in tag.alarms} for tag in (before, after))
    for name in dict.fromkeys([*is_, *was]):
        one, other = was.get(name), is_.get(name)
        if one == other:
            continue
        kind = "added" if one is None else "removed" if other is None else "changed"
        text = _limit(other) if one is None and other is not None else "" if other is None else _parts(one, other)
        yield Change(kind, "alarm", f"{after.path}~{name}", text, tag=after.path, place=after.address.place)


def _limit(limit: Limit) -> str:
    """`high 85, delay 15s, priority 2`."""
    said = {name: value for name, value in asdict(limit).items() if value and name not in {"name", "kind", "limit"}}
    return ", ".join(
        [f"{limit.kind} {spelled('limit', limit.limit)}", *(f"{k} {spelled(k, v)}" for k, v in said.items())]
    )
