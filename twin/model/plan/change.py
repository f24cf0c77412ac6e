"""One change of a plant file, and the words in which changes are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from twin.core.instant import DAY, to_text
from twin.model.rule_text import number_text, window_text

FROM_NOW_ON = "from now on"
"""What is past stays as it is."""
PAST_TOO = "for the past too"
"""Nothing is folded again; who asks of the past is answered by the new file."""
MENDS = "mends the past"
"""Results since then are folded again, and corrections announced."""
GOES_ON = "series goes on"
ENDS = "series ends"
"""Its samples stay and can be read."""
FORGETS = "forgets of the past"
"""Rows go that were to stay."""
NOTHING = "no effect"
REFUSED = "refused"
"""`twin run` does not start with this file."""

NEVER = "a tag never changes its type: give it another name"

LENGTHS = {"delay", "off_delay", "silence", "every", "after", "longest", "micro_stop", "wait", "stale", "keep"}
"""Names of what is a length of time, ns."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two plants.

    kind: added, removed, renamed, moved (read from another place), changed. what: `tag`, `alarm`, `dated scale` ..;
    name: of it. text: how it was and is. effect: on history, one of the words above. since, until: ns, from when it
    counts; of what mends the past, the span of samples that read otherwise. tag: path of the tag it is about, '' for
    none. place: `new.yaml:20`.
    """

    kind: str
    what: str
    name: str
    text: str = ""
    effect: str = FROM_NOW_ON
    since: int | None = None
    until: int | None = None
    tag: str = ""
    place: str = ""

    @property
    def said(self) -> str:
        """The effect with its date."""
        if self.since is None:
            return self.effect
        return (
            f"{self.effect} since {to_text(self.since)}" if self.effect == MENDS else f"from {to_text(self.since)} on"
        )

    def __str__(self) -> str:
        place, text = self.place and f"{self.place}: ", self.text and f": {self.text}"
        return f"{place}{self.kind} {self.what} {self.name}{text}; {self.said}"


def differences(
    before: Mapping[str, object], after: Mapping[str, object], hidden: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """(name, `limit 85 -> 90`) of each value that is another one. hidden: of these it is not said what they are."""
    for name in dict.fromkeys([*after, *before]):
        was, is_ = before.get(name), after.get(name)
        if was != is_:
            shown = name not in hidden
            yield name, f"{name} {spelled(name, was)} -> {spelled(name, is_)}" if shown else f"{name} is another one"


def spelled(name: str, value: object) -> str:
    """A value of the model for people. name: of what."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case int() | float():
            text = length_text(int(value)) if name in LENGTHS else number_text(float(value))
        case None | "" | () | []:
            text = "none"
        case tuple() | list():
            text = ", ".join(spelled(name, one) for one in cast(Sequence[object], value))
        case Mapping():
            parts = cast(Mapping[str, object], value).items()
            text = ", ".join(f"{key} {spelled(name, one)}" for key, one in parts) or "none"
        case _:
            text = str(value)
    return text


def length_text(length: int) -> str:
    """A length in the largest unit that divides it: `30d`, `90s`."""
    return f"{length // DAY}d" if length % DAY == 0 and length else window_text(length) if length else "0"
