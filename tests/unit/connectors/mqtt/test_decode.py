import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.decode import Message
from connectors.mqtt.payload import LARGEST
from tests.unit.connectors.mqtt.reading import ARRIVAL, causes, decode, decoder, rows, tag
from twin.core.status import BAD, BAD_NO_DATA, GOOD, UNCERTAIN, UNCERTAIN_LAST_USABLE

GOOD_PAYLOAD = b'{"v": 1}'


def values(found):
    return [row[2] for row in rows(found)]


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b"21.5", 21.5),
        (b" 21 \n", 21.0),
        (b"true", 1.0),
        (b"ON", 1.0),
        (b"off", 0.0),
        (b"+.5", 0.5),
        (b"007", 7.0),
        (b"\xef\xbb\xbf3", 3.0),
        (b"9007199254740992", 2.0**53),
    ],
)
def test_a_payload_without_a_path_is_the_value(payload, value):
    assert rows(decode([tag()], payload)) == [(0, ARRIVAL, value, GOOD, None)]


def test_minus_zero_keeps_its_sign():
    assert math.copysign(1, values(decode([tag()], b"-0.0"))[0]) == -1


@pytest.mark.parametrize("digits", ["9007199254740993", "-9007199254740993", "18446744073709551615"])
def test_an_integer_past_float64_keeps_its_digits_in_text(digits):
    assert rows(decode([tag(value="$.v")], b'{"v": %s}' % digits.encode())) == [
        (0, ARRIVAL, float(digits), GOOD, digits)
    ]


POISON = [
    (b"", "empty payload"),
    (b"x", "not JSON"),
    (b"\xff\xfe", "not UTF-8"),
    (b"\x00", "not JSON"),
    (b'{"v": 1', "not JSON"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"v":' * 100_000, "nested too deep"),
    (b"9" * (LARGEST + 1), "payload too large"),
    (b"\x08\x96\x01\x12\x07testing\xf0\x9f", "not UTF-8"),
    (b'{"v": 1, "v": 2}', "duplicate key"),
    (b'{"v": NaN}', "NaN is not a number at $.v"),
    (b'{"v": Infinity}', "number out of range at $.v"),
    (b'{"v": 1e999}', "number out of range at $.v"),
    (b'{"v": 18446744073709551616}', "number out of range at $.v"),
    (b'{"v": "21.5"}', "text where a number is expected at $.v"),
    (b'{"v": [1]}', "array where a number is expected at $.v"),
    (b'{"v": {}}', "object where a number is expected at $.v"),
    (b'{"v": 12,5}', "not JSON"),
    (b"9" * 5000, "not JSON"),
    (b"{}", "no value at $.v"),
    (b"[]", "no value at $.v"),
    (b"5", "no value at $.v"),
    (b"null", "no value at $.v"),
]


@pytest.mark.parametrize(("payload", "cause"), POISON)
def test_poison_is_named_and_its_neighbours_are_kept(payload, cause):
    found = decode([tag(value="$.v")], GOOD_PAYLOAD, payload, b'{"v": 2}')
    assert causes(found) == [cause]
    assert values(found) == [1.0, 2.0]
    assert found.dead[0].payload == payload


@pytest.mark.parametrize("payload", [b"12,5", b"abc", b"1_000", b"0x10", b"nan", b"1e999", b"\xd9\xa1"])
def test_a_bare_word_is_no_number(payload):
    found = decode([tag()], payload)
    assert (len(found.dead), values(found)) == (1, [])


def test_a_decimal_comma_is_explained():
    assert decode([tag()], b"12,5").dead[0].place == "a/b: '12,5'; write the decimals after a point"


@given(st.lists(st.binary(max_size=200) | st.from_regex(rb'\{"v": ?[^}]{0,20}\}'), max_size=20))
def test_no_payload_raises_and_every_good_neighbour_is_kept(payloads):
    tags = [tag("n", value="$.v"), tag("s", "text"), tag("b", "bytes"), tag("t", value="$.v", timestamp="$.v")]
    fed = [part for payload in payloads for part in (payload, GOOD_PAYLOAD)]
    numbers = [row[2] for row in rows(decode(tags, *fed)) if row[0] == 0]
    assert numbers.count(1.0) >= len(payloads)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcvt"), inner, max_size=4),
    max_leaves=8,
)


