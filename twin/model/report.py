"""Report: gathers everything that is wrong with a plant file, so that the user mends it in one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from twin.core.errors import Problem, Problems

FEW = 12
"""As many alternatives are listed in a message; more would hide the fact."""


@dataclass(slots=True)
class _All:
    """What the reports of all files of a plant share."""

    problems: dict[Problem, None] = field(default_factory=dict["Problem", None])
    reports: dict[str, Report] = field(default_factory=dict[str, "Report"])


class Report:
    """The problems of one file, each once; with those of the files that it includes."""

    def __init__(self, file: str, all_: _All | None = None) -> None:
        self.file = file
        self._all = all_ or _All()
        self._all.reports[file] = self
        self._lines: set[int] = set()

    def shown(self, name: str) -> str:
        """How a file is named to people: beside the main one, so that an editor finds it."""
        above = self.file.replace("\\", "/").rpartition("/")[0]
        return f"{above}/{name}" if above else name

    def of(self, name: str) -> Report:
        """The report of an included file, named as the main file's folder has it."""
        return self._all.reports.get(self.shown(name)) or Report(self.shown(name), self._all)

    def is_wrong(self, place: str) -> bool:
        """Whether something is wrong there already. place: `plant.yaml:20`, in any file."""
        report, line = self._at(place)
        return report.holds(line)

    def add_at(self, place: str, message: str) -> None:
        """Note a problem at a place in any file."""
        report, line = self._at(place)
        report.add(line, message)

    def _at(self, place: str) -> tuple[Report, int]:
        file, _, line = place.rpartition(":")
        return self._all.reports.get(file, self), int(line) if line.isdecimal() else 1

    def add(self, line: int, message: str) -> None:
        """Note a problem; line counts from 1."""
        self._all.problems[Problem(self.file, line, " ".join(message.splitlines()))] = None
        self._lines.add(line)

    def holds(self, line: int) -> bool:
        """Whether something is wrong in this line already."""
        return line in self._lines

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong so far, in any file."""
        return not self._all.problems

    def check(self) -> None:
        """Raise Problems if there is any."""
        if self._all.problems:
            raise Problems(list(self._all.problems))


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
