"""Queries of `DIR/log.db`: a read-only connection per thread, beside a writer that goes on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from twin.core.errors import Corrupt, StoreFailed
from twin.store.schema import open_reader

Row = tuple[Any, ...]


class Database:
    """The tables of a data folder, for reading. No transaction is held between calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    def connection(self) -> sqlite3.Connection:
        """The read-only connection of this thread."""
        if not hasattr(self._local, "connection"):
            self._local.connection = open_reader(self.folder)
            self._connections.append(self._local.connection)
        return self._local.connection

    def rows(self, statement: str, given: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        """All rows of a query. Raises Corrupt where the file is no longer a database, else StoreFailed."""
        try:
            return self.connection().execute(statement, given).fetchall()
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" in str(error):  # no text that we wrote
                raise Corrupt(f"{self.folder / 'log.db'}: {error}; restore it from a backup") from error
            raise StoreFailed(f"{self.folder / 'log.db'}: {error}; is the disk there and readable?") from error
        except sqlite3.Error as error:
            raise Corrupt(f"{self.folder / 'log.db'}: {error}; restore it from a backup") from error

    @contextmanager
    def one_moment(self) -> Generator[None]:
        """All queries of the block see the log as of one instant, that of the outermost block. Copy and leave: it holds
        up the checkpoint.
        """
        if self.connection().in_transaction:
            yield
            return
        self.rows("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self.connection().execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads; their reads are over."""
        for connection in self._connections:
            connection.close()
