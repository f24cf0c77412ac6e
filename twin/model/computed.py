"""Computed tags of a whole plant: their names made full paths, the order in which they are made, and how much they are.

A computed tag may read others: those of level 0 read the log alone, those of level 1 also tags of level 0, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from twin.core.instant import DAY, duration_text
from twin.model.entry import Entry
from twin.model.lookup import Lookup
from twin.model.measure.fitting import fitted
from twin.model.plant import TagSpec
from twin.model.references import Reference, references_in, with_paths
from twin.model.rule import PANES, OfTag, Previous, Rate, Rule, Window, parts, readings, tags_of
from twin.model.tags import TagDraft

MOST_LEVELS = 12
"""Computed tags that stand on each other: every level is a pass over the samples."""
MOST_PARTS = 1_000_000
"""Tags, numbers and operators of all expressions of a plant, loops written out."""
LONGEST_REACH = 2 * DAY
"""How far back the windows of a tag reach, those of the tags that it reads among them."""


def named_by(draft: TagDraft) -> Iterator[Reference]:
    """The tags that a computed tag names; of other tags none."""
    if draft.compute is not None:
        yield from references_in(draft.compute, draft.fields["compute"])


class Computing:
    """The computed tags of a file, gathered while it is read. places: of all tags, by path."""

    def __init__(self, tags: dict[str, TagSpec], places: Mapping[str, Entry]) -> None:
        self._tags = tags
        self._places = places
        self._drafts: dict[str, tuple[TagDraft, str, str]] = {}

    def add(self, path: str, draft: TagDraft, line: str = "", machine: str = "") -> None:
        """Remember where a computed tag stands: full paths of its line and machine, '' for a flat tag."""
        if draft.compute is not None:
            self._drafts.setdefault(path, (draft, line, machine))

    def finish(self, lookup: Lookup) -> None:
        """Give every computed tag its expression with full paths. Problems are reported."""
        for path, (draft, line, machine) in self._drafts.items():
            found = {one.name: self._path(one, lookup, line, machine) for one in named_by(draft)}
            if path in self._tags and draft.compute is not None:
                rule = self._fitted(with_paths(draft.compute, found), draft)
                self._tags[path] = replace(self._tags[path], compute=rule)
        if self._drafts:
            self._check()

    def _fitted(self, rule: Rule, draft: TagDraft) -> Rule:
        """The expression as it gives values in the tag's unit; as it is after reporting that it does not."""
        try:
            return fitted(rule, lambda path: self._tags[path].unit if path in self._tags else "", draft.meaning["unit"])
        except ValueError as error:
            draft.fields["compute"].problem(str(error))
            return rule

    def _path(self, reference: Reference, lookup: Lookup, line: str, machine: str) -> str:
        own = f"{machine}/{reference.name}"
        if machine and reference.is_local:
            return own  # that there is one is checked with its type
        return lookup.path(reference, line)

    def _check(self) -> None:
        """Report circles, and more than a plant may cost."""
        if round_ := circle(self._tags):
            told = " -> ".join(f"{path} ({self._places[path].place})" for path in round_)
            self._problem(round_[0], f"is made of itself: {told}")
            return
        order = levels(self._tags)
        for path, level in order.items():
            if level >= MOST_LEVELS:
                self._problem(path, f"stands on {level} others in a row, and {MOST_LEVELS - 1} are the most")
        for path, far in reaches(self._tags, order).items():
            if far > LONGEST_REACH:
                most = duration_text(LONGEST_REACH)
                self._problem(path, f"looks back {duration_text(far)} with all it is made of, and {most} is the most")
        size = 0
        for path in order:
            size += sum(1 for _ in parts(_rule(self._tags[path])))
            if size > MOST_PARTS:
                self._problem(path, f"all computed tags together have more than {MOST_PARTS} parts; make fewer of them")
                return

    def _problem(self, path: str, fact: str) -> None:
        self._places[path].problem(f"computed tag '{path}' {fact}")


def circle(tags: Mapping[str, TagSpec]) -> list[str]:
    """A computed tag that is made of itself, the tags on the way and it again; empty when there is none."""
    done: set[str] = set()
    for start in tags:
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(inputs(tags, start))}
        while way:
            path = next(reversed(way))
            following = next(way[path], None)
            if following is None:
                done.add(path)
                del way[path]
            elif following in way:
                names = list(way)
                return [*names[names.index(following) :], following]
            elif following not in done:
                way[following] = iter(inputs(tags, following))
    return []


def inputs(tags: Mapping[str, TagSpec], path: str) -> list[str]:
    """The tags that a computed tag names itself; none of another tag."""
    spec = tags.get(path)
    return [] if spec is None or spec.compute is None else tags_of(spec.compute)


def levels(tags: Mapping[str, TagSpec]) -> dict[str, int]:
    """The level of every computed tag, in file order. There is no circle."""
    found: dict[str, int] = {}
    for path in _inputs_first(tags, tags):
        above = [found[one] for one in inputs(tags, path) if one in found]
        found[path] = max(above, default=-1) + 1
    return {path: found[path] for path in tags if path in found}


def behind(tags: Mapping[str, TagSpec], paths: Iterable[str]) -> list[str]:
    """The computed tags among these and all that they are made of, what is read before what reads it."""
    return _inputs_first(tags, paths)


def stored_inputs(tags: Mapping[str, TagSpec], path: str) -> list[str]:
    """The tags of the log that a computed tag is made of in the end, each once; of another tag itself."""
    made = _inputs_first(tags, [path])
    if not made:
        return [path]
    named = [one for computed in made for one in inputs(tags, computed)]
    return [one for one in dict.fromkeys(named) if one in tags and tags[one].compute is None]


def connections_of(tags: Mapping[str, TagSpec], path: str) -> list[str]:
    """The connections that a tag's value comes over."""
    return list(dict.fromkeys(tags[one].connection for one in stored_inputs(tags, path) if one in tags))


def _inputs_first(tags: Mapping[str, TagSpec], paths: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    waiting = [path for path in paths if path in tags and tags[path].compute is not None][::-1]
    while waiting:
        path = waiting[-1]
        missing = [one for one in inputs(tags, path) if one not in found and inputs(tags, one)]
        if path in found or not missing:
            found.setdefault(path)
            waiting.pop()
        else:
            waiting += missing
    return list(found)


def reaches(tags: Mapping[str, TagSpec], paths: Iterable[str]) -> dict[str, int]:
    """How far back (ns) each computed tag among these, and among those it is made of, looks from an instant."""
    found: dict[str, int] = {}
    for path in _inputs_first(tags, paths):
        found[path] = max((_reach(one) + found.get(one.path, 0) for one in readings(_rule(tags[path]))), default=0)
    return found


def samples_back(tags: Mapping[str, TagSpec], path: str) -> int:
    """How many of the newest samples of its inputs a tag depends on, apart from windows."""
    found: dict[str, int] = {}
    for one in _inputs_first(tags, [path]):
        read = readings(_rule(tags[one]))
        found[one] = max((isinstance(part, Previous) + found.get(part.path, 1) for part in read), default=1)
    return found.get(path, 1)


def _reach(part: OfTag) -> int:
    if isinstance(part, Rate):
        return part.window
    return part.window + 2 * (part.window // PANES) if isinstance(part, Window) else 0


def _rule(spec: TagSpec) -> Rule:
    if spec.compute is None:
        raise ValueError(f"{spec.path} is no computed tag")
    return spec.compute
