"""Puts the files of a plant together: `include` names others, whose sections are joined with those of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twin.core.errors import Problems
from twin.model.entry import Entry
from twin.model.files import Folder, from_file
from twin.model.globs import is_glob
from twin.model.keys import PLANT_KEYS
from twin.model.report import Report
from twin.model.yaml_text import compose

MOST = 1000
"""Files of a plant; more is a pattern that takes what it should not."""
JOINED = frozenset(key.name for key in PLANT_KEYS if key.kind == "map") - {"history"}
"""Sections that every file may have a part of. All else stands in the main file."""
EVERYWHERE = frozenset({"linetwin", "include"})


@dataclass(frozen=True, slots=True, eq=False)
class Joined(Entry):
    """A section that stands in several files."""

    parts: tuple[Entry, ...] = ()

    def children(self) -> dict[str, Entry]:
        """The children of all parts; reports a key that stands in two of them."""
        found: dict[str, Entry] = {}
        for part in self.parts:
            for name, child in part.children().items():
                if name in found:
                    child.problem(f"stands twice (first in {found[name].seen_from(child)})")
                found[name] = child
        return found


class Files:
    """The files of one plant as they are read. texts: all of them by their names, the main one first."""

    def __init__(self, folder: Folder, report: Report) -> None:
        self.texts: dict[str, str] = {}
        self._folder, self._report = folder, report

    def read(self, file: str, text: str, check: Callable[[Mapping[str, Entry]], None]) -> dict[str, Entry]:
        """The sections of a file and of all that it includes. check: of an included file by itself. Problems are
        reported; raises Problems where a file is no YAML.
        """
        self.texts[file] = text
        root = Entry(compose(text, self._report.file), "", 1, self._report)
        parts = [root.fields(PLANT_KEYS)]
        waiting = [(parts[0], file)]
        while waiting:
            fields, name = waiting.pop(0)
            for included, entry in self._included(fields, name):
                report = self._report.of(included)
                try:
                    node = compose(self.texts[included], report.file)
                except Problems as problems:
                    for one in problems.problems:
                        report.add(one.line, one.message)
                    continue
                fields = Entry(node, "", 1, report).fields(PLANT_KEYS)
                _check_place(fields, entry)
                check(fields)
                parts.append(fields)
                waiting.append((fields, included))
        return _joined(parts)

    def _included(self, fields: Mapping[str, Entry], file: str) -> list[tuple[str, Entry]]:
        """The files that one includes and that are not read yet, and where they are named."""
        found: list[tuple[str, Entry]] = []
        if "include" not in fields:
            return found
        entry = fields["include"]
        for item in entry.items() if entry.is_list else [entry]:
            try:
                texts = self._named(item.written(), file)
            except ValueError as error:
                item.problem(str(error))
                continue
            for name, text in texts.items():
                if name not in self.texts:
                    self.texts[name] = text
                    found.append((name, item))
                elif not is_glob(item.written()):
                    item.problem(f"{name} is read already (a file is included once, and never by what it includes)")
        return found

    def _named(self, written: str, file: str) -> Mapping[str, str]:
        """Raises ValueError."""
        texts = self._folder(from_file(written, file))
        if not texts:
            raise ValueError(f"no file matches '{written}' (paths count from the file that includes them)")
        if len(self.texts) + len(texts) > MOST:
            raise ValueError(f"'{written}' takes {len(texts)} files; a plant has at most {MOST}")
        return texts


def _check_place(fields: dict[str, Entry], entry: Entry) -> None:
    """Report what only the main file may say."""
    for name in [name for name in fields if name not in JOINED and name not in EVERYWHERE]:
        fields.pop(name).problem(
            f"stands in an included file; only the first file has it ({entry.place} includes this)"
        )


def _joined(parts: list[dict[str, Entry]]) -> dict[str, Entry]:
    found = dict(parts[0])
    for name in dict.fromkeys(name for part in parts for name in part):
        having = [part[name] for part in parts if name in part]
        if len(having) > 1 and name in JOINED:
            first = having[0]
            found[name] = Joined(first.node, first.path, first.line, first.report, tuple(having))
        else:
            found[name] = having[0]
    return found
