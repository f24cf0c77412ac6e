import duckdb
import pytest

from tests.unit.connectors.files.importing import imported
from twin.core.errors import Misconfigured
from twin.core.instant import from_text
from twin.core.tags import TagType

T = from_text("2020-03-09T10:14:33Z")
SECOND = 10**9


def written(folder, select, name="machine.parquet"):
    with duckdb.connect(":memory:") as db:
        db.execute(f"COPY ({select}) TO '{folder / name}' (FORMAT parquet)")
    return folder / name


async def test_the_first_timestamp_column_is_the_time_and_the_rest_are_tags(tmp_path):
    file = written(
        tmp_path,
        "SELECT 1::INTEGER AS n, TIMESTAMP '2020-03-09 10:14:33.123456' AS t, "
        "2.5::DOUBLE AS \"Flow Rate\", 'x' AS word, "
        "true AS on, 9007199254740993::BIGINT AS big, '\\xFF'::BLOB AS raw, NULL::DOUBLE AS gone, [1] AS list",
    )
    found = await imported(file)
    at = T + 123_456_000
    assert found.rows == [
        ("machine/n", at, 1.0, 0, None),
        ("machine/Flow Rate", at, 2.5, 0, None),
        ("machine/word", at, None, 0, "x"),
        ("machine/on", at, 1.0, 0, None),
        ("machine/big", at, 9007199254740992.0, 0, "9007199254740993"),
        ("machine/raw", at, None, 0, "ff"),
    ]
    assert [found.tags[found.tags.get(f"machine/{name}")].type for name in ("word", "raw", "big")] == [
        TagType.TEXT,
        TagType.BYTES,
        TagType.NUMBER,
    ]
    assert found.kept.notices == [
        "column 'list' is INTEGER[] and was left out; it is neither number nor text",
        "1 times without a zone were read as UTC; --tz Europe/Prague reads them as local time",
    ]


@pytest.mark.parametrize(
    "time",
    [
        "TIMESTAMP_NS '2020-03-09 10:14:33'",
        "TIMESTAMP_MS '2020-03-09 10:14:33'",
        "TIMESTAMPTZ '2020-03-09 10:14:33+00'",
        "1583748873::BIGINT",
        "1583748873000::BIGINT",
        "1583748873000000000::BIGINT",
        "1583748873.0::DOUBLE",
    ],
)
async def test_times_of_any_kind(tmp_path, time):
    found = await imported(written(tmp_path, f"SELECT {time} AS t, 1.0 ::DOUBLE AS a"))
    assert found.of("machine/a") == [(T, 1.0)]


async def test_wall_clock_times_take_the_zone(tmp_path):
    file = written(tmp_path, "SELECT TIMESTAMP '2020-03-09 11:14:33' AS t, 1 AS a")
    assert (await imported(file, tz="Europe/Prague")).of("machine/a") == [(T, 1.0)]


async def test_a_row_without_a_time_is_named(tmp_path):
    file = written(
        tmp_path,
        "SELECT * FROM (VALUES (TIMESTAMP '2020-03-09 10:14:33', 1), (NULL, 2), "
        "(TIMESTAMP '2020-03-09 10:14:34', 3)) v(t, a)",
    )
    found = await imported(file)
    assert found.of("machine/a") == [(T, 1.0), (T + SECOND, 3.0)]
    assert found.kept.dead == [("no time", "machine.parquet:2", "")]


async def test_what_export_wrote_comes_back_as_it_was(tmp_path):
    file = written(
        tmp_path,
        "SELECT * FROM (VALUES "
        "(TIMESTAMP_NS '2020-03-09 10:14:33.000000001', 'p/word', NULL::DOUBLE, 2157641728::UINTEGER, NULL),"
        "(TIMESTAMP_NS '2020-03-09 10:14:34', 'p/a', 1.5, 0, NULL),"
        "(TIMESTAMP_NS '2020-03-09 10:14:35', 'p/word', NULL, 0, 'hello')) v(time, tag, value, status, text)",
    )
    found = await imported(file)
    assert found.rows == [
        ("p/word", T + 1, None, 0x809B0000, None),
        ("p/a", T + SECOND, 1.5, 0, None),
        ("p/word", T + 2 * SECOND, None, 0, "hello"),
    ]
    assert found.kept.notices == []


async def test_chunks_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.files.parquet.CHUNK", 1000)
    file = written(
        tmp_path, "SELECT make_timestamp_ns((1583748873 + i) * 1000000000) AS t, i::DOUBLE AS a FROM range(4500) r(i)"
    )
    found = await imported(file)
    assert [value for _, _, value, _, _ in found.rows] == list(range(4500))
    assert len(found.batches) == 5


async def test_a_file_without_times_says_what_it_wants(tmp_path):
    with pytest.raises(Misconfigured, match=r"no column of type TIMESTAMP or ms since 1970 \(columns: a INTEGER"):
        await imported(written(tmp_path, "SELECT 1 AS a, 'x' AS b"))


async def test_a_broken_file_is_refused(tmp_path):
    file = tmp_path / "broken.parquet"
    file.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(Misconfigured, match=r"broken\.parquet"):
        await imported(file)
