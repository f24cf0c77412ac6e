"""Rules: what is read, what is refused and where, and that nothing but a RuleError ever comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import DAY, SECOND
from twin.model.rule import Binary, Bit, Number, Rate, Rule, TagValue, Unary, tags_of
from twin.model.rule_functions import NAMES
from twin.model.rule_parser import DEEPEST, KEYWORDS, LARGEST, LONGEST, RuleError, parse
from twin.model.rule_text import text_of

A, B, C = TagValue("a"), TagValue("b"), TagValue("c")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a", A),
        ("1.5e3", Number(1500)),
        ("true", Number(1)),
        ("false", Number(0)),
        ("bit(status, 15)", Bit("status", 15)),
        ("rate( total , 30 s )", Rate("total", 30 * SECOND)),
        ("rate(total, 1h30m)", Rate("total", 5400 * SECOND)),
        ("filler/status", TagValue("filler/status")),
        ("line-speed - 2nd_speed", Binary("-", TagValue("line-speed"), TagValue("2nd_speed"))),
        ("a or b and c", Binary("or", A, Binary("and", B, C))),
        ("not a == b", Unary("not", Binary("==", A, B))),
        ("not not a", Unary("not", Unary("not", A))),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("-a < -1", Binary("<", Unary("-", A), Unary("-", Number(1)))),
        ("a / 60 >= 2", Binary(">=", Binary("/", A, Number(60)), Number(2))),
        ("a!=b", Binary("!=", A, B)),
        ("bit", TagValue("bit")),
        ("a and not b", Binary("and", A, Unary("not", B))),
    ],
)
def test_reads(text: str, rule: Rule):
    assert parse(text) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: expected a tag, a number or '(', found the end"),
        ("a ==", "column 5: expected a tag, a number or '(', found the end"),
        ("a b", "column 3: expected an operator or the end, found 'b'"),
        ("a = 3", "column 3: '=' has no meaning here (write == to compare)"),
        ("a && b", "column 3: '&' has no meaning here (write `and`)"),
        ("Status", "column 1: 'S' has no meaning here (names are lower case)"),
        ("a < b < c", "column 7: a second comparison; write `and` between the two instead of '<'"),
        ("(a", "column 3: expected ')', found the end"),
        ("a)", "column 2: expected an operator or the end, found ')'"),
        ("bit(a)", "column 6: expected ',', found ')'"),
        ("bit(a, 64)", "column 8: expected a bit from 0 to 63, found '64'"),
        ("bit(a, 1.5)", "column 8: expected a bit from 0 to 63, found '1.5'"),
        ("bit(3, 1)", "column 5: expected a tag, found '3'"),
        ("rate(a, 30)", "column 9: expected a duration like 30s, at most a day, found '30'"),
        ("rate(a, 0s)", "column 9: expected a duration like 30s, at most a day, found '0s'"),
        ("rate(a, 2d)", "column 9: expected a duration like 30s, at most a day, found '2d'"),
        ("rate(a, 30s", "column 12: expected ')', found the end"),
        ("exec(a)", f"column 5: no function 'exec' (there are: {', '.join(NAMES)})"),
        ("and", "column 1: expected a tag, a number or '(', found 'and'"),
        ("1e999", "column 1: the number is too large"),
    ],
)
def test_refuses(text: str, message: str):
    with pytest.raises(RuleError) as refused:
        parse(text)
    assert str(refused.value) == message
    assert message.startswith(f"column {refused.value.column}:")


@pytest.mark.parametrize("text", ["(" * (DEEPEST + 1) + "a", "not " * 500 + "a", "-" * 1500 + "a", "a " * LONGEST])
def test_refuses_what_nests_or_goes_on_without_end(text: str):
    with pytest.raises(RuleError):
        parse(text)


def test_the_largest_rule_is_read_and_the_next_larger_is_not():
    terms = (LARGEST + 1) // 2
    assert tags_of(parse("+".join(["a"] * terms))) == ["a"]
    with pytest.raises(RuleError):
        parse("+".join(["a"] * (terms + 1)))


names = st.from_regex(r"[a-z_][a-z0-9_-]{0,5}(/[a-z0-9_-]{1,5})?", fullmatch=True).filter(lambda n: n not in KEYWORDS)
leaves = st.one_of(
    st.floats(min_value=0, allow_nan=False, allow_infinity=False).map(Number),
    names.map(TagValue),
    st.builds(Bit, names, st.integers(0, 63)),
    st.builds(Rate, names, st.integers(1, DAY)),
)
operators = st.sampled_from(["and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"])
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Unary, st.sampled_from(["not", "-"]), inner),
        st.builds(
            Binary, st.sampled_from(["and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"]), inner, inner
        ),
    ),
    max_leaves=12,
)


@given(rules)
def test_printing_and_reading_gives_the_same_rule(rule: Rule):
    assert parse(text_of(rule)) == rule


@given(st.one_of(st.text(), st.text(alphabet="ab1/-+*()<>=!,. e_notrbi30s", max_size=60)))
def test_any_text_is_a_rule_or_a_rule_error(text: str):
    try:
        rule, column = parse(text), 1
    except RuleError as error:
        rule, column = None, error.column
    assert 1 <= column <= len(text) + 1
    assert rule is None or parse(text_of(rule)) == rule
