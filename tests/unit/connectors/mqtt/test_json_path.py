import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.json_path import MISSING, compile_path, elements, find

DOCUMENT = {"a": {"b": [10, {"c d": 1}]}, "x.y": 2, "n": None, "points": [{"v": 1}, {"v": 2}], "empty": []}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$", DOCUMENT),
        ("$.a.b[0]", 10),
        ("$.a['b'][1][\"c d\"]", 1),
        ("$['x.y']", 2),
        ("$.n", None),
        ("$.points[1].v", 2),
    ],
)
def test_a_path_finds_its_value(text, value):
    assert find(DOCUMENT, compile_path(text)) == value


@pytest.mark.parametrize("text", ["$.b", "$.a.b[2]", "$.a[0]", "$[0]", "$.n.x", "$.a.b.length", "$.points.v"])
def test_a_path_to_nothing_is_missing(text):
    assert find(DOCUMENT, compile_path(text)) is MISSING


def test_text_is_no_array():
    assert find("abc", compile_path("$[0]")) is MISSING


@pytest.mark.parametrize("text", ["", "a", "a.b", "$a", "$.", "$..a", "$.a[", "$.a[x]", "$[-1]", "$.a b", "$['a"])
def test_what_is_no_path_says_what_one_looks_like(text):
    with pytest.raises(ValueError, match=r"is not a path"):
        compile_path(text)


def test_many_values_belong_under_each():
    with pytest.raises(ValueError, match="put the part up to"):
        compile_path("$.points[*].v")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$.points[*]", [{"v": 1}, {"v": 2}]),
        ("$.points[*].v", [1, 2]),
        ("$.empty[*]", []),
        ("$.a[*]", None),
        ("$.nothing[*]", None),
    ],
)
def test_elements_of_an_array(text, found):
    assert elements(DOCUMENT, compile_path(text, every=True)) == found


def test_arrays_in_arrays():
    assert elements([[1, 2], [3], 4], compile_path("$[*][*]", every=True)) == [1, 2, 3]


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="'", exclude_categories=["Cs"])), max_size=5))
def test_any_key_can_be_written(keys):
    document = "found"
    for key in reversed(keys):
        document = {key: document}
    assert find(document, compile_path("$" + "".join(f"['{key}']" for key in keys))) == "found"
