import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.files.connector import path_of
from tests.unit.connectors.files.importing import Imported, imported, of_text
from twin.core.errors import Misconfigured
from twin.core.instant import from_text
from twin.core.tags import TagTable, TagType

SECOND = 10**9
T = from_text("2020-03-09T10:14:33Z")

SKAB = """datetime;Accelerometer1RMS;Volume Flow RateRMS;anomaly
2020-03-09 10:14:33;0.0265878;32.0;0.0
2020-03-09 10:14:34;0.0261697;;0.0
2020-03-09 10:14:36;0.026199;31.5;1.0
"""


async def test_every_column_but_the_first_with_times_is_a_tag(tmp_path):
    found = await of_text(tmp_path, SKAB)
    assert found.tags.names() == ["machine/Accelerometer1RMS", "machine/Volume Flow RateRMS", "machine/anomaly"]
    assert found.of("machine/Accelerometer1RMS") == [
        (T, 0.0265878),
        (T + SECOND, 0.0261697),
        (T + 3 * SECOND, 0.026199),
    ]
    assert found.of("machine/Volume Flow RateRMS") == [(T, 32.0), (T + 3 * SECOND, 31.5)]
    assert found.kept.counts == {"rows": 3, "values": 8, "bytes": len(SKAB)}
    assert found.kept.notices == [
        "3 times without a zone were read as UTC; --tz Europe/Prague reads them as local time"
    ]


async def test_samples_of_a_chunk_are_in_the_order_of_time(tmp_path):
    found = await of_text(tmp_path, "t,a,b\n2020-03-09 10:14:34,1,2\n2020-03-09 10:14:33,3,4\n")
    assert [(tag, value) for tag, _, value, _, _ in found.rows] == [
        ("machine/a", 3.0), ("machine/b", 4.0), ("machine/a", 1.0), ("machine/b", 2.0)
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_delimiter_and_encoding_are_found(tmp_path, delimiter, encoding):
    text = 'time,Teplota °C,note\n2020-03-09 10:14:33,21.5,"a b"\n'.replace(",", delimiter)
    found = await of_text(tmp_path, text, encoding)
    assert found.of("machine/Teplota °C") == [(T, 21.5)]
    assert found.of("machine/note") == [(T, "a b")]


async def test_latin_1_is_read_and_said(tmp_path):
    found = await of_text(tmp_path, "time;Größe\n2020-03-09 10:14:33Z;1\n", "latin-1")
    assert found.of("machine/Größe") == [(T, 1.0)]
    assert found.kept.notices == ["the file is not UTF-8 and was read as Latin-1; check letters with accents"]


async def test_excel_names_its_delimiter_in_a_first_line(tmp_path):
    found = await of_text(tmp_path, "sep=|\ntime|a\n2020-03-09 10:14:33|x\n2020-03-09 10:14:34|\n2020-03-09 1|y\n")
    assert found.of("machine/a") == [(T, "x")]
    assert found.kept.dead == [("no time", "machine.csv:5", "2020-03-09 1|y")]


async def test_quoted_cells_keep_delimiters_quotes_and_line_ends(tmp_path):
    found = await of_text(tmp_path, 'time,"a,b"\n2020-03-09 10:14:33,"x, ""y""\nz"\n2020-03-09 10:14:34,<script>\n')
    assert found.of("machine/a,b") == [(T, 'x, "y"\nz'), (T + SECOND, "<script>")]


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2020-03-09T10:14:33Z", T),
        ("2020-03-09 11:14:33+01:00", T),
        ("2020-03-09 10:14:33.123456789", T + 123_456_789),
        ("2020-03-09 10:14:33,5", T + SECOND // 2),
        ("2020-03-09 10:14", T - 33 * SECOND),
        ("09.03.2020 10:14:33", T),
        ("9.3.2020 10:14", T - 33 * SECOND),
        ("1583748873", T),
        ("1583748873.25", T + SECOND // 4),
        ("1583748873000", T),
        ("1583748873000000", T),
        ("1583748873000000000", T),
    ],
)
async def test_times_are_read_exactly(tmp_path, cell, instant):
    assert (await of_text(tmp_path, f't;a\n"{cell}";1\n')).of("machine/a") == [(instant, 1.0)]


async def test_a_date_and_a_time_of_day_side_by_side_are_one_time(tmp_path):
    found = await of_text(tmp_path, "Datum;Zeit;a\n09.03.2020;10:14:33;1\n09.03.2020;10:14:34;2\n")
    assert found.of("machine/a") == [(T, 1.0), (T + SECOND, 2.0)]
    assert found.tags.names() == ["machine/a"]


async def test_numbers_that_cannot_be_times_are_not_the_time(tmp_path):
    found = await of_text(tmp_path, "no,when,count\n1,2020-03-09 10:14:33,1500000000\n")
    assert found.tags.names() == ["machine/no", "machine/count"]


async def test_a_file_without_times_says_what_it_wants(tmp_path):
    with pytest.raises(Misconfigured, match=r"machine.csv: no column holds times \(columns: 'UDI', 'Type'\)"):
        await of_text(tmp_path, "UDI,Type\n1,M\n2,L\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("time\n2020-03-09 10:14:33\n", "only one column"),
        ("time,a\n", "a header and no rows"),
        ("2020-03-09 10:14:33,1\n2020-03-09 10:14:34,2\n", "machine.csv:1: the first row holds data"),
    ],
)
async def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    with pytest.raises(Misconfigured, match=message):
        await of_text(tmp_path, text)


