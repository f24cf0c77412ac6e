"""Samples as Parquet, written and read by DuckDB: `tag` as path, `time` in ns without zone, NULL where no value is."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Corrupt, StoreFailed
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import Samples, no_samples
from twin.store.files import Block, Vanished
from twin.store.sources import Sources, no_sources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

THREADS = 2
MEMORY = "512MB"
FORM = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 4000"
"""Version 2 keeps times as differences and splits numbers by byte. A dictionary only where it is small: of stamps with
jitter it would be dearer than their differences (docs/decisions/0010)."""
_GROUPS = (
    "SELECT any_value(row_group_num_rows), "
    "max(least(coalesce(dictionary_page_offset, data_page_offset), data_page_offset) + total_compressed_size) "
    "FROM parquet_metadata({file}) GROUP BY row_group_id ORDER BY row_group_id"
)
"""Rows of each row group, and where its bytes end."""


class Parquet:
    """The one DuckDB connection of a folder, opened when there is a first file: 80 ms and 70 MB. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db: DuckDBPyConnection | None = None
        self._ids: dict[int, NDArray[np.int32]] = {}
        """Number of tags -> tag id by the code of the enumeration `tags_N`."""

    def cursor(self) -> DuckDBPyConnection:
        """A cursor of its own for each query: an unread result blocks its connection."""
        with self._lock:
            if self._db is None:
                import duckdb  # noqa: PLC0415 - see the class

                self._db = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
                self._db.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
                self._db.execute("SET preserve_insertion_order = true; SET temp_directory = ''")
            return self._db.cursor()

    def close(self) -> None:
        """Close it; its reads are over."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None
                self._ids.clear()

    def write(self, path: Path, samples: Samples, names: Sequence[str], sources: Sources | None = None) -> list[Block]:
        """Write rows in the order given, which is by tag; returns the blocks. Raises StoreFailed (a full disk).

        names: of tags, by id. sources: those of the rows, None to leave the column out.
        """
        part: dict[str, Any] = {
            "time": samples.time.view("datetime64[ns]"),
            "value": samples.value,
            "status": samples.status,
            "recorded": samples.recorded,
        }
        text = "NULL::VARCHAR"
        if samples.text is not None:
            part["has_text"] = np.array([one is not None for one in samples.text.tolist()])
            part["text"] = np.where(part["has_text"], samples.text, "")  # one type in the column: nothing is guessed
            text = "CASE WHEN has_text THEN text END"
        value = "CASE WHEN isnan(value) THEN NULL ELSE value END"
        with self.cursor() as cursor:
            # A number becomes its name inside DuckDB: two million Python strings would hold up every other thread.
            part["tag"] = np.argsort(self._enumerated(cursor, names)).astype(np.int32)[samples.tag]
            tag = f"(enum_range(NULL::tags_{len(names)}))[tag + 1]::VARCHAR"
            source = ""
            if sources is not None:
                part["source"] = sources.of(samples.recorded)
                source = f", ([{', '.join(map(quoted, sources.names))}]::VARCHAR[])[source + 1] AS source"
            rows = f"SELECT {tag} AS tag, time, {value} AS value, status, {text} AS text, recorded{source} FROM part"  # noqa: S608
            cursor.register("part", part)
            self._run(cursor, f"COPY ({rows}) TO {quoted(str(path))} ({FORM})", path)
            groups = self._run(cursor, _GROUPS.format(file=quoted(str(path))), path).fetchall()
            cursor.unregister("part")
        return _blocks(path, [(int(rows), int(end)) for rows, end in groups], samples, names)

    def read(
        self,
        paths: Sequence[Path],
        names: Sequence[str],
        wanted: Sequence[str] | None,
        where: Sequence[str],
        most: int | None = None,
        repeats: bool = False,
    ) -> Samples:
        """Rows of these files. names: by id; wanted: these tags only. Raises Corrupt.

        most: of more rows than this, one more than this. repeats: a (tag, time) may stand in a file twice, so rows of a
        file come in its order; with a list of tags the engine promises none.
        """
        numbered = repeats and wanted is not None and len(wanted) > 1
        clauses = [*where, *([] if wanted is None else [f"tag IN ({', '.join(map(quoted, wanted))})"])]
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        condition += "" if most is None else f" LIMIT {most + 1}"
        with self.cursor() as cursor:
            ids = self._enumerated(cursor, names)
            # Of one tag the name is not read; NULL would come as a masked array.
            tag = f"enum_code(tag::tags_{len(names)})" if wanted is None or len(wanted) > 1 else "0::UTINYINT"
            columns = (
                f"{tag} AS tag, time, coalesce(value, 'nan'::DOUBLE) AS value, status, text IS NOT NULL has, recorded"
            )
            columns += ", file_row_number AS number" if numbered else ""
            rows = f"FROM {listed(paths, numbered)}{condition}"
            found = cast(dict[str, Any], self._run(cursor, f"SELECT {columns} {rows}", paths[0]).fetchnumpy())
            text = None
            if found["has"].any():  # an object a row is dear, and few rows have any
                # All columns once more: with many tags files come in another order each time, and so would the texts.
                again = self._run(cursor, f"SELECT {columns}, text {rows}", paths[0]).fetchnumpy()
                found = cast(dict[str, Any], again)
                text = _text(found["text"])
        if not len(found["tag"]):
            return no_samples()
        if wanted is not None and len(wanted) == 1:
            tags = np.full(len(found["tag"]), names.index(wanted[0]), np.int32)
        else:
            tags = ids[found["tag"]]
        samples = Samples(
            tags,
            np.ascontiguousarray(found["time"]).view(np.int64),
            filled(found["value"]),
            np.asarray(found["status"], dtype=np.uint32),
            np.asarray(found["recorded"], dtype=np.int64),
            text,
        )
        return samples.take(np.argsort(found["number"], kind="stable")) if numbered else samples

    def rows(self, statement: str, place: Path) -> list[tuple[Any, ...]]:
        """All rows of a query over files."""
        with self.cursor() as cursor:
            return self._run(cursor, statement, place).fetchall()

    def sources(self, paths: Sequence[Path]) -> Sources:
        """Of the rows of some files; those written before sources were kept have none. Raises Corrupt."""
        rows = self._with_sources(paths)
        if not rows:
            return no_sources()
        found = self.rows(f"SELECT DISTINCT source {rows} WHERE source IS NOT NULL ORDER BY 1", paths[0])
        names = [name for (name,) in found]
        place = f"coalesce(list_position([{', '.join(map(quoted, names))}]::VARCHAR[], source), 0) - 1"
        with self.cursor() as cursor:
            of_each = (
                f"SELECT recorded, any_value({place})::INTEGER AS place {rows} GROUP BY recorded ORDER BY recorded"
            )
            columns = cast(dict[str, Any], self._run(cursor, of_each, paths[0]).fetchnumpy())
        return Sources(np.asarray(columns["recorded"], np.int64), np.asarray(columns["place"], np.int32), names)

    def brought(
        self, paths: Sequence[Path], wanted: Sequence[str] | None, where: Sequence[str]
    ) -> list[tuple[int, str]]:
        """(recorded, source) of each batch of which such rows are in these files. Raises Corrupt."""
        rows = self._with_sources(paths)
        if not rows:
            return []
        clauses = ["source IS NOT NULL", *where]
        clauses += [] if wanted is None else [f"tag IN ({', '.join(map(quoted, wanted))})"]
        return self.rows(f"SELECT DISTINCT recorded, source {rows} WHERE {' AND '.join(clauses)}", paths[0])

    def _with_sources(self, paths: Sequence[Path]) -> str:
        """The rows of files with the column `source`, NULL in those that have none; '' when none has it."""
        every = f"[{', '.join(quoted(str(path)) for path in paths)}]"
        if not self.rows(f"SELECT 1 FROM parquet_schema({every}) WHERE name = 'source' LIMIT 1", paths[0]):  # noqa: S608
            return ""
        return f"FROM read_parquet({every}, union_by_name = true)"

    def _run(self, cursor: DuckDBPyConnection, statement: str, place: Path) -> DuckDBPyConnection:
        import duckdb  # noqa: PLC0415 - a cursor is there, so it has been imported

        try:
            return cursor.execute(statement)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            if "No files found" in str(error):  # merged away since it was looked at
                raise Vanished(f"{place}: {_first_line(error)}; restore it from a backup") from error
            raise StoreFailed(f"{place}: {_first_line(error)}; is there room on the disk?") from error
        except duckdb.Error as error:
            raise Corrupt(f"{place}: {_first_line(error)}; restore it from a backup") from error

    def _enumerated(self, cursor: DuckDBPyConnection, names: Sequence[str]) -> NDArray[np.int32]:
        """Tag ids by code of an enumeration of all names: a tag's path becomes its number inside DuckDB."""
        with self._lock:
            ids = self._ids.get(len(names))
            if ids is None:
                kind = f"tags_{len(names)}"
                cursor.execute(f"CREATE TYPE {kind} AS ENUM ({', '.join(map(quoted, names))})")
                found = cursor.execute(f"SELECT unnest(enum_range(NULL::{kind}))").fetchall()
                number = {name: id_ for id_, name in enumerate(names)}
                ids = self._ids[len(names)] = np.array([number[name] for (name,) in found], dtype=np.int32)
        return ids


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def listed(paths: Sequence[Path], numbered: bool = False) -> str:
    """A table of some files. numbered: with the place of each row in its file, `file_row_number`."""
    more = ", file_row_number = true" if numbered else ""
    return f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}]{more})"


