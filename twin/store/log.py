"""The log: one thread that writes whatever waits in one transaction, and answers when it is on disk."""

from __future__ import annotations

import asyncio
import queue
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from twin.core.batch import Batch
from twin.core.errors import StoreFailed
from twin.core.event import LOG_DAMAGED, Event
from twin.core.ports import Clock
from twin.core.tags import Tag, TagTable, TagType
from twin.store.entry import Stored, encode_batch, encode_event
from twin.store.names import PUT_RENAMED, WHERE_RENAMED, renamed, second_key, stored
from twin.store.schema import SEALED_TO, open_writer
from twin.store.wal import PAGE, damage_of_wal, make_room

Entry = tuple[int, Batch | Event]
Job = Callable[[sqlite3.Connection], None]
"""Other work for the same transaction: results of folds, retention."""

ROOM_BYTES = 8 * 2**20
"""The WAL is so long from the start (twin.store.wal.make_room)."""
FOLDED_AT = 5 / 8
"""It is folded into log.db when about so much of this was written: what is written meanwhile fits in, too. Then it
begins anew at its first byte."""
LAP_S, MORE_BYTES, MOST_ROOM = 1.0, 4 * 2**20, 32 * 2**20
"""When it began anew sooner than this, it gets so much more room, up to so much: at its end a commit waits."""
ROUNDS = 3
"""It is folded so often at once: each time less was committed meanwhile, and what is left holds up the writer."""
COMMIT_PAGES = 3
"""What a commit writes beside its bytes, about."""
MOST_BYTES = 64 * 2**20
"""A WAL that grew longer, by results of folds or under a reader that holds it, is folded at every LOOK commits."""
LOOK = 64
MOST_ENTRIES = 20_000
"""At most so many entries in one transaction, so that nobody waits long behind a flood."""


@dataclass(slots=True)
class _Waiting:
    item: Batch | Event | Job
    done: Future[int]


