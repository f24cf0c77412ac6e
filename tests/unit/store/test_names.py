"""A tag under another name: its rows stay its own, in the log and in files that are never written again."""

from __future__ import annotations

from pathlib import Path

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.core.tags import TagType
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

EDGE = 20_000 * DAY


def values(reader: LogReader, name: str) -> list[float]:
    """All values of a tag, by the name of now."""
    tags = reader.tags()
    chosen = tags.ids_of([name], tags[tags.get(name) or 0].type)
    return reader.read_tags(chosen, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples.value.tolist()


def seal(log: SqliteLog, reader: LogReader) -> Sealer:
    sealer = Sealer(log, reader, Bounds(100, age=0, leave=0, grace=0, settle=0))
    while sealer.seal(FAR_FUTURE):
        pass
    return sealer


async def test_rows_stay_with_their_tag_over_renames_seals_merges_and_restarts(tmp_path: Path) -> None:
    clock = SetClock(EDGE)
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    try:
        a, b = log.tags.ids_of(["a", "b"])
        await log.append(batch("s", [a, b], [EDGE, EDGE], [1.0, 10.0]))
        seal(log, reader)
        await log.rename({"a": "z"})
        assert log.tags.names() == ["z", "b"]
        await log.append(batch("s", [a, b], [EDGE + 1, EDGE + 1], [2.0, 20.0]))
        assert values(reader, "z") == [1.0, 2.0]
        again = log.tags.id_of("a", TagType.NUMBER)  # the name is free, and means another tag now
        await log.append(batch("s", [again], [EDGE + 2], [7.0]))
        seal(log, reader)
    finally:
        log.close()
        reader.close()
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    try:
        assert log.tags.names() == ["z", "b", "a"]
        assert reader.tags().names() == ["z", "b", "a"]
        await log.rename({"z": "y", "b": "z"})
        clock.instant = EDGE + 3 * DAY
        await log.append(batch("s", [0, 1, 2], [EDGE + 5, EDGE + 5, EDGE + 5], [3.0, 30.0, 8.0]))
        sealer = seal(log, reader)
        merge_past_days(sealer, FAR_FUTURE)
        assert (values(reader, "y"), values(reader, "z")) == ([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
        assert values(reader, "a") == [7.0, 8.0]
    finally:
        log.close()
        reader.close()
