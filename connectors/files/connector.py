"""FileConnector: a file as a source of batches that ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from connectors.files.csv_long import LongCsv
from connectors.files.csv_text import dialect_of, header_of
from connectors.files.csv_wide import WideCsv
from connectors.files.layout import is_long
from connectors.files.task import Table, Task
from connectors.files.time_column import is_time
from connectors.files.zone import Zone
from twin.core.batch import Batch
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec, Surroundings


class FileConnector:
    """One file, read once from its first row. What it decides for people comes as events `import.notice`."""

    def __init__(self, spec: ConnectionSpec, surroundings: Surroundings) -> None:
        self.name = spec.id
        self._path = path_of(spec.url)
        self._zone = spec.settings.get("tz")
        prefix = spec.settings.get("prefix")
        self._prefix = self._path.stem if prefix is None else prefix.strip("/")
        self._surroundings = surroundings
        Zone(self._zone)  # a zone that does not exist is said before anything is read

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[AsyncGenerator[Batch]]:
        """Learn what the file holds, then give its samples. Raises Misconfigured when it holds no times."""
        lent = self._surroundings
        task = Task(self.name, self._path, self._prefix, Zone(self._zone), lent.tags, lent.clock, lent.reporter)
        with ExitStack() as opened:
            table = await asyncio.to_thread(_table, task, opened)
            async with aclosing(_batches(table)) as batches:
                yield batches


async def _batches(table: Table) -> AsyncGenerator[Batch]:
    reading: Iterator[Batch] = table.batches()
    while (chunk := await asyncio.to_thread(next, reading, None)) is not None:
        yield chunk


def path_of(url: str) -> Path:
    """The path of `file:///data/x.csv`, `file:x.csv` or a plain path."""
    if url.startswith("file://"):
        return Path(url2pathname(urlsplit(url).path))
    return Path(url.removeprefix("file:"))


def _table(task: Task, opened: ExitStack) -> Table:
    if _is_parquet(task.path):
        from connectors.files.parquet import Parquet  # noqa: PLC0415 - duckdb loads only for Parquet

        parquet = Parquet(task)
        opened.callback(parquet.close)
        return parquet
    dialect = dialect_of(task.path)
    header = header_of(task.path, dialect)
    if any(is_time([cell]) for cell in header):
        raise Misconfigured(f"{task.path}:{dialect.skip + 1}: the first row holds data; put names above the columns")
    if dialect.encoding == "latin-1":
        task.notice("the file is not UTF-8 and was read as Latin-1; check letters with accents")
    return LongCsv(task, dialect, header) if is_long(header) else WideCsv(task, dialect, header)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror or error}") from None
