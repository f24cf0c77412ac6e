"""Data folders of older versions (tests/unit/store/folders): this one reads them to the bit and writes them on."""

from __future__ import annotations

import hashlib
import json
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.runtime.assembly import assemble
from twin.runtime.plant_file import stored_plant
from twin.store.compact import compact
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.schema import LAYOUT

FOLDERS = Path(__file__).parent / "folders"
LAYOUTS = sorted(int(path.name.split(".")[0].removeprefix("layout-")) for path in FOLDERS.glob("*.json"))


def test_every_layout_before_this_one_has_a_folder() -> None:
    assert set(range(1, LAYOUT)) <= set(LAYOUTS)


@pytest.fixture(params=LAYOUTS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A folder as its version left it, and what that version read from it."""
    with tarfile.open(FOLDERS / f"layout-{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path / "data", filter="data")
    return tmp_path / "data", json.loads((FOLDERS / f"layout-{request.param}.json").read_text(encoding="utf-8"))


def brought_up_to_date(folder: Path) -> None:
    SqliteLog(folder, SetClock()).close()


def read(folder: Path) -> dict[str, Any]:
    """What the version that wrote the folder noted of it."""
    plant = stored_plant(folder)
    with closing(LogReader(folder)) as reader:
        found, tags = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE), reader.tags()
        assembly = assemble(plant, tags)
        results = SqliteResults(reader, assembly.names, assembly.editions.codes)
        units = range(len(assembly.units))
        records = [record for unit in units for record in results.current(unit, FAR_PAST, FAR_FUTURE)]
    s = found.samples
    text = [None] * len(s) if s.text is None else s.text.tolist()
    columns = (s.time.tolist(), s.value.tolist(), s.status.tolist(), text, s.recorded.tolist())
    names = [tags[tag].name for tag in s.tag.tolist()]
    rows = sorted(
        [name, time, None if value != value else value, status, text, recorded]
        for name, time, value, status, text, recorded in zip(names, *columns, strict=True)
    )
    told = sorted([one.kind, one.key, one.start, one.end, dict(one.data)] for one in records)
    return {
        "rows": len(rows),
        "rows_sha256": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
        "some": rows[:3] + rows[-3:],
        "events": len(found.events),
        "records": len(told),
        "records_sha256": hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
        "some_records": told[:2] + told[-2:],
    }


def test_everything_reads_as_it_was_written(old: tuple[Path, dict[str, Any]]) -> None:
    folder, noted = old
    brought_up_to_date(folder)
    assert read(folder) == noted
    with closing(LogReader(folder)) as reader:
        assert damage(reader, lambda _share: None) == []


def test_and_stays_so_when_it_is_sealed_merged_and_written_on(old: tuple[Path, dict[str, Any]]) -> None:
    folder, noted = old
    brought_up_to_date(folder)
    with closing(LogReader(folder)) as reader:
        newest = reader.last()
    compact(folder, SetClock(newest + 2 * DAY), lambda _share: None)
    assert read(folder) == noted
    with closing(LogReader(folder)) as reader:
        assert reader.counts()["samples"] == noted["rows"]
        assert damage(reader, lambda _share: None) == []
    with closing(SqliteLog(folder, SetClock())) as log:
        assert log.submit(batch("s", [0], [newest + DAY], [1.0])).result(10) > newest
    assert read(folder)["rows"] == noted["rows"] + 1
