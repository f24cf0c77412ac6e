"""What stands around tags and machines: connections, outlets, products, times of work, how long what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.core.instant import to_text
from twin.core.plugin import ConnectionSpec
from twin.model.plan.change import FORGETS, FROM_NOW_ON, GOES_ON, NOTHING, PAST_TOO, Change, differences, length_text
from twin.model.plan.pair import Pair
from twin.model.plant import Feed, Plant, Product, Site


def connection_changes(pair: Pair) -> Iterator[Change]:
    """Connections, and which must be made anew; secrets are not shown."""
    was, is_ = pair.old.connections, pair.new.connections
    for id_, spec in is_.items():
        if id_ not in was:
            yield Change("added", "connection", id_, f"{spec.protocol} {_safe(spec.url)}", place=spec.place)
            continue
        found = dict(differences(_connection(was[id_]), _connection(spec), _hidden(was[id_], spec)))
        told = list(found.values())
        wired = _wired(pair.old, id_) != _wired(pair.new, id_)
        told += ["its tags are others"] if wired else []
        if told:
            anew = wired or found.keys() - {"wait"}
            told += ["connects again"] if anew else []
            yield Change("changed", "connection", id_, ", ".join(told), place=spec.place)
    for id_ in was:
        if id_ not in is_:
            yield Change("removed", "connection", id_)


def _connection(spec: ConnectionSpec) -> dict[str, Any]:
    known = {"protocol": spec.protocol, "url": _safe(spec.url), "time": spec.time, "wait": spec.wait}
    return {**known, "stale": spec.stale, **spec.settings}


def _hidden(*specs: ConnectionSpec) -> list[str]:
    """Settings of a plug-in: a secret may be among them."""
    return [name for spec in specs for name in spec.settings]


def _safe(url: str) -> str:
    """An address without who logs in."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"


def _wired(plant: Plant, connection: str) -> list[tuple[object, ...]]:
    tags = plant.addresses(connection)
    return sorted(
        ((one.tag, one.machine_node, one.type, sorted(one.settings.items(), key=str)) for one in tags), key=str
    )


def outlet_changes(pair: Pair) -> Iterator[Change]:
    """Outlets by name."""
    was, is_ = dict(pair.old.outlets), pair.new.outlets
    for id_, feed in is_.items():
        former = was.pop(id_, None)
        if former is None and feed.was in was:
            former = was.pop(feed.was)
            yield Change("renamed", "outlet", id_, f"was {feed.was}", GOES_ON, place=feed.spec.place)
        if former is None:
            begin = "all that the log has" if feed.begin == "start" else "what comes"
            yield Change("added", "outlet", id_, f"gets {begin}", place=feed.spec.place)
            continue
        told = [
            text for _, text in differences(_feed(former), _feed(feed), [*former.spec.settings, *feed.spec.settings])
        ]
        if told:
            yield Change("changed", "outlet", id_, ", ".join(told), place=feed.spec.place)
    yield from (Change("removed", "outlet", id_, "what waits for it is dropped") for id_ in was)


def _feed(feed: Feed) -> dict[str, Any]:
    known = {"protocol": feed.spec.protocol, "url": _safe(feed.spec.url), "tags": feed.tags}
    return {**known, "rows": feed.most_rows, "keep": feed.most_age, **feed.spec.settings}


def product_changes(pair: Pair) -> Iterator[Change]:
    """Products by name. A piece is judged by the ideal rate of the edition in which it was made."""
    was, is_ = pair.old.products, pair.new.products
    for name in dict.fromkeys([*is_, *was]):
        yield from _dated_changes(name, _dated_rates(was.get(name)), _dated_rates(is_.get(name)))
        if name not in was or name not in is_:
            yield Change("removed" if name in was else "added", "product", name, effect=FROM_NOW_ON)
            continue
        told = list(differences(_product(was[name]), _product(is_[name])))
        if told:
            yield Change("changed", "product", name, ", ".join(text for _, text in told), FROM_NOW_ON)


