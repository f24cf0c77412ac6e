"""Rows as line protocol, against the bytes by hand and a parser of its own."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connectors.influx.lines import AT_ONCE, LONG, Lines
from connectors.influx.point import held, tag_name
from tests.unit.connectors.influx.line_parser import points
from twin.core.batch import batch
from twin.core.rows import Samples, samples_of
from twin.core.tags import Tag, TagTable, TagType

NASTY = [
    "a b", "a,b", "a=b", 'a"b', "a\\", "a\\ b", "\\,", "a\nb", "a\r\nb", "a\tb", "a%0Ab", "%", "../x", "<script>",
    "é", "🏭", "𝕏=\\=", " ", "a\x00b", "#", "x" * 4096, "=,= ",
]  # fmt: skip


def rows(tag, time, value, status=0, text=None) -> Samples:
    return samples_of([(1, batch("s", tag, time, value, status, text))])


def test_golden_bytes() -> None:
    table = TagTable([Tag("line1/filler/motor_temp"), Tag("a b,c=d"), Tag("recipe", TagType.TEXT)])
    samples = rows(
        [0, 0, 1, 2, 0, 0, 2, 0],
        [1_700_000_000_000_000_000, 1, -1, 3, 4, 5, 6, 7],
        [21.5, -0.0, 1e300, math.nan, math.nan, math.inf, math.nan, 2.0**53],
        [0, 0, 0x40900000, 0, 0x80000000, 0, 0, 0],
        [None, None, None, 'a"b\\\nc', None, None, "", "9007199254740993"],
    )
    none, infinite, both = 1 << 32, 2 << 32, 4 << 32
    assert Lines("linetwin", table).of(samples).decode().split("\n") == [
        "linetwin,tag=line1/filler/motor_temp v=21.5,q=0i 1700000000000000000",
        "linetwin,tag=line1/filler/motor_temp v=-0,q=0i 1",
        "linetwin,tag=a\\ b\\,c\\=d v=1e+300,q=1083179008i -1",
        'linetwin,tag=recipe q=0i,s="a\\"b\\\\',
        'c" 3',
        f"linetwin,tag=line1/filler/motor_temp q={0x80000000 | none}i 4",
        f'linetwin,tag=line1/filler/motor_temp q={infinite}i,s="inf" 5',
        'linetwin,tag=recipe q=0i,s="" 6',
        f'linetwin,tag=line1/filler/motor_temp v=9007199254740992.0,q={both}i,s="9007199254740993" 7',
        "",
    ]


def comparable(samples: Samples, table: TagTable) -> list[tuple[object, ...]]:
    texts = [None] * len(samples) if samples.text is None else samples.text.tolist()
    columns = (samples.tag, samples.time, samples.value.view(np.int64), samples.status)
    return [
        (table[tag].name, *rest)
        for tag, *rest in zip(*[column.tolist() for column in columns], texts, strict=True)
    ]  # fmt: skip


def read(body: bytes, table: TagTable) -> list[tuple[object, ...]]:
    found = []
    for point in points(body):
        name = tag_name(point.tags["tag"])
        tag = table[table.get(name)]
        row = held(np.array([point.fields.get("v", np.nan)], float), np.array([point.fields["q"]]), tag.type)
        text = point.fields["s"] if row.has_text[0] else None
        found.append((name, point.time, int(row.value.view(np.int64)[0]), int(row.status[0]), text))
    return found


@st.composite
def any_rows(draw):
    n = draw(st.integers(1, 30))
    names = draw(
        st.lists(st.sampled_from(NASTY) | st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True)
    )
    names = [name for name in names if name.encode("utf-8", "replace") == name.encode("utf-8", "surrogatepass")] or [
        "x"
    ]
    table = TagTable([Tag(name, draw(st.sampled_from(list(TagType)))) for name in names])
    letters = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(['"', "\\", '\\"', "\n", "a,b c=d"])
    of = lambda one: draw(st.lists(one, min_size=n, max_size=n))  # noqa: E731
    return table, rows(
        of(st.integers(0, len(names) - 1)),
        of(st.integers(-(2**62), 2**62)),
        of(st.floats() | st.integers(-1000, 1000).map(lambda one: one / 8)),
        of(st.sampled_from([0, 0, 0, 0x80000000, 0x40900000, 2**32 - 1])),
        of(st.none() | letters),
    )  # fmt: skip


@given(made=any_rows())
def test_any_rows_come_back_to_the_bit(made) -> None:
    table, samples = made
    lines = Lines('lin,e "t', table)
    arranged, _ = lines.arranged(samples)
    assert read(lines.of(samples), table) == comparable(arranged, table)


def test_hostile_names_come_back() -> None:
    table = TagTable([Tag(name) for name in NASTY])
    n = len(NASTY)
    samples = rows(np.arange(n), np.arange(n), np.arange(n) / 4)
    lines = Lines("linetwin", table)
    assert sorted(read(lines.of(samples), table)) == sorted(comparable(samples, table))
    assert len("x" * 4096) > LONG


def test_a_long_piece_is_written_in_parts_and_whole() -> None:
    n = 2 * AT_ONCE + 77
    rng = np.random.default_rng(2)
    table = TagTable()
    table.ids_of([f"plant/t{number}" for number in range(50)])
    status = np.where(rng.random(n) < 0.05, 0x80000000, 0)
    samples = rows(
        rng.integers(0, 50, n), np.arange(n) * 1_000_003 + 1_700_000_000_000_000_000, rng.normal(size=n), status
    )
    assert read(Lines("linetwin", table).of(samples), table) == comparable(samples, table)


def test_a_tag_that_came_later_is_learnt() -> None:
    table = TagTable([Tag("a")])
    lines = Lines("m", table)
    assert lines.of(rows([0], [1], [1.0])) == b"m,tag=a v=1,q=0i 1\n"
    table.id_of("b")
    assert lines.of(rows([1], [1], [1.0])) == b"m,tag=b v=1,q=0i 1\n"


def test_nothing_is_no_line() -> None:
    assert Lines("m", TagTable()).of(samples_of([])) == b""
