"""Answers that are sent while they are made: memory stays flat, and one that breaks off never looks whole."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, cast

from fastapi import Depends, Header, Query, Response
from starlette.requests import HTTPConnection, Request
from starlette.types import Receive, Scope, Send

from twin.api.load import Gone, Work, busy, disconnected
from twin.api.problem import Problem
from twin.store.table import NO_ARROW, Table, arrow_stream, csv_head, csv_text, has_arrow, parquet_file

Form = Literal["json", "csv", "parquet", "arrow"]
MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
AT_ONCE = 3
"""So many are sent at once; they hold up to so many threads."""
LONGEST_S = 86_400.0
BLOCK = 2**20
"""Bytes of a Parquet file that are sent at once."""
FOLDER = ".exports"
"""Below the data folder: Parquet files that are being made. What a crash left there goes with the next export."""


async def form_of(
    form: Annotated[
        Form | None, Query(alias="format", description="of the answer; default: what the header Accept asks for, json")
    ] = None,
    accept: Annotated[str, Header(description="a media type of `format`")] = "",
) -> Form:
    """The form of an answer. Raises a problem (406) for Arrow without pyarrow."""
    wanted = [part.partition(";")[0].strip() for part in accept.split(",")]
    accepted: list[Form] = [one for one, media_type in MEDIA_TYPES.items() if media_type in wanted]
    found: Form = form or (accepted[0] if accepted else "json")
    if found == "arrow" and not has_arrow():
        raise Problem(406, NO_ARROW)  # pyright: ignore[reportArgumentType]
    return found


class Streams:
    """How many answers are being sent. For one event loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._open = 0
        self._folder: Path | None = None

    def folder(self, data: Path) -> Path:
        """Where files are made, below a data folder; at first without what a crash left there."""
        if self._folder is None:
            self._folder = data / FOLDER
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
        return self._folder

    def take(self) -> None:
        """One more. Raises a problem (503) where there are too many."""
        if self._open >= self._at_once:
            raise busy(f"{self._open} exports are being sent, and no more at once; try again in 10 s", 10)
        self._open += 1

    def give_back(self) -> None:
        """One less."""
        self._open -= 1


async def _streams(connection: HTTPConnection) -> Streams:
    return cast(Streams, connection.app.state.streams)


TheStreams = Annotated[Streams, Depends(_streams)]


async def streamed(
    request: Request,
    streams: Streams,
    data: Path,
    form: Form,
    head: Table,
    tables: Callable[[Work], Iterable[Table]],
    headers: Mapping[str, str],
) -> Response:
    """The tables as CSV, Parquet or Arrow. head: a table of their columns; data: the data folder.

    What goes wrong before the first piece is a problem; afterwards the connection breaks off in the middle. Raises Gone
    when the client goes away before the first piece: Parquet is made whole before it.
    """
    streams.take()
    work = Work(LONGEST_S)
    gone = _watched(request.receive, work)
    try:
        made = _bytes_of(form, head, tables(work), streams.folder(data))
        first = await asyncio.to_thread(next, made, b"")
    except BaseException:
        work.stop()
        streams.give_back()
        raise
    finally:
        gone.cancel()
    return _Streamed(streams, work, first, made, form, headers)


def _watched(receive: Receive, work: Work) -> asyncio.Future[None]:
    """Done when the client has gone away; the work is stopped then."""
    gone = asyncio.ensure_future(disconnected(receive))
    gone.add_done_callback(lambda one: None if one.cancelled() else work.stop())
    return gone


class _Streamed(Response):
    """Sends a piece, makes the next one. When the client goes away the work stops at its next look."""

    def __init__(
        self,
        streams: Streams,
        work: Work,
        first: bytes,
        rest: Generator[bytes],
        form: Form,
        headers: Mapping[str, str],
    ) -> None:
        self._streams, self._work, self._first, self._rest = streams, work, first, rest
        told = {"Content-Disposition": f'attachment; filename="samples.{form}"', **headers}
        super().__init__(None, media_type=MEDIA_TYPES[form], headers=told)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; without a last piece where it could not be made."""
        gone = _watched(receive, self._work)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            piece = self._first
            while piece and not gone.done():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await asyncio.to_thread(next, self._rest, b"")
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Gone:
            pass  # nobody is there to be told
        finally:
            gone.cancel()
            self._work.stop()
            self._streams.give_back()
            asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        with contextlib.suppress(ValueError):  # it is at work in another thread, and ends at its next look
            self._rest.close()


def _bytes_of(form: Form, head: Table, tables: Iterable[Table], folder: Path) -> Generator[bytes]:
    if form == "parquet":
        return _parquet(head, tables, folder)
    if form == "arrow":
        return arrow_stream(head, tables)
    return _csv(head, tables)


def _csv(head: Table, tables: Iterable[Table]) -> Generator[bytes]:
    names = csv_head(head)
    for table in tables:
        yield (names + csv_text(table, safe=True)).encode()
        names = ""
    yield names.encode()


def _parquet(head: Table, tables: Iterable[Table], folder: Path) -> Generator[bytes]:
    """The end of a Parquet file says where everything is, so it is made whole on the disk before it is sent."""
    with TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "samples.parquet"
        with parquet_file(path) as made:
            for table in tables:
                made.add(table)
            made.finish(head)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
