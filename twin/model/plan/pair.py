"""Two plants side by side: which series go on under which names, which tags and machines of both are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from twin.model.plant import Machine, Plant, TagSpec
from twin.model.rule import Rule, renamed


@dataclass(frozen=True)
class Pair:
    """known: path -> type of every series there is; names: former path -> path of those that go on under it."""

    old: Plant
    new: Plant
    known: Mapping[str, str]
    names: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        names = {
            tag.was: path
            for path, tag in self.new.tags.items()
            if tag.was in self.known and tag.was != path and not self.why_not(path)
        }
        object.__setattr__(self, "names", names)

    def why_not(self, path: str) -> str:
        """Why a tag does not go on with the series of its former name; '' where it has none or does."""
        tag = self.new.tags[path]
        if tag.was not in self.known or tag.was == path:
            return ""
        if path in self.known:
            return f"was {tag.was}: both have samples already, so the earlier ones stay under the former name"
        if self.known[tag.was] != tag.type:
            return f"was {tag.was}: that was a {self.known[tag.was]} tag and a tag never changes its type"
        return ""

    def tags(self) -> Iterator[tuple[TagSpec, TagSpec]]:
        """Tags of both, those that are renamed too."""
        former = {path: was for was, path in self.names.items() if was in self.old.tags}
        for path, tag in self.new.tags.items():
            before = self.old.tags.get(former.get(path, path))
            if before is not None:
                yield before, tag

    def now(self, path: str) -> str:
        """What a tag is called now."""
        return self.names.get(path, path)

    def rule(self, rule: Rule | None) -> Rule | None:
        """A rule of the old plant with the names of now."""
        return None if rule is None else renamed(rule, self.now)

    def named(self, value: object) -> object:
        """A value of the old plant, lists and mappings too, with the names of now."""
        match value:
            case str():
                return self.now(value)
            case tuple() | list():
                return tuple(self.named(one) for one in cast(tuple[object, ...], value))
            case Mapping():
                return {key: self.named(one) for key, one in cast(Mapping[object, object], value).items()}
            case _:
                return value

    def machines(self) -> Iterator[tuple[Machine | None, Machine | None]]:
        """Machines of both by path; None where one has none."""
        before = {one.path: one for one in self.old.machines()}
        after = {one.path: one for one in self.new.machines()}
        for path in dict.fromkeys([*after, *before]):
            yield before.get(path), after.get(path)
