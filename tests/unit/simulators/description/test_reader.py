"""Specs from YAML by their type hints, and one clear error for everything else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.description.document import DEEPEST, read_file, read_text
from simulators.description.grammar import Grammar, Within
from simulators.description.mistake import Mistake
from simulators.description.reader import Reader


class Mode(Enum):
    BY_HAND = 1
    AUTOMATIC = 2


@dataclass(frozen=True)
class Between:
    between: tuple[int, int]


@dataclass(frozen=True)
class Cause:
    every_s: float
    lasts_s: tuple[float, float] = (1.0, 2.0)


@dataclass(frozen=True)
class Flow:
    name: str
    cycle_ms: int
    takes: int = 1


@dataclass(frozen=True)
class Machine:
    flow: Flow
    speed_mm_s: float = 1.0
    reject: float = 0.0
    mode: Mode = Mode.AUTOMATIC
    kind: Literal["new", "old"] = "new"
    into: str | None = None
    feeds: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    first: int | Between = 0
    idles: bool = False

    def __post_init__(self):
        if self.flow.takes > 10 and self.idles:
            raise ValueError("takes too much to idle; take at most 10")


@dataclass(frozen=True)
class Line:
    line: str
    machines: tuple[Machine, ...] = ()
    settings: Mapping[str, int] = ()


GRAMMAR = Grammar(
    keys={(Machine, "into"): "in"},
    within={(Machine, "reject"): Within(0, 1), (Flow, "cycle_ms"): Within(0, above=True)},
    inline=frozenset({(Machine, "flow")}),
)
FULL = """
line: hall/one
settings: {recipe: 17}
machines:
  filler:
    cycle: 500ms
    takes: 12
    speed_mm_s: 2
    reject: 0.5
    mode: by_hand
    kind: old
    in: belt
    feeds: [a, on]
    causes:
      - every: 1h30m
        lasts: [0.8s, 2m]
      - {every: 15m}
    first: {between: [1, 9]}
  capper: {cycle: 1s, feeds: 14:00, first: 3}
