"""kill -9 of a process that forwards: nothing that it took for settled is lost, what it sends again is held once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.influx import PLUGIN
from tests.wire.influx.forwarder import STEP, entries_before
from tests.wire.influx.sides import arrived, outlet_to
from tests.wire.influx.sink import sink
from tests.wire.influx.spec import spec_of
from tests.wire.influx.test_writes import held_points
from tests.wire.running import eventually
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import join
from twin.core.tags import TagTable
from twin.testing.outlets import OUTLET_TAGS, Arrived, numbers, odd

LAST = 100 * STEP
KILLS = 3


def rows_of(entries: int) -> list[Arrived]:
    """What the other side must hold of the entries before this one."""
    s = numbers(0, entries).samples
    columns = (s.tag.tolist(), s.time.tolist(), s.value.tolist(), s.status.tolist())
    return sorted((OUTLET_TAGS[tag], *row, None) for tag, *row in zip(*columns, strict=True))


def require_killed_and_resent(url: str, bucket: str, cursor: Path, there: Callable[[], list[Arrived]]) -> None:
    chance = random.Random(6)
    command = [sys.executable, "-m", "tests.wire.influx.forwarder", url, bucket, str(cursor), str(LAST)]
    killed = 0
    for kill in range(KILLS):
        with subprocess.Popen(command) as process:
            due = min(LAST - STEP, entries_before(cursor) + chance.randrange(1, 6) * STEP)
            eventually(lambda due=due, process=process: entries_before(cursor) >= due or process.poll() is not None)
            process.kill()
        killed += process.returncode == -signal.SIGKILL
        settled = entries_before(cursor)
        assert set(rows_of(settled)) <= set(there()), f"kill {kill}: something before entry {settled} is lost"
    assert killed > 0
    assert entries_before(cursor) > 0
    subprocess.run(command, check=True, timeout=120)
    assert sorted(there()) == rows_of(LAST)


@pytest.mark.slow
def test_the_sink_has_everything_once(tmp_path) -> None:
    with sink() as one:

        def there() -> list[Arrived]:
            with one.lock:
                return arrived(one.held.values())

        require_killed_and_resent(one.url, "plant", tmp_path / "cursor", there)


@pytest.mark.slow
@pytest.mark.influx
def test_influxdb_1_has_everything_once(server, tmp_path) -> None:
    database = server.fresh()
    require_killed_and_resent(server.url, database, tmp_path / "cursor", lambda: arrived(held_points(server, database)))


@pytest.mark.influx
async def test_what_the_outlet_sent_the_archive_reads_to_the_bit(server) -> None:
    database, table = server.fresh(), TagTable()
    ids = table.ids_of(OUTLET_TAGS)
    async with outlet_to(server.url, table, bucket=database).open() as sender:
        for piece in (odd(), numbers(0, 500)):
            assert await sender.send(piece) == []
    assert PLUGIN.archive is not None
    archive = PLUGIN.archive(spec_of(server.url, database), table)
    try:
        read = archive.read_tags(ids, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
    finally:
        archive.close()

    def comparable(samples) -> list[tuple[object, ...]]:
        texts = [None] * len(samples) if samples.text is None else samples.text.tolist()
        values = [value.hex() for value in samples.value.tolist()]
        rows = zip(samples.tag.tolist(), samples.time.tolist(), values, samples.status.tolist(), texts, strict=True)
        return sorted(rows, key=lambda row: row[:2])

    assert comparable(read) == comparable(join([odd().samples, numbers(0, 500).samples]))