def _product(product: Product) -> dict[str, Any]:
    return {"code": product.code} | {f"ideal of {name}": f"{ns / 1e9:g} s" for name, ns in product.ideal.items()}


def _dated_rates(product: Product | None) -> dict[tuple[str, int], int]:
    return {} if product is None else {(name, at): ns for name, rates in product.dated.items() for at, ns in rates}


def _dated_changes(
    name: str, before: Mapping[tuple[str, int], int], after: Mapping[tuple[str, int], int]
) -> Iterator[Change]:
    """Dated rates count for all time, whichever edition was in force: that is what the date is for."""
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            kind = "added" if key not in before else "removed" if key not in after else "changed"
            told = " -> ".join(f"{one[key] / 1e9:g} s" for one in (before, after) if key in one)
            yield Change(kind, "dated rate", name, f"ideal of {key[0]} from {to_text(key[1])}: {told}", PAST_TOO)


def time_changes(pair: Pair) -> Iterator[Change]:
    """Shifts, breaks, special days and the clock on the wall, of the plant and of its sites: what OEE of any time is
    asked by.
    """
    before, after = _sites(pair.old), _sites(pair.new)
    for path in dict.fromkeys([*after, *before]):
        if path not in before or path not in after:
            zone = (after.get(path) or before[path]).timezone
            yield Change("removed" if path in before else "added", "site", path, f"timezone {zone}", PAST_TOO)
        else:
            yield from _hours(before[path], after[path], path)
    if pair.old.path != pair.new.path:
        text = f"path {pair.old.path or 'none'} -> {pair.new.path or 'none'}"
        yield Change("changed", "plant", pair.new.path or "plant", text, FROM_NOW_ON)


def _sites(plant: Plant) -> dict[str, Site]:
    """By path below the plant, '' for the plant itself: what has hours."""
    return {"": plant.site_of("")} | {plant.short(path): site for path, site in plant.sites.items()}


def _hours(was: Site, is_: Site, path: str) -> Iterator[Change]:
    of = f" of {path}" if path else ""
    parts: dict[str, tuple[Mapping[Any, Any], Mapping[Any, Any]]] = {
        "shift": (was.shifts, is_.shifts),
        "day": (was.calendar, is_.calendar),
    }
    for what, (before, after) in parts.items():
        for name in dict.fromkeys([*after, *before]):
            if before.get(name) != after.get(name):
                kind = "added" if name not in before else "removed" if name not in after else "changed"
                yield Change(kind, what, f"{name}{of}", effect=PAST_TOO)
    if was.timezone != is_.timezone:
        what, name = ("site", path) if path else ("plant", is_.path or "plant")
        yield Change("changed", what, name, f"timezone {was.timezone} -> {is_.timezone}", PAST_TOO)


def keeping_changes(pair: Pair) -> Iterator[Change]:
    """How long what is kept: a shorter time forgets what was to stay."""
    was, is_ = _ages(pair.old), _ages(pair.new)
    for name in dict.fromkeys([*is_, *was]):
        before, after = was.get(name, was["history"]), is_.get(name, is_["history"])
        if was.get(name, ()) == is_.get(name, ()):
            continue
        kind = "added" if name not in was else "removed" if name not in is_ else "changed"
        shorter = (after[0] or 2**63) < (before[0] or 2**63)
        text = f"keep {_age(before[0])} -> {_age(after[0])}"
        if before[1] != after[1] and kind == "changed":
            text += ", its tags are others"
        effect = FORGETS if shorter else NOTHING if before == after else FROM_NOW_ON
        yield Change(kind, "retention", name, text, effect)


def _ages(plant: Plant) -> dict[str, tuple[int | None, tuple[str, ...]]]:
    groups = {f"history.groups.{one.name}": (one.keep, one.tags) for one in plant.keeping.groups}
    return {"history": (plant.keeping.keep, ()), **groups}


def _age(keep: int | None) -> str:
    return "for ever" if keep is None else length_text(keep)