class SqliteLog:
    """The writing half of `DIR/log.db`. Made by the holder of the writer lock; one per folder.

    append and note answer when their entry is durable: group commit of all that waits, no timer, synchronous=FULL.
    recorded = max(clock, last + 1) is given inside the commit (R1). The queue is bounded by its callers: each waits
    for its answer before it sends more. room: bytes of the WAL from the start.
    """

    def __init__(self, folder: Path, clock: Clock, room: int = ROOM_BYTES) -> None:
        self.folder = folder
        self._clock = clock
        unread = _kept_aside(folder, clock)
        self._connection = open_writer(folder)
        self._room = room
        self._begun = time.monotonic()
        make_room(folder / "log.db-wal", room)
        self._written = 0
        """Bytes since the WAL was last folded, about."""
        rows = self._connection.execute("SELECT name, type FROM tag ORDER BY id").fetchall()
        self._renamed = renamed(self._connection.execute(WHERE_RENAMED).fetchall())
        self.tags = TagTable(Tag(self._renamed.get(i) or name, TagType(type_)) for i, (name, type_) in enumerate(rows))
        self._stored_tags = len(rows)
        last = f"SELECT max(coalesce(max(recorded), 0), {SEALED_TO}) FROM entry"  # noqa: S608 - no input in it
        self.last = int(self._connection.execute(last).fetchone()[0])
        self.commits = 0
        self.failure = ""
        """Why the last commit failed; empty when it did not."""
        self.on_commit: Callable[[Sequence[Entry]], None] = lambda _entries: None
        """Called in the writer's thread with what a commit made durable, in the order of `recorded`."""
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._checkpoint_due = threading.Event()
        self._rest_due = False
        """The WAL is folded up to what was committed meanwhile."""
        self._closing = False
        self._threads = [
            threading.Thread(target=self._write, name="log-writer", daemon=True),
            threading.Thread(target=self._checkpoint, name="log-checkpoint", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if unread:
            self.submit(Event(clock.now(), LOG_DAMAGED, "log", {"cause": unread}))

    async def append(self, batch: Batch) -> int:
        """Make a batch durable; returns its `recorded`. Raises StoreFailed: then nothing was kept."""
        return await asyncio.wrap_future(self.submit(batch))

    async def note(self, event: Event) -> int:
        """Make an event durable; returns its `recorded`."""
        return await asyncio.wrap_future(self.submit(event))

    async def rename(self, names: Mapping[str, str]) -> None:
        """Give tags other names, former name -> name; their ids and their rows stay. Raises StoreFailed."""
        given = {self.tags.rename(former, name): name for former, name in names.items()}

        def keep(connection: sqlite3.Connection) -> None:
            self._renamed = {**self._renamed, **given}
            connection.execute(PUT_RENAMED, (stored(self._renamed),))

        await asyncio.wrap_future(self.submit(keep))

    def submit(self, item: Batch | Event | Job) -> Future[int]:
        """The same from any thread: a future of `recorded` (of a job: of the last entry before it)."""
        done: Future[int] = Future()
        done.set_running_or_notify_cancel()  # whoever stops waiting for it does not take it back
        if self._closing:
            done.set_exception(self._closed())
        else:
            self._queue.put(_Waiting(item, done))
        return done

    def _closed(self) -> StoreFailed:
        return StoreFailed(f"{self.folder}: the log is closed")

    def close(self) -> None:
        """Write what waits, then close. The writer lock may be given back after this."""
        self._closing = True
        self._queue.put(None)
        self._threads[0].join()
        while not self._queue.empty():  # came from another thread in the same instant
            if (one := self._queue.get()) is not None:
                one.done.set_exception(self._closed())
        self._checkpoint_due.set()
        self._threads[1].join()
        with suppress(sqlite3.Error):  # no room for it: the WAL stays beside log.db and is read at the next start
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    # --- the writer's thread -----------------------------------------------------------------------------------

    def _write(self) -> None:
        going = True
        while going:
            waiting, going = self._take_all()
            if waiting:
                self._commit(waiting)

    def _take_all(self) -> tuple[list[_Waiting], bool]:
        taken = [self._queue.get()]
        while len(taken) < MOST_ENTRIES and taken[-1] is not None:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return [one for one in taken if one is not None], taken[-1] is not None

    def _commit(self, waiting: list[_Waiting]) -> None:
        last, stored_tags, names = self.last, self._stored_tags, self._renamed
        try:
            answers = self._transaction(waiting)
        except Exception as error:  # whatever it was: nobody may wait for ever, and the next commit may succeed
            self._roll_back()
            self.last, self._stored_tags, self._renamed = last, stored_tags, names
            if len(waiting) > 1 and not isinstance(error, sqlite3.Error | OSError):
                for one in waiting:  # one of them cannot be stored; its neighbours can
                    self._commit([one])
                return
            failure = StoreFailed(f"{self.folder / 'log.db'}: {error}; nothing was acknowledged")
            self.failure = str(failure)
            for one in waiting:
                one.done.set_exception(failure)
            return
        self.commits += 1
        self.failure = ""
        self.on_commit([(r, one.item) for one, r in zip(waiting, answers, strict=True) if not callable(one.item)])
        for one, recorded in zip(waiting, answers, strict=True):
            one.done.set_result(recorded)
        self._note_growth()

    def _transaction(self, waiting: list[_Waiting]) -> list[int]:
        connection = self._connection
        # One entry is one statement, a transaction by itself: other threads hold Python up in between once, not thrice.
        alone = len(waiting) == 1 and not callable(waiting[0].item) and not self.tags.since(self._stored_tags)
        if not alone:
            connection.execute("BEGIN IMMEDIATE")
            self._store_new_tags(connection)
        rows: list[Stored] = []
        answers: list[int] = []
        for one in waiting:
            if isinstance(one.item, Batch | Event):
                self.last = max(self._clock.now(), self.last + 1)
                encode = encode_batch if isinstance(one.item, Batch) else encode_event
                rows.append(encode(self.last, one.item))  # pyright: ignore[reportArgumentType] - chosen by the same test
            answers.append(self.last)
        connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._written += COMMIT_PAGES * PAGE + sum(len(body) for *_, body, _ in rows)
        for one in waiting:
            if not isinstance(one.item, Batch | Event):
                one.item(connection)
        if not alone:
            connection.execute("COMMIT")
        return answers

    def _store_new_tags(self, connection: sqlite3.Connection) -> None:
        new_tags = self.tags.since(self._stored_tags)
        for i, tag in new_tags if self._renamed else ():
            if connection.execute("SELECT 1 FROM tag WHERE name = ?", (tag.name,)).fetchone():
                self._renamed = {**self._renamed, i: tag.name}  # another tag had that name first
        rows = [(i, second_key(tag.name, i) if i in self._renamed else tag.name, tag.type) for i, tag in new_tags]
        connection.executemany("INSERT INTO tag VALUES (?, ?, ?)", rows)
        if any(i in self._renamed for i, _ in new_tags):
            connection.execute(PUT_RENAMED, (stored(self._renamed),))
        self._stored_tags += len(new_tags)

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _note_growth(self) -> None:
        """Between two commits: fold what the checkpoint's thread left, which is little, or tell it to begin.

        While commits follow each other at once, that thread always leaves the newest, and a WAL of which one commit is
        not folded goes on at its end: it would grow for as long as the load lasts, and each commit with it the file.
        """
        if self._rest_due:
            self._begin_anew()
        elif self._written > max(self._room, ROOM_BYTES) * FOLDED_AT or (self.commits % LOOK == 0 and self._is_long()):
            self._written = 0
            self._checkpoint_due.set()

    def _begin_anew(self) -> None:
        self._rest_due = False
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        lap_s, self._begun = time.monotonic() - self._begun, time.monotonic()
        if lap_s < LAP_S and 0 < self._room < MOST_ROOM:
            self._room += MORE_BYTES
            make_room(self.folder / "log.db-wal", self._room)

    def _is_long(self) -> bool:
        wal = self.folder / "log.db-wal"
        return wal.exists() and wal.stat().st_size > MOST_BYTES

    # --- the checkpoint's thread -------------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        """Fold the WAL into log.db beside the writer, which goes on meanwhile; acknowledgements do not wait for it.

        What is committed meanwhile the writer folds.
        """
        connection = sqlite3.connect(self.folder / "log.db", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA busy_timeout = 10000")
        while not self._closing:
            self._checkpoint_due.wait()
            self._checkpoint_due.clear()
            if not self._closing:
                with suppress(sqlite3.Error):  # a full disk: the WAL grows on, the next growth asks again
                    rounds = [connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone() for _ in range(ROUNDS)]
                    self._rest_due = rounds[-1][1] == rounds[-1][2]  # frames, folded: else a reader holds the WAL
        connection.close()


def _kept_aside(folder: Path, clock: Clock) -> str:
    """Before SQLite passes over a damaged write-ahead log: a copy of it, and what to say; empty when it is whole."""
    wal = folder / "log.db-wal"
    try:
        found = damage_of_wal(wal)
        if found is None:
            return ""
        aside = wal.with_name(f"{wal.name}-damaged-{clock.now()}")
        shutil.copy(wal, aside)
    except OSError as error:
        raise StoreFailed(f"{wal}: {error.strerror}; is the disk there and readable?") from error
    return f"{found.told}; its bytes are kept as {aside.name}"