@given(JSON_VALUES, st.sampled_from(["number", "text"]))
def test_any_document_gives_samples_or_a_cause(document, type):
    tags = [
        tag("x", type, value="$.v", timestamp="$.t", quality="$.a"),
        tag("y", type, value="$.v[0]"),
        tag("z", type, each="$.v[*]", value="$.a", where={"$.b": 1}, timestamp={"path": "$.c", "unit": "s"}),
    ]
    found = decode(tags, json.dumps(document).encode())
    for _, _, value, status, text in rows(found):
        assert math.isfinite(value) or text is not None or status == BAD_NO_DATA


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53))
def test_a_number_comes_through_exactly(number):
    assert values(decode([tag(value="$.v")], json.dumps({"v": number}).encode())) == [number]


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_text_comes_through_exactly(text):
    found = decode([tag(type="text", value="$.v")], json.dumps({"v": text}).encode())
    assert [row[4] for row in rows(found)] == [text]


def test_half_a_surrogate_pair_is_refused():
    assert causes(decode([tag(type="text", value="$.v")], rb'{"v": "\ud800"}')) == ["text is not Unicode at $.v"]


def test_a_number_is_not_turned_into_text():
    assert causes(decode([tag(type="text", value="$.v")], b'{"v": 5}')) == ["number where text is expected at $.v"]


def test_text_and_bytes_tags_take_the_payload_as_it_is():
    found = decode([tag("s", "text"), tag("b", "bytes")], b'{"v": 1}')
    assert [row[4] for row in rows(found)] == ['{"v": 1}', b'{"v": 1}'.hex()]


def test_bytes_keep_what_is_no_text():
    assert [row[4] for row in rows(decode([tag("b", "bytes")], b"\xff\x00"))] == ["ff00"]


def test_tags_of_one_topic_take_what_a_message_on_change_holds():
    tags = [tag("total", value="$.nTotal"), tag("bad", value="$.nBad"), tag("state", value="$.eState")]
    found = decode(tags, b'{"ts": 1, "nTotal": 5}', b'{"ts": 2, "nBad": 1, "eState": 3}')
    assert [(row[0], row[2]) for row in rows(found)] == [(0, 5.0), (1, 1.0), (2, 3.0)]
    assert found.dead == []


def test_a_message_in_which_no_tag_finds_anything_is_a_dead_letter():
    assert causes(decode([tag("x", value="$.x"), tag("y", value="$.y")], b'{"z": 1}')) == ["no value at $.x, $.y"]


def test_a_wrong_value_of_one_tag_does_not_cost_the_other():
    found = decode([tag("x", value="$.x"), tag("y", value="$.y")], b'{"x": "bad", "y": 2}')
    assert values(found) == [2.0]
    assert causes(found) == ["text where a number is expected at $.x"]


def test_null_is_a_sample_without_a_value():
    (row,) = rows(decode([tag(value="$.v")], b'{"v": null}'))
    assert math.isnan(row[2])
    assert row[3] == BAD_NO_DATA


@pytest.mark.parametrize(
    ("given", "unit", "instant"),
    [
        ("1700000000", "s", 1_700_000_000_000_000_000),
        ("1700000000.123", "s", 1_700_000_000_123_000_000),
        ("1700000000123", "ms", 1_700_000_000_123_000_000),
        ("1700000000123.5", "ms", 1_700_000_000_123_500_000),
        ("1700000000123456", "us", 1_700_000_000_123_456_000),
        ("1700000000123456789", "ns", 1_700_000_000_123_456_789),
        ("1700000000", "auto", 1_700_000_000_000_000_000),
        ("1700000000123", "auto", 1_700_000_000_123_000_000),
        ("1700000000123456", "auto", 1_700_000_000_123_456_000),
        ("1700000000123456789", "auto", 1_700_000_000_123_456_789),
        ('"1700000000123"', "auto", 1_700_000_000_123_000_000),
        ('"2023-11-14T22:13:20.123456789Z"', "auto", 1_700_000_000_123_456_789),
        ('"2023-11-14T22:13:20"', "iso", 1_700_000_000_000_000_000),
        ('"2023-11-14 23:13:20+01:00"', "iso", 1_700_000_000_000_000_000),
        ("0", "ms", 0),
        ("-1", "ms", -1_000_000),
    ],
)
def test_a_time_is_read_exactly(given, unit, instant):
    found = decode([tag(value="$.v", timestamp={"path": "$.ts", "unit": unit})], b'{"v": 1, "ts": %s}' % given.encode())
    assert [row[1] for row in rows(found)] == [instant]


@pytest.mark.parametrize("given", ["1e300", "true", "[]", '"soon"', '"2023-13-01T00:00:00Z"', "NaN", "1e999", '""'])
def test_a_time_nobody_can_read_is_a_dead_letter_and_not_the_arrival(given):
    found = decode([tag(value="$.v", timestamp="$.ts")], b'{"v": 1, "ts": %s}' % given.encode())
    assert causes(found) == ["no time at $.ts"]
    assert rows(found) == []


