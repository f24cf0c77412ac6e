"""Names of tags inside a type: checked once against the tags of the type, made full paths for each machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from twin.model.entry import Entry
from twin.model.report import suggestion
from twin.model.rule import Rate, Rule, readings, renamed
from twin.model.tags import TagDraft


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A tag that is named somewhere. use: why it must be a counter, '' when any tag will do."""

    name: str
    entry: Entry
    use: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is a tag of the machine itself; `filler/status` is another one's."""
        return "/" not in self.name


def read_reference(entry: Entry, use: str = "") -> Reference | None:
    """The tag that a value names; None after reporting a value that is no text."""
    try:
        return Reference(entry.written(), entry, use)
    except ValueError as error:
        entry.problem(str(error))
        return None


def references_in(rule: Rule, entry: Entry) -> Iterator[Reference]:
    """The tags that a rule names."""
    for part in readings(rule):
        yield Reference(part.path, entry, "rate() needs a counter" if isinstance(part, Rate) else "")


def with_paths(rule: Rule, paths: Mapping[str, str]) -> Rule:
    """The same rule with full paths for names; a name without one (reported already) stays."""
    return renamed(rule, lambda name: paths.get(name, name))


def check_local(references: Iterable[Reference], tags: Mapping[str, TagDraft], owner: str) -> None:
    """Report names that are no tag of the owner (`type 'filler'`), and tags that should be counters or numbers."""
    for reference in references:
        if not reference.is_local:
            continue
        draft = tags.get(reference.name)
        if draft is None:
            fix = suggestion(reference.name, tags) if tags else ""
            reference.entry.problem(f"no tag '{reference.name}' in {owner}{fix}{spaces_hint(reference.name, tags)}")
        else:
            check_use(reference, draft.meaning["type"], draft.is_counter)


def check_use(reference: Reference, type_: str, is_counter: bool) -> None:
    """Report a tag that should be a number or a counter and is none. Everything that names a tag reckons with it."""
    if type_ != "number":
        reference.entry.problem(
            f"tag '{reference.name}' is a {type_} tag and a number is needed here (name a tag that shows a number)"
        )
    elif reference.use and not is_counter:
        reference.entry.problem(
            f"{reference.use} and tag '{reference.name}' is none (add `counter: {{}}` to the tag if it counts pieces)"
        )


def spaces_hint(name: str, known: Iterable[str]) -> str:
    """The fix for `total-reject` where both are tags: it was meant as a difference."""
    names = set(known)
    for sign in "-/":
        left, found, right = name.partition(sign)
        if found and left in names and (right in names or right.replace(".", "").isdecimal()):
            return f" (for the operator write spaces: {left} {sign} {right})"
    return ""
