"""Reading sealed files: which of them a read needs, whole or not, and their rows as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import Samples, no_samples
from twin.store.files import COLUMNS, Block, Checks, File, Vanished, blocks_from_text
from twin.store.parquet import Parquet, within

if TYPE_CHECKING:
    from twin.store.reader import LogReader

TRIES = 3
"""A file may be merged away and unlinked between reading the list and opening it; then the list is read again."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows with start <= time < end and after < recorded <= known. tags: these only, None for all."""

    start: int
    end: int
    after: int
    known: int
    tags: NDArray[np.int32] | None = None


class Files:
    """The sealed files of a folder. The list is in the log, so each read begins there. For any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parquet = Parquet()
        self._checks = Checks(folder)
        self._blocks: dict[str, list[Block]] = {}
        self._names: list[str] = []

    def close(self) -> None:
        """Close the query engine."""
        self.parquet.close()

    def read(self, reader: LogReader, chosen: Chosen, in_log: Callable[[], list[Any]]) -> tuple[list[Any], Samples]:
        """(rows of the log, samples of files) as of one moment. Raises Corrupt naming a damaged file."""
        for left in range(TRIES - 1, -1, -1):
            stored, files = self.of_one_moment(reader, chosen, in_log)
            if not files:
                return stored, no_samples()
            try:
                return stored, self.samples(files, chosen)
            except Vanished:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def listed_samples(self, reader: LogReader, files: Sequence[File], chosen: Chosen) -> Samples:
        """Rows of files that the caller has from the list and keeps there: of the one who merges."""
        with reader.one_moment():
            self._learn(reader, files)
        return self.samples(files, chosen)

    def of_one_moment(
        self, reader: LogReader, chosen: Chosen, in_log: Callable[[], list[Any]]
    ) -> tuple[list[Any], list[File]]:
        """The rows of the log and the files beside them; names and checksums of these files are then at hand."""
        with reader.one_moment():
            stored = in_log()
            found = reader.rows(
                f"SELECT {COLUMNS} FROM file WHERE tmax >= ? AND tmin < ? AND rmax > ? AND rmin <= ? "  # noqa: S608
                "ORDER BY tmin, path",
                (chosen.start, chosen.end, chosen.after, chosen.known),
            )
            files = [File(*row) for row in found]
            self._learn(reader, files)
        return stored, files

    def _learn(self, reader: LogReader, files: Sequence[File]) -> None:
        """Checksums of files, and names of tags by id; neither changes ever, so only new ones are read."""
        for file in files:
            if file.path not in self._blocks:
                ((text,),) = reader.rows("SELECT blocks FROM file WHERE path = ?", (file.path,))
                self._blocks[file.path] = blocks_from_text(text)
        if not files:
            return
        new = reader.rows("SELECT name FROM tag WHERE id >= ? ORDER BY id", (len(self._names),))
        if new:
            self._names = [*self._names, *(name for (name,) in new)]

    def names_of(self, tags: NDArray[np.int32] | None) -> list[str] | None:
        """The names of some tags, sorted; None for all."""
        return None if tags is None else sorted(self._names[tag] for tag in tags.tolist() if tag < len(self._names))

    def checked(self, files: Sequence[File], chosen: Chosen) -> list[Path]:
        """Their paths, once the bytes that the read needs are found whole."""
        wanted = self.names_of(chosen.tags)
        for file in files:
            needed = [b for b in self._blocks[file.path] if b.concerns(wanted, chosen.start, chosen.end)]
            self._checks.check(file.path, needed)
        return [self.folder / file.path for file in files]

    def samples(self, files: Sequence[File], chosen: Chosen) -> Samples:
        """The rows of these files, file by file, each in its order."""
        paths = self.checked(files, chosen)
        wanted = self.names_of(chosen.tags)
        if wanted is not None and not wanted:
            return no_samples()
        return self.parquet.read(paths, self._names, wanted, conditions(files, chosen))


def conditions(files: Sequence[File], chosen: Chosen) -> list[str]:
    """What must be asked of each row; nothing that the list of files already answers."""
    found: list[str] = []
    if any(file.tmin < chosen.start or file.tmax >= chosen.end for file in files):
        found += within(chosen.start, chosen.end)
    if any(file.rmax > chosen.known for file in files):
        found.append(f"recorded <= {chosen.known}")
    if any(file.rmin <= chosen.after for file in files):
        found.append(f"recorded > {chosen.after}")
    return found