@pytest.mark.parametrize("payload", [b'{"v": 1}', b'{"v": 1, "ts": null}'])
def test_a_missing_time_is_the_arrival(payload):
    assert [row[1] for row in rows(decode([tag(value="$.v", timestamp="$.ts")], payload))] == [ARRIVAL]


def test_the_rule_arrival_ignores_the_source_clock():
    one = decoder(tag(value="$.v", timestamp="$.ts"), by_arrival=True)
    assert rows(one.decode([Message("a/b", b'{"v": 1, "ts": 5}', ARRIVAL)]))[0][1] == ARRIVAL


def test_a_retained_value_without_its_own_time_is_uncertain():
    assert [row[3] for row in rows(decode([tag()], b"5", retained=True))] == [UNCERTAIN_LAST_USABLE]


def test_a_retained_value_with_its_own_time_is_good():
    found = decode([tag(value="$.v", timestamp="$.ts")], b'{"v": 1, "ts": 1700000000}', retained=True)
    assert [row[3] for row in rows(found)] == [GOOD]


STAMPED = [tag(value="$.v", timestamp={"path": "$.ts", "unit": "s"})]


def stamped(*pairs):
    return [Message("a/b", json.dumps({"ts": ts, "v": v}).encode(), ARRIVAL) for ts, v in pairs]


def test_another_value_at_the_same_instant_goes_one_ns_later():
    found = decoder(*STAMPED).decode(stamped((1, 10), (1, 11), (1, 12), (2, 13)))
    assert [row[1] for row in rows(found)] == [10**9, 10**9 + 1, 10**9 + 2, 2 * 10**9]


def test_the_same_value_at_the_same_instant_is_a_repeat():
    assert [row[1] for row in rows(decoder(*STAMPED).decode(stamped((1, 10), (1, 10))))] == [10**9, 10**9]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=12), st.data())
def test_instants_do_not_depend_on_how_messages_were_grouped(pairs, data):
    messages = stamped(*pairs)
    at = data.draw(st.integers(0, len(messages)))
    parted = decoder(*STAMPED)
    assert rows(parted.decode(messages[:at])) + rows(parted.decode(messages[at:])) == rows(
        decoder(*STAMPED).decode(messages)
    )


def test_each_element_of_an_array_is_a_sample():
    one = tag(each="$.points[*]", value="$.v", timestamp={"path": "$.t", "unit": "s"})
    found = decode([one], b'{"points": [{"v": 1, "t": 10}, {"v": 2, "t": 11}]}')
    assert [row[1:3] for row in rows(found)] == [(10 * 10**9, 1.0), (11 * 10**9, 2.0)]


def test_where_picks_the_elements_of_a_tag():
    tags = [tag(n, each="$[*]", value="$.v", where={"$.n": n}) for n in ("temp", "rpm")]
    found = decode(tags, b'[{"n": "temp", "v": 21.5}, {"n": "rpm", "v": 900}, {"n": "other", "v": 1}]')
    assert [(row[0], row[2]) for row in rows(found)] == [(0, 21.5), (1, 900.0)]
    assert found.dead == []


def test_a_bad_element_does_not_cost_the_others():
    found = decode([tag(each="$[*]", value="$.v")], b'[{"v": 1}, {"v": "x"}, {"v": 3}]')
    assert values(found) == [1.0, 3.0]
    assert causes(found) == ["text where a number is expected at $.v"]


def test_an_array_that_is_not_there_is_named():
    assert causes(decode([tag(each="$.points[*]", value="$.v")], b'{"v": 1}')) == ["no value at $.v"]


@pytest.mark.parametrize(
    ("quality", "given", "status"),
    [
        ("$.q", "192", GOOD),
        ("$.q", "64", UNCERTAIN),
        ("$.q", "0", BAD),
        ("$.q", '"GOOD"', GOOD),
        ("$.q", "false", BAD),
        ("$.q", "null", GOOD),
        ({"path": "$.q", "good": [1, "OK"]}, '"OK"', GOOD),
        ({"path": "$.q", "good": [1, "OK"]}, "192", BAD),
    ],
)
def test_quality_of_the_source_is_the_status(quality, given, status):
    found = decode([tag(value="$.v", quality=quality)], b'{"v": 1, "q": %s}' % given.encode())
    assert [row[2:4] for row in rows(found)] == [(1.0, status)]


def test_a_message_no_tag_reads_is_counted_and_no_dead_letter():
    found = decode([tag()], b"1", topic="a/c")
    assert (found.unmapped, found.dead, found.batch) == (1, [], None)