async def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Misconfigured, match=r"gone.csv: No such file"):
        await imported(tmp_path / "gone.csv")


async def test_a_stray_text_in_a_number_column_is_named_with_its_line(tmp_path):
    lines = [f"2020-03-09 10:14:{n:02d},{n}" for n in range(40)]
    lines[7] = "2020-03-09 10:14:07,ERR"
    found = await of_text(tmp_path, "\n".join(["time,a", *lines]))
    assert len(found.of("machine/a")) == 39
    assert found.kept.dead == [("not a number in 'a'", "machine.csv:9", "ERR")]


@pytest.mark.parametrize("void", ["", "NaN", "nan", "NULL", "N/A"])
async def test_a_cell_that_says_nothing_is_no_sample(tmp_path, void):
    found = await of_text(tmp_path, f"time,a\n2020-03-09 10:14:33,1\n2020-03-09 10:14:34,{void}\n")
    assert found.of("machine/a") == [(T, 1.0)]
    assert found.kept.dead == []


@pytest.mark.parametrize("cell", ["inf", "1e999", "1_0"])
async def test_what_only_a_programmer_calls_a_number_is_a_stray(tmp_path, cell):
    rows = "".join(f"2020-03-09 10:14:{n:02d},{n}\n" for n in range(30))
    found = await of_text(tmp_path, f"time,a\n{rows}2020-03-09 10:15:00,{cell}\n")
    assert found.kept.dead == [("not a number in 'a'", "machine.csv:32", cell)]


async def test_a_column_of_words_is_a_text_tag(tmp_path):
    found = await of_text(tmp_path, "time,recipe\n2020-03-09 10:14:33,17\n2020-03-09 10:14:34,A1\n")
    assert found.tags[0].type is TagType.TEXT
    assert found.of("machine/recipe") == [(T, "17"), (T + SECOND, "A1")]


async def test_a_decimal_comma_is_read_where_commas_do_not_part_cells(tmp_path):
    found = await of_text(tmp_path, "time;a\n2020-03-09 10:14:33;21,5\n2020-03-09 10:14:34;-3\n")
    assert found.of("machine/a") == [(T, 21.5), (T + SECOND, -3.0)]


async def test_integers_past_float64_keep_their_digits(tmp_path):
    found = await of_text(tmp_path, "time,a\n2020-03-09 10:14:33,9007199254740993\n2020-03-09 10:14:34,1\n")
    assert found.of("machine/a") == [(T, "9007199254740993"), (T + SECOND, 1.0)]
    assert found.rows[0][2] == 9007199254740992.0
    assert found.tags[0].type is TagType.NUMBER


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_numbers_come_through_to_the_bit(tmp_path, numbers):
    lines = "".join(f"{(1583748873 + at) * 1000},{number!r}\n" for at, number in enumerate(numbers))
    found = asyncio.run(of_text(tmp_path, "time,a\n" + lines))
    assert [value for _, _, value, _, _ in found.rows] == numbers


async def test_samples_of_one_instant_are_kept_apart(tmp_path):
    found = await of_text(tmp_path, "time,a,b\n" + "".join(f"2020-03-09 10:14:33,{n},7\n" for n in (1, 2, 2, 3)))
    assert found.of("machine/a") == [(T, 1.0), (T + 1, 2.0), (T + 1, 2.0), (T + 2, 3.0)]
    assert found.of("machine/b") == [(T, 7.0)] * 4
    assert "3 samples share tag and time with another value; kept 1 ns apart" in found.kept.notices


async def test_names_keep_their_text_and_are_told_apart(tmp_path):
    header = 'time,a/b,"c\td",,x,x, lead\n'
    found = await of_text(tmp_path, header + "2020-03-09 10:14:33Z,1,2,3,4,5,6\n")
    names = ["machine/a_b", "machine/c_d", "machine/column_4", "machine/x", "machine/x_2", "machine/ lead"]
    assert found.tags.names() == names
    assert found.kept.notices == [
        "column 2 'a/b' became the tag 'a_b'",
        "column 3 'c\\td' became the tag 'c_d'",
        "column 4 '' became the tag 'column_4'",
        "column 6 'x' became the tag 'x_2'",
    ]


@pytest.mark.parametrize("name", ["../../etc", "a b", "a=b", "ü😀", "x" * 4096, "<script>", "%41", "'"])
async def test_strange_names_stay_names(tmp_path, name):
    found = await of_text(tmp_path, f'time;"{name}"\n2020-03-09 10:14:33Z;1\n')
    assert found.tags.names() == [f"machine/{name.replace('/', '_')}"]


