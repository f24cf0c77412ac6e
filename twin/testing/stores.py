"""check_store: the contract of a store, as folding relies on it (twin.core.history)."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from twin.core.batch import Batch, batch, texts
from twin.core.engine import Entry
from twin.core.event import Event
from twin.core.history import History, Results
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.routing import HORIZON
from twin.core.rows import Samples, in_order, samples_of
from twin.testing.contract import clause, require, shown
from twin.testing.results import check_results

STORE_TAGS = ("c", "a/it's", "e", "b/ž", "", "d")
"""Names of the tags 0 to 5 that the kit writes: by id they stand in another order than by name."""
STORE_UNITS = ("line1", "line2")
"""Names of the units 0 and 1."""


class StoreUnderTest(Protocol):
    """A store that takes entries at chosen `recorded`, and reads them back through the ports of twin.core.history.

    It knows the tags STORE_TAGS by their ids and the units STORE_UNITS by their numbers.
    """

    @property
    def history(self) -> History:
        """The entries."""
        ...

    @property
    def results(self) -> Results:
        """What folds made."""
        ...

    def put(self, recorded: int, item: Batch | Event) -> None:
        """Make an entry durable under this `recorded`, greater than all before."""
        ...


OpenStore = Callable[[Path], AbstractContextManager[StoreUnderTest]]
"""A store in a folder: a new one in an empty folder, the one that is there in another."""


def check_store(open_store: OpenStore, *, lasting: bool = True, logs: int = 30) -> None:
    """Run the whole contract; raises ContractBroken with the clause. lasting False: nothing outlives its block.

    logs: how many drawn logs are written and read back; they are the same in every run.
    """
    with tempfile.TemporaryDirectory(prefix="linetwin-check-", ignore_cleanup_errors=True) as folder:
        places = (Path(folder) / str(number) for number in range(10_000))

        def fresh() -> AbstractContextManager[StoreUnderTest]:
            place = next(places)
            place.mkdir()
            return open_store(place)

        _check_bits(fresh)
        _check_first(fresh)
        for seed in range(logs):
            _check_reads(fresh, seed)
        check_results(fresh)
        if lasting:
            place = next(places)
            place.mkdir()
            _check_lasting(open_store, place)


Fresh = Callable[[], AbstractContextManager[StoreUnderTest]]


def _check_reads(fresh: Fresh, seed: int) -> None:
    rng = np.random.default_rng(seed)
    entries = drawn_log(rng)
    times = np.concatenate([i.time if isinstance(i, Batch) else np.array([i.time]) for _, i in entries])
    with fresh() as store:
        for entry in entries:
            store.put(*entry)
        for start, end in (rng.integers(0, 110, 2), rng.choice(times, 2)):
            known = int(rng.integers(45))
            _check_span(store.history, entries, int(start), int(max(start, end)), known, f"log {seed}")
            _check_since(store.history, entries, int(rng.integers(30)), known, f"log {seed}")


def _check_span(history: History, entries: Sequence[Entry], start: int, end: int, known: int, log: str) -> None:
    batches, events = _until(entries, known)
    piece = history.read(start, end, known)
    with clause(f"`read(start, end, known)` gives exactly the entries of that span that were known ({log})"):
        inside = [row for entry in batches for row in _rows_of(*entry) if start <= row[1] < end]
        _require_same("samples", _rows(piece.samples), inside)
        _require_same("events", piece.events, [one for one in events if start <= one[1].time < end])
    with clause(f"of rows with the same (tag, time) the order of recording is kept, within a batch too ({log})"):
        found, wanted = in_order(piece.samples), in_order(samples_of(batches))
        wanted = wanted.take((wanted.time >= start) & (wanted.time < end))
        require(_rows(found) == _rows(wanted), "another row wins than the one that was recorded last")


def _check_since(history: History, entries: Sequence[Entry], after: int, known: int, log: str) -> None:
    batches, events = _until(entries, known)
    piece = history.since(after, known)
    with clause(f"`since(after, known)` gives exactly the entries recorded between ({log})"):
        inside = [row for entry in batches if entry[0] > after for row in _rows_of(*entry)]
        _require_same("samples", _rows(piece.samples), inside)
        _require_same("events", piece.events, [one for one in events if one[0] > after])
    with clause(f"events of `since` come in the order of `recorded` ({log})"):
        stamps = [recorded for recorded, _ in piece.events]
        require(stamps == sorted(stamps), f"recorded {shown(stamps)}")


def _until(entries: Sequence[Entry], known: int) -> tuple[list[tuple[int, Batch]], list[tuple[int, Event]]]:
    batches = [(recorded, item) for recorded, item in entries if isinstance(item, Batch) and recorded <= known]
    return batches, [(recorded, item) for recorded, item in entries if isinstance(item, Event) and recorded <= known]


def _check_bits(fresh: Fresh) -> None:
    odd = [math.nan, -0.0, 5e-324, 1.7976931348623157e308, math.inf, 0.1 + 0.2]
    item = batch("s", range(6), range(6), odd, [0, 1, 2, 3, 0x80000000, 0xFFFFFFFF], ["", "é\n'", None, "∞", "\0", "x"])
    with clause("values, statuses and texts come back to the bit"), fresh() as store:
        store.put(5, item)
        samples = store.history.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        require(len(samples) == len(item), f"{len(samples)} rows for {len(item)}")
        samples = samples.take(np.argsort(samples.time))
        require(samples.value.tobytes() == item.value.tobytes(), f"values {samples.value} for {item.value}")
        require(samples.status.tolist() == item.status.tolist(), f"statuses {samples.status} for {item.status}")
        text = None if samples.text is None else samples.text.tolist()
        require(text == texts(item), f"texts {text} for {texts(item)}")


def _check_first(fresh: Fresh) -> None:
    with clause("`first` is the earliest time within the horizon of its `recorded`, None when there is none"):
        with fresh() as store:
            require(store.history.first() is None, f"{store.history.first()} in an empty store")
            now = 3 * HORIZON
            store.put(now, batch("s", [0], [now - 2 * HORIZON], [1.0]))
            require(store.history.first() is None, f"{store.history.first()} when all is older than the horizon")
            store.put(now + 1, batch("s", [0, 0], [now - 2 * HORIZON, now - 5], [1.0, 2.0]))
            found = store.history.first()
            require(found == now + 1 - HORIZON, f"{found} for the horizon, {now + 1 - HORIZON}")
        with fresh() as store:
            store.put(1000, batch("s", [0, 0], [90, 70], [1.0, 2.0]))
            store.put(1001, Event(80, "gap", "x"))
            require(store.history.first() == 70, f"{store.history.first()} for 70")


def _check_lasting(open_store: OpenStore, place: Path) -> None:
    entries = drawn_log(np.random.default_rng(77))
    with clause("what was put is there when the store is opened again"):
        with open_store(place) as store:
            for entry in entries:
                store.put(*entry)
        with open_store(place) as store:
            piece = store.history.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
        batches = [(recorded, item) for recorded, item in entries if isinstance(item, Batch)]
        _require_same("samples", _rows(piece.samples), [row for entry in batches for row in _rows_of(*entry)])
        _require_same("events", piece.events, [entry for entry in entries if isinstance(entry[1], Event)])


def drawn_log(rng: np.random.Generator) -> list[tuple[int, Batch | Event]]:
    """Up to eight entries: batches with odd values, repeats and texts, and events."""
    entries: list[tuple[int, Batch | Event]] = []
    for number in range(int(rng.integers(1, 9))):
        recorded = number * 4 + 1
        if rng.random() < 0.25:
            kind, subject = ["a", "a.b", "gap"][int(rng.integers(3))], ["", "c0", "a/ž", "x'\n"][int(rng.integers(4))]
            entries.append((recorded, Event(int(rng.integers(100)), kind, subject)))
            continue
        rows = int(rng.integers(1, 9))
        value = rng.integers(0, 2**64, rows, dtype=np.uint64).view(np.float64)
        value = np.where(rng.random(rows) < 0.5, rng.choice([0.0, -0.0, 1.5, math.nan, math.inf], rows), value)
        status = rng.choice([0, 0x40000000, 0x80000000, 0xFFFFFFFF], rows)
        text = [[None, "", "ž'", "long " * 9][int(n)] for n in rng.integers(0, 4, rows)]
        tag, time = rng.integers(0, 6, rows), rng.integers(0, 100, rows)
        if rng.random() < 0.5:  # the same few instants, so that rows compete
            tag, time = tag % 2, time // 40 * 40
        entries.append((recorded, batch("s", tag, time, value, status, text)))
    return entries


def _rows(samples: Samples) -> list[tuple[Any, ...]]:
    """(tag, time, bits of the value, status, recorded, text) of every row, as they stand."""
    text = [None] * len(samples) if samples.text is None else samples.text.tolist()
    columns = (samples.tag, samples.time, samples.value.view(np.int64), samples.status, samples.recorded)
    return list(zip(*[column.tolist() for column in columns], text, strict=True))


def _rows_of(recorded: int, item: Batch) -> list[tuple[Any, ...]]:
    columns = (item.tag, item.time, item.value.view(np.int64), item.status)
    stamps = [recorded] * len(item)
    return list(zip(*[column.tolist() for column in columns], stamps, texts(item), strict=True))


def _require_same(what: str, found: Sequence[Any], wanted: Sequence[Any]) -> None:
    there, due = sorted(found, key=repr), sorted(wanted, key=repr)
    missing = [one for one in due if one not in there]
    more = [one for one in there if one not in due]
    require(there == due, f"{what}: {len(there)} for {len(due)}, missing {shown(missing)}, too many {shown(more)}")
