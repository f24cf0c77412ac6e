"""Report: gathers everything that is wrong with a plant file, so that the user mends it in one go."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from twin.core.errors import Problem, Problems

FEW = 12
"""As many alternatives are listed in a message; more would hide the fact."""


class Report:
    """The problems of one file, each once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: dict[Problem, None] = {}
        self._lines: set[int] = set()

    def add(self, line: int, message: str) -> None:
        """Note a problem; line counts from 1."""
        self._problems[Problem(self.file, line, " ".join(message.splitlines()))] = None
        self._lines.add(line)

    def holds(self, line: int) -> bool:
        """Whether something is wrong in this line already."""
        return line in self._lines

    def check(self) -> None:
        """Raise Problems if there is any."""
        if self._problems:
            raise Problems(list(self._problems))


def suggestion(word: str, known: Iterable[str]) -> str:
    """The fix for a word that is not known: ` (did you mean 'status'?)`, or what there is, or nothing.

    >>> suggestion("statuss", ["status", "total"])
    " (did you mean 'status'?)"
    """
    names = list(dict.fromkeys(known))
    close = get_close_matches(word, names, n=1)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (there are: {', '.join(sorted(names))})" if 0 < len(names) <= FEW else ""