@pytest.mark.parametrize(("prefix", "tag"), [("acme/line1", "acme/line1/a"), ("", "a")])
async def test_a_prefix_stands_in_for_the_file_name(tmp_path, prefix, tag):
    assert (await of_text(tmp_path, "time,a\n2020-03-09 10:14:33Z,1\n", prefix=prefix)).tags.names() == [tag]


async def test_rows_with_too_many_or_too_few_cells(tmp_path):
    text = "time,a,b\n2020-03-09 10:14:33Z,1\n\n2020-03-09 10:14:34Z,1,2,3\n2020-03-09 10:14:35Z,4,5,\nsoon,6,7\n"
    found = await of_text(tmp_path, text)
    assert found.of("machine/a") == [(T, 1.0), (T + 2 * SECOND, 4.0)]
    assert found.kept.dead == [
        ("more cells than columns", "machine.csv:4", "2020-03-09 10:14:34Z,1,2,3"),
        ("no time", "machine.csv:6", "soon,6,7"),
    ]


async def test_chunks_bound_memory_and_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.files.csv_wide.CHUNK", 10)
    rows = "".join(f"{(1583748873 + n // 3) * 1000},{n}\n" for n in range(100))
    found = await of_text(tmp_path, "time,a\n" + rows)
    assert [value for _, _, value, _, _ in found.rows] == list(range(100))
    assert max(map(len, found.batches)) <= 14
    assert len({time for _, time, _, _, _ in found.rows}) == 100


LONG = """time,tag,value,status,text
2020-03-09T10:14:33Z,plant/a,1.5,0,
2020-03-09T10:14:33.000000001Z,plant/big,9007199254740992.0,0,9007199254740993
2020-03-09T10:14:34Z,plant/a,,2157641728,
2020-03-09T10:14:34Z,plant/word,,Good,hello
2020-03-09T10:14:35Z,plant/word,,0,
2020-03-09T10:14:35Z,plant/word,,BadNoData,
"""


async def test_what_export_wrote_comes_back_as_it_was(tmp_path):
    found = await of_text(tmp_path, LONG)
    assert found.rows == [
        ("plant/a", T, 1.5, 0, None),
        ("plant/big", T + 1, 9007199254740992.0, 0, "9007199254740993"),
        ("plant/a", T + SECOND, None, 0x809B0000, None),
        ("plant/word", T + SECOND, None, 0, "hello"),
        ("plant/word", T + 2 * SECOND, None, 0, ""),
        ("plant/word", T + 2 * SECOND + 1, None, 0x809B0000, None),
    ]
    assert [found.tags[n].type for n in range(3)] == [TagType.NUMBER, TagType.NUMBER, TagType.TEXT]


async def test_a_bad_row_of_a_long_table_is_named_and_its_neighbours_are_kept(tmp_path):
    text = (
        "time,tag,value,status\n2020-03-09T10:14:33Z,a,1,0\nsoon,a,2,0\n2020-03-09T10:14:34Z,a,x,0\n"
        "2020-03-09T10:14:35Z,a,3,Fine\n2020-03-09T10:14:36Z,,4,0\n2020-03-09T10:14:37Z,a,5,0\n"
    )
    found = await of_text(tmp_path, text)
    assert [value for _, _, value, _, _ in found.rows] == [1.0, 5.0]
    assert [(cause, place) for cause, place, _ in found.kept.dead] == [
        ("no time", "machine.csv:3"),
        ("not a number in 'value'", "machine.csv:4"),
        ("not a status", "machine.csv:5"),
        ("no tag", "machine.csv:6"),
    ]


async def test_a_tag_of_the_data_folder_keeps_its_type(tmp_path):
    file = tmp_path / "long.csv"
    file.write_text("time,tag,value,text\n2020-03-09T10:14:33Z,a,5,\n2020-03-09T10:14:34Z,a,,6\n")
    tags = TagTable()
    tags.id_of("a", TagType.TEXT)
    found = await Imported(file, tags).read()
    assert found.of("a") == [(T + SECOND, "6")]
    assert found.kept.dead == [("number in a text tag", "long.csv:2", "2020-03-09T10:14:33Z,a,5,")]


async def test_a_wide_column_of_another_type_than_its_tag_is_refused(tmp_path):
    file = tmp_path / "machine.csv"
    file.write_text("time,a\n2020-03-09T10:14:33Z,5\n")
    tags = TagTable()
    tags.id_of("machine/a", TagType.TEXT)
    with pytest.raises(Misconfigured, match="a tag never changes its type"):
        await Imported(file, tags).read()


@pytest.mark.parametrize("url", ["/data/a b.csv", "file:///data/a%20b.csv", "file:/data/a b.csv"])
def test_a_file_may_be_named_by_path_or_address(url):
    assert path_of(url).as_posix() == "/data/a b.csv"
