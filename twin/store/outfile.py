"""Samples that no log holds, straight into one file: what a simulated line lives through without a wire."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured, StoreFailed
from twin.core.instant import to_text
from twin.core.rows import Samples
from twin.store.export import COLUMNS
from twin.store.parquet import Parquet, quoted

ENOUGH = 2_000_000
"""Rows that are collected before they are written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Columns that follow each other in time; tag: index into names, which are those of the first piece."""

    names: Sequence[str]
    tag: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]


class Sink(Protocol):
    """A file that takes pieces."""

    def add(self, piece: Piece) -> None:
        """Rows of one more piece."""
        ...


@contextmanager
def outfile(path: Path) -> Generator[Sink]:
    """A file for samples, Parquet or CSV by its ending, columns as `twin export` has them; there once the block ends.

    Raises Misconfigured where it cannot be, before anything is computed for it.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise Misconfigured(f"{path}: a file for samples ends in .parquet or .csv")
    try:
        path.open("wb").close()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror or error}; choose another place") from error
    try:
        with (_parquet if path.suffix == ".parquet" else _csv)(path) as sink:
            yield sink
    except BaseException:
        path.unlink(missing_ok=True)  # half a file is no file
        raise


@contextmanager
def _csv(path: Path) -> Generator[Sink]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(csv.writer(file, lineterminator="\n"))


@dataclass(frozen=True, slots=True)
class _Csv:
    writer: Any

    def __post_init__(self) -> None:
        self.writer.writerow(COLUMNS)

    def add(self, piece: Piece) -> None:
        """Numbers are the shortest text that reads back exactly."""
        columns = zip(piece.time.tolist(), piece.tag.tolist(), piece.value.tolist(), piece.status.tolist(), strict=True)
        self.writer.writerows(
            (to_text(time), piece.names[tag], "" if value != value else repr(value), f"0x{status:08X}", "")  # noqa: PLR0124
            for time, tag, value, status in columns
        )


@contextmanager
def _parquet(path: Path) -> Generator[Sink]:
    """DuckDB holds two million rows at a time: the parts are joined at the end, in the order of time."""
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        parquet = Parquet()
        try:
            sink = _Parts(parquet, Path(folder))
            yield sink
            sink.flush()
            parts = [quoted(str(part)) for part in sink.parts]
            rows = f"SELECT * EXCLUDE recorded FROM read_parquet([{', '.join(parts)}])" if parts else _NO_ROWS  # noqa: S608
            parquet.rows(f"COPY ({rows}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)", path)
        except StoreFailed as error:
            raise StoreFailed(f"{path}: {error}") from error
        finally:
            parquet.close()


_NO_ROWS = (
    "SELECT ''::VARCHAR AS tag, NULL::TIMESTAMP_NS AS time, 0.0::DOUBLE AS value, 0::UINTEGER AS status, "
    "NULL::VARCHAR AS text WHERE false"
)


class _Parts:
    """Collects pieces, and writes a part when there is enough."""

    def __init__(self, parquet: Parquet, folder: Path) -> None:
        self.parts: list[Path] = []
        self._parquet = parquet
        self._folder = folder
        self._waiting: list[Piece] = []

    def add(self, piece: Piece) -> None:
        """Rows of one more piece."""
        if len(piece.time):
            self._waiting.append(piece)
        if sum(len(one.time) for one in self._waiting) >= ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        time = np.concatenate([one.time for one in waiting])
        samples = Samples(
            np.concatenate([one.tag for one in waiting]),
            time,
            np.concatenate([one.value for one in waiting]),
            np.concatenate([one.status for one in waiting]),
            np.zeros(len(time), dtype=np.int64),
            None,
        )
        part = self._folder / f"{len(self.parts):05d}.parquet"
        self._parquet.write(part, samples, waiting[0].names)
        self.parts.append(part)


def pieces(columns: Iterable[tuple[Sequence[str], Any, Any, Any, Any]], prefix: str) -> Iterator[Piece]:
    """What `SimulatedRun.step` gives, as pieces. prefix: path of the plant, before each name."""
    for names, time, tag, value, status in columns:
        yield Piece([f"{prefix}{name}" for name in names], tag, time, value, status)