def within(start: int, end: int) -> list[str]:
    """Conditions on time, none where the bound is far away."""
    found = [] if start <= FAR_PAST else [f"time >= make_timestamp_ns({start})"]
    return found if end >= FAR_FUTURE else [*found, f"time < make_timestamp_ns({end})"]


def filled(column: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers with NaN where a NULL was: DuckDB gives a masked array then."""
    if isinstance(column, np.ma.MaskedArray):
        return np.asarray(column.filled(np.nan), dtype=np.float64)
    return np.asarray(column, dtype=np.float64)


def _text(column: Any) -> NDArray[np.object_]:
    if not isinstance(column, np.ma.MaskedArray):
        return column.astype(object)
    texts = column.data.astype(object)
    texts[column.mask] = None
    return texts


def _blocks(path: Path, groups: Sequence[tuple[int, int]], samples: Samples, names: Sequence[str]) -> list[Block]:
    """Checksums of row groups (rows, where they end) and of what follows them, read back from the file."""
    if sum(rows for rows, _ in groups) != len(samples):
        raise StoreFailed(f"{path}: holds {sum(rows for rows, _ in groups)} rows of {len(samples)}")
    blocks: list[Block] = []
    first = start = 0
    with path.open("rb") as file:
        for rows, end in groups:
            last = first + rows - 1
            times = samples.time[first : last + 1]
            tags = names[int(samples.tag[first])], names[int(samples.tag[last])]
            crc = zlib.crc32(file.read(end - start))
            blocks.append(Block(start, end, crc, tags, (int(times.min()), int(times.max()))))
            first, start = last + 1, end
        rest = file.read()
    return [*blocks, Block(start, start + len(rest), zlib.crc32(rest), ("", ""), (0, 0))]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
