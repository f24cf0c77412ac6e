"""Mistakes in a description: one line with the place, the fact and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class Mistake(ValueError):
    """What is wrong in a file. Its text is one line: `FILE:LINE: fact; fix`."""

    def __init__(self, file: str, line: int, fact: str) -> None:
        super().__init__(f"{file}:{line}: {fact}")
        self.file = file
        self.line = line


def nearest(word: str, known: Iterable[str]) -> str:
    """The fix for a word that is not known: `; did you mean 'cycle'?`, or what there is."""
    words = list(known)
    close = get_close_matches(word, words, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(words)}" if words else "; there are none"


def shown(text: str) -> str:
    """A text from a file as an error shows it: in quotes, on one line, at most 60 characters."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
