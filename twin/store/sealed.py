"""Reading sealed files: which of them a read needs, whole or not, and their rows as columns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import HOUR, MINUTE
from twin.core.rollup import Rollups
from twin.core.rows import Samples, join, no_samples
from twin.store.database import Database
from twin.store.files import COLUMNS, Block, Checks, File, Vanished, blocks_from_text, outline_path, rollup_path
from twin.store.parquet import Parquet, listed, quoted, within
from twin.store.rollup import RollupFiles

MOST_KEPT = 400_000
"""Rows of an hour that are kept for the next stretch: 14 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows with start <= time < end and after < recorded <= known. tags: these only, None for all.

    most: with more rows than this, some more than this are enough.
    """

    start: int
    end: int
    after: int
    known: int
    tags: NDArray[np.int32] | None = None
    most: int | None = None


class Files:
    """The sealed files of a folder. The list is in the log, so each read begins there. For any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parquet = Parquet()
        self._checks = Checks(folder)
        self._rollups = RollupFiles(folder, self._checks)
        self._blocks: dict[str, list[Block]] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()
        self._hour: tuple[object, Samples | None] = (None, None)

    def close(self) -> None:
        """Close the query engine."""
        self.parquet.close()

    def listed_samples(self, database: Database, files: Sequence[File], chosen: Chosen) -> Samples:
        """Rows of files that the caller has from the list and keeps there: of the one who merges."""
        with database.one_moment():
            self._learn(database, files)
        return self.samples(files, chosen)

    def check(self, database: Database, files: Sequence[File]) -> None:
        """Raises Corrupt naming the first of these files that is not as it was written, Vanished without it."""
        with database.one_moment():
            self._learn(database, files)
        for file in files:
            self._checks.check(file.path, self._blocks[file.path])

    def of_one_moment(
        self, database: Database, chosen: Chosen, in_log: Callable[[], list[Any]]
    ) -> tuple[list[Any], list[File]]:
        """The rows of the log and the files beside them; names and checksums of these files are then at hand."""
        with database.one_moment():
            stored = in_log()
            found = database.rows(
                f"SELECT {COLUMNS} FROM file WHERE tmax >= ? AND tmin < ? AND rmax > ? AND rmin <= ? "  # noqa: S608
                "ORDER BY tmin, path",
                (chosen.start, chosen.end, chosen.after, chosen.known),
            )
            files = [File(*row) for row in found]
            self._learn(database, files)
        return stored, files

    def _learn(self, database: Database, files: Sequence[File]) -> None:
        """Checksums of files, and names of tags by id; neither changes ever, so only new ones are read."""
        for file in files:
            if file.path not in self._blocks:
                blocks = database.rows("SELECT blocks FROM file WHERE path = ?", (file.path,))
                if not blocks:
                    raise Vanished(f"{self.folder / file.path}: counts no more since the list was read")
                for (outlined,) in database.rows("SELECT blocks FROM outline WHERE file = ?", (file.path,)):
                    self._blocks[outline_path(file.path)] = blocks_from_text(outlined)
                for (rolled,) in database.rows("SELECT blocks FROM rollup WHERE file = ?", (file.path,)):
                    self._blocks[rollup_path(file.path)] = blocks_from_text(rolled)
                self._blocks[file.path] = blocks_from_text(blocks[0][0])
        if not files:
            return
        before = self._names
        new = database.rows("SELECT name FROM tag WHERE id >= ? ORDER BY id", (len(before),))
        with self._lock:  # another thread may have learnt the same names meanwhile, or more of them
            if len(before) + len(new) > len(self._names):
                self._names = [*before, *(name for (name,) in new)]

    def names_of(self, tags: NDArray[np.int32] | None) -> list[str] | None:
        """The names of some tags, sorted; None for all."""
        return None if tags is None else sorted(self._names[tag] for tag in tags.tolist() if tag < len(self._names))

    def rows(self, files: Sequence[File], chosen: Chosen) -> Samples:
        """The rows of these files.

        Folds read all tags of one short stretch after the other, and a file is sorted by tag: so the whole hour is read
        at the second and kept for the next, where that is not much.
        """
        start = chosen.start - chosen.start % HOUR
        hour = replace(chosen, start=start, end=start + HOUR)
        about = sum(file.rows * HOUR // max(file.tmax - file.tmin, HOUR) for file in files)
        if not files or chosen.tags is not None or chosen.end > hour.end or about > MOST_KEPT:
            return self.samples(files, chosen)
        key = (tuple(file.path for file in files), start, chosen.after, chosen.known)
        kept, found = self._hour  # both at once: another thread may put its own hour here at any time
        if kept != key:
            self._hour = key, None
            return self.samples(files, chosen)
        if found is None:
            found = self.samples(files, hour)
            self._hour = key, found
        return found.take((found.time >= chosen.start) & (found.time < chosen.end))

    def samples(self, files: Sequence[File], chosen: Chosen, outlines: bool = False) -> Samples:
        """The rows of these files or of their outlines; those of one (tag, time, recorded) in the order they came."""
        wanted = self.names_of(chosen.tags)
        if not files or chosen.start >= chosen.end or (wanted is not None and not wanted):
            return no_samples()
        paths = [outline_path(file.path) if outlines else file.path for file in files]
        for path in paths:
            needed = [b for b in self._blocks[path] if b.concerns(wanted, chosen.start, chosen.end)]
            self._checks.check(path, needed)
        full = [self.folder / path for path in paths]
        if chosen.tags is None or wanted is None or chosen.most is not None or 2 * len(wanted) < len(self._names):
            repeats = any(file.repeats for file in files)
            return self.parquet.read(full, self._names, wanted, conditions(files, chosen), chosen.most, repeats)
        # A long list of names is dear to ask for: of most tags all are read, and the others left out.
        found = self.parquet.read(full, self._names, None, conditions(files, chosen))
        return found.take(np.isin(found.tag, chosen.tags))

    def rollups(self, files: Sequence[File], tags: NDArray[np.int32]) -> list[Rollups]:
        """The records of some tags in the rollups of these files, which have one."""
        return self._rollups.read({file.path: self._blocks[rollup_path(file.path)] for file in files}, tags)

    def sources(self, files: Sequence[File], chosen: Chosen) -> list[tuple[int, str]]:
        """(recorded, source) of the batches whose rows these are, of files that have it."""
        wanted = self.names_of(chosen.tags)
        if not files or chosen.start >= chosen.end or (wanted is not None and not wanted):
            return []
        for file in files:
            needed = [b for b in self._blocks[file.path] if b.concerns(wanted, chosen.start, chosen.end)]
            self._checks.check(file.path, needed)
        paths = [self.folder / file.path for file in files]
        return self.parquet.brought(paths, wanted, conditions(files, chosen))

    def grouped(
        self, file: File, tags: NDArray[np.int32] | None, spans: Sequence[tuple[int, int]], known: int, columns: str
    ) -> list[tuple[Any, ...]]:
        """(name of a tag, aggregates of its rows in these spans) of one file, without a row ever leaving the engine."""
        wanted = self.names_of(tags)
        needed = [b for b in self._blocks[file.path] if b.concerns(wanted, spans[0][0], spans[-1][1])]
        self._checks.check(file.path, needed)
        chosen = [] if wanted is None else [f"tag IN ({', '.join(map(quoted, wanted))})"]
        chosen.append(" OR ".join(f"({' AND '.join(within(start, end))})" for start, end in spans))
        chosen += [f"recorded <= {known}"] if file.rmax > known else []
        where = " AND ".join(f"({one})" for one in chosen)
        path = self.folder / file.path
        return self.parquet.rows(f"SELECT tag, {columns} FROM {listed([path])} WHERE {where} GROUP BY tag", path)  # noqa: S608

    def shape(self, files: Sequence[File], chosen: Chosen, in_log: NDArray[np.int64]) -> Samples:
        """Of whole minutes at least the rows that `outline` keeps, all others in full. in_log: times beside the files.

        An outline stands for its file only where nothing else has a word: no other file, no row of the log, no row
        that was recorded later than `known`.
        """
        alone = [
            file for file in files if file.outline and file.rmax <= chosen.known and _is_alone(file, files, in_log)
        ]
        first, last = -(-chosen.start // MINUTE) * MINUTE, chosen.end // MINUTE * MINUTE
        before = [file for file in alone if file.tmin < first and file.tmax >= chosen.start]
        behind = [file for file in alone if file.tmin < chosen.end and file.tmax >= last]
        return join(
            [
                self.samples([file for file in files if file not in alone], chosen),
                self.samples(before, replace(chosen, end=min(first, chosen.end))),
                self.samples(alone, replace(chosen, start=first, end=last), outlines=True),
                self.samples(behind, replace(chosen, start=max(first, last))),
            ]
        )


def _is_alone(file: File, files: Sequence[File], in_log: NDArray[np.int64]) -> bool:
    between = (in_log >= file.tmin) & (in_log <= file.tmax)
    return not between.any() and not any(
        one is not file and one.tmin <= file.tmax and one.tmax >= file.tmin and one.shares_tags(file) for one in files
    )


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
