"""Finds tags named across machines: `filler/status` in a line, `packaging/line2/filler/status` in the plant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from twin.model.plant import TagSpec
from twin.model.references import Reference, check_use
from twin.model.report import suggestion


@dataclass(frozen=True, slots=True)
class Lookup:
    """All tags of the plant. incomplete: paths of machines whose type is unknown, where any tag may be missing.

    machines: line -> names of its machines. reported: what is reported already; many machines share a type.
    """

    plant: str
    tags: Mapping[str, TagSpec]
    machines: Mapping[str, Collection[str]]
    incomplete: Collection[str]
    reported: set[tuple[int, str, str]] = field(default_factory=set[tuple[int, str, str]])

    def path(self, reference: Reference, line: str) -> str:
        """The full path of a tag that is named in a line (full path); its name after reporting that it is none."""
        found = self.find(reference.name, line)
        if found is not None:
            check_use(reference, self.tags[found].type, self.tags[found].counter is not None)
            return found
        key = id(reference.entry.node), reference.name, line
        if key not in self.reported and f"{line}/{reference.name.rpartition('/')[0]}" not in self.incomplete:
            self.reported.add(key)
            reference.entry.problem(self._missing(reference.name, line))
        return reference.name

    def find(self, name: str, line: str) -> str | None:
        """The tag of this name, first in the line, then in the plant."""
        candidates = (f"{line}/{name}", joined(self.plant, name))
        return next((path for path in candidates if path in self.tags), None)

    def unit_of(self, path: str) -> str:
        """The unit of a tag by its full path, '' for none and where there is no such tag."""
        return self.tags[path].unit if path in self.tags else ""

    def _missing(self, name: str, line: str) -> str:
        """What is wrong with a name that is no tag."""
        machine, _, tag = name.rpartition("/")
        siblings = self.machines.get(line, ())
        if machine in siblings:
            before = f"{line}/{machine}/"
            there = [path.removeprefix(before) for path in self.tags if path.startswith(before)]
            return f"no tag '{tag}' in machine '{machine}'{suggestion(tag, there)}"
        if not machine or "/" in machine:
            there = [path.removeprefix(f"{self.plant}/") for path in self.tags]
            return f"no tag '{name}' in the plant{suggestion(name, there)}"
        return f"no machine '{machine}' in line '{line.removeprefix(f'{self.plant}/')}'{suggestion(machine, siblings)}"


def joined(before: str, after: str) -> str:
    """One path below another; the first may be empty."""
    return f"{before}/{after}" if before else after