"""


def read(text, file="line.yaml"):
    return Reader(GRAMMAR).read(read_text(text, file), Line)


def test_fields_are_read_by_their_hints():
    line = read(FULL)
    filler, capper = line.machines
    assert (line.line, line.settings) == ("hall/one", {"recipe": 17})
    assert filler == Machine(
        Flow("filler", 500, 12), 2.0, 0.5, Mode.BY_HAND, "old", "belt", ("a", "on"),
        (Cause(5400.0, (0.8, 120.0)), Cause(900.0)), Between((1, 9)),
    )  # fmt: skip
    assert capper == Machine(Flow("capper", 1000), feeds=("14:00",), first=3)


def test_the_place_of_everything_is_known_afterwards():
    reader = Reader(GRAMMAR)
    reader.read(read_text(FULL, "f"), Line)
    found = {place: reader.lines[place] for place in ("machines.filler.in", "machines.filler.feeds[1]", "settings")}
    assert found == {"machines.filler.in": 12, "machines.filler.feeds[1]": 13, "settings": 3}


FILLER = "line: one\nmachines:\n  filler:\n    cycle: 1s\n"
WRONG = [
    ("line: 1\nmachins: {}\n", "line.yaml:2: unknown key 'machins'; did you mean 'machines'?"),
    ("machines: {}\n", "line.yaml:1: has no `line`; add it"),
    ("line: one\nmachines:\n  filler: {}\n", "line.yaml:3: machines.filler: has no `cycle`; add it"),
    (FILLER + "    cycl: 2s\n", "line.yaml:5: machines.filler: unknown key 'cycl'; did you mean 'cycle'?"),
    (FILLER + "    name: x\n", "line.yaml:5: machines.filler: unknown key 'name'; there are: "),
    (FILLER + "    cycle: 2s\n", "line.yaml:5: 'cycle' stands twice, first in line 4; remove one of them"),
    (FILLER + "    reject: 1.5\n", "line.yaml:5: machines.filler.reject: 1.5 is out of range; take at least 0 and at"),
    (FILLER + "    reject: .nan\n", "line.yaml:5: machines.filler.reject: .nan is not finite; write a number"),
    (FILLER + "    reject: much\n", "line.yaml:5: machines.filler.reject: the text 'much' is no number; write one"),
    (FILLER + "    takes: 1.5\n", "line.yaml:5: machines.filler.takes: '1.5' is no whole number; write one"),
    (FILLER + "    takes: 99999999999999999999\n", "line.yaml:5: machines.filler.takes: 99999999999999999999 is too "),
    (FILLER + "    idles: on\n", "line.yaml:5: machines.filler.idles: the text 'on' is neither true nor false"),
    (FILLER + "    mode: byhand\n", "line.yaml:5: machines.filler.mode: the text 'byhand' is not known; did you mean "),
    (FILLER + "    kind: [new]\n", "line.yaml:5: machines.filler.kind: a list is not known; there are: new, old"),
    (FILLER + "    in: {a: b}\n", "line.yaml:5: machines.filler.in: is a mapping; write a text"),
    (FILLER + "    first: {between: [1]}\n", "line.yaml:5: machines.filler.first.between: is a list; write a list of"),
    (FILLER + "    causes: 5\n", "line.yaml:5: machines.filler.causes[0]: is '5'; write `key: value` lines"),
    (FILLER + "    causes: {every: 5 apples}\n", "'5 apples' is not a length of time; write it like 500ms, 30s, 2m or"),
    (FILLER + "    causes: {every: 90}\n", "machines.filler.causes[0].every: '90' is not a length of time; write it"),
    (FILLER + "    causes: {every: -1s}\n", "'-1s' is not a length of time; write it like 500ms"),
    (FILLER + "    causes: {every: 2000000d}\n", "'2000000d' is longer than a thousand years"),
    (FILLER + "    takes: 11\n    idles: true\n", "line.yaml:4: machines.filler: takes too much to idle; take at most"),
    ("line: one\nmachines:\n  filler: {cycle: 0s}\n", "machines.filler.cycle: 0s is out of range; take more than 0"),
    ("line: one\nmachines:\n  filler: {cycle: 0.5ms}\n", "machines.filler.cycle: 0.5ms is no whole number of ms; roun"),
    ("", "line.yaml:1: is no description: it holds no `key: value` lines"),
    ("- a\n", "line.yaml:1: is no description"),
    ("a: b\n\tc: d\n", "line.yaml:2: is not YAML: found a tab"),
    ("a: [1, 2\nb: 3\n", "line.yaml:2: is not YAML: "),
    ("a: &x 1\nb: *x\n", "line.yaml:1: anchors and aliases (&name, *name) are not read; write it out"),
    ("a: !!python/object:os.system 1\n", "line.yaml:1: the YAML tag 'tag:yaml.org,2002:python/object:os.system' is "),
    ("? [a]\n: b\n", "line.yaml:1: a list or mapping stands where a key belongs"),
    ("a: b\n---\nc: d\n", "line.yaml:2: a second document begins here; write one file for each"),
    ("a: \x07\n", "line.yaml:1: is not YAML: it holds a control character; remove it"),
    ("a: \ud800\n", "line.yaml:1: holds half a character; save it as UTF-8"),
    ("a: " + "[" * 500, f"line.yaml:1: nested deeper than {DEEPEST}; a description is flatter"),
    ("a: x\n" * 300_000, "line.yaml:1: has more than 1,000,000 characters; a description is shorter"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "error"), WRONG, ids=range(len(WRONG)))
def test_an_error_has_its_place_the_fact_and_the_fix(text, error):
    with pytest.raises(Mistake, match=re.escape(error)) as raised:
        read(text)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(Mistake, match=r"none.yaml:1: cannot be read \(No such file or directory\); name a YAML file"):
        read_file(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: größe\n".encode("latin-1"))
    with pytest.raises(Mistake, match=r"latin.yaml:2: is not UTF-8 text"):
        read_file(tmp_path / "latin.yaml")
    with pytest.raises(Mistake, match=r"cannot be read"):
        read_file(tmp_path)


TOKENS = st.sampled_from(
    [
        *("line", "machines", "settings", "filler", "cycle", "causes", "every", "first", "between", "in", "takes"),
        *(": ", ":", "\n", "\n  ", "\n    ", "- ", "{", "}", "[", "]", ", ", "'", '"', "#", "|", ">", "? ", "&a", "*a"),
        *(
            "1s",
            "500ms",
            "0",
            "-1",
            "1e400",
            "0x",
            "0o8",
            ".inf",
            "null",
            "~",
            "true",
            "%",
            "!!",
            "\t",
            "\x00",
            "\ud800",
        ),
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(TOKENS, max_size=40).map("".join)))
def test_no_text_gives_anything_but_a_description_or_one_clear_error(text):
    is_read_or_one_line(text)


@settings(max_examples=400)
@given(st.integers(0, len(FULL)), st.integers(0, 12), st.one_of(TOKENS, st.text(max_size=8)))
def test_neither_does_a_description_with_a_slip(begin, length, slip):
    is_read_or_one_line(FULL[:begin] + slip + FULL[begin + length :])


@given(st.binary(max_size=200))
def test_neither_do_any_bytes(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "line.yaml"
    path.write_bytes(content)
    try:
        Reader(GRAMMAR).read(read_file(path), Line)
    except Mistake as mistake:
        clear(str(mistake), str(path))


def is_read_or_one_line(text):
    try:
        assert isinstance(read(text), Line)
    except Mistake as mistake:
        clear(str(mistake), "line.yaml")


def clear(error, file):
    assert re.fullmatch(rf"{re.escape(file)}:[1-9][0-9]*: [^\n]+", error)
