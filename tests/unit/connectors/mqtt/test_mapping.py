import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from connectors.mqtt import mapping
from connectors.mqtt.mapping import Mapping, matches
from connectors.mqtt.rule import checked_filter, compile_rule
from tests.unit.connectors.mqtt.reading import causes, decode, rows, tag

LEVELS = st.lists(st.sampled_from(["a", "b", "", "+"]), min_size=1, max_size=4)


@given(LEVELS, st.booleans(), st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=5))
def test_filters_match_as_another_implementation_says(levels, rest, topic):
    wanted = "/".join([*levels, "#"] if rest else levels)
    assert matches(wanted, "/".join(topic)) == topic_matches_sub(wanted, "/".join(topic))


@pytest.mark.parametrize("wanted", ["#", "+/broker/load", "+/#"])
def test_wildcards_never_take_what_the_broker_says_of_itself(wanted):
    assert not matches(wanted, "$SYS/broker/load")


def test_a_shared_subscription_is_matched_by_its_filter():
    found = decode([tag(topic="$share/group/a/+")], b"5", topic="a/b")
    assert [row[2] for row in rows(found)] == [5.0]


@pytest.mark.parametrize("wanted", ["", "a/#/b", "a#", "a/b+", "#/a", "a\0b", "$share/group", "x" * 70_000])
def test_a_filter_mqtt_forbids_is_refused(wanted):
    with pytest.raises(ValueError, match="topic"):
        checked_filter(wanted)


def test_an_exact_topic_also_feeds_wildcard_tags():
    found = decode([tag("exact", value="$.v"), tag("wild", topic="a/+", value="$.w")], b'{"v": 1, "w": 2}')
    assert [(row[0], row[2]) for row in rows(found)] == [(0, 1.0), (1, 2.0)]


def test_a_flood_of_topics_costs_bounded_memory_and_spares_the_tags(monkeypatch):
    monkeypatch.setattr(mapping, "REMEMBERED", 100)
    one = Mapping([compile_rule(tag(topic="line/+/temp"), 0), compile_rule(tag("x", topic="line/x"), 1)])
    for n in range(1000):
        assert one.plan(f"noise/{n}") is None
        assert one.plan(f"line/{n}/temp") is not None
    assert one.plan("line/x") is not None
    assert len(one._matched) == 100


@pytest.mark.parametrize("topic", ["../../etc", "a b,c=d", 'q"uote', "emoji/😀", "<script>", "x" * 4096, "new\nline"])
def test_strange_topics_are_topics(topic):
    assert [row[2] for row in rows(decode([tag(topic=topic)], b"1", topic=topic))] == [1.0]
    assert causes(decode([tag(topic=topic)], b"x", topic=topic)) == ["not a number"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"value": "v"}, "is not a path"),
        ({"value": "$.a[*]"}, "under `each`"),
        ({"each": "$.points"}, r"each '\$.points' names no array elements; write \$.points\[\*\]"),
        ({"timestamp": 5}, r"timestamp is a path like \$.ts or {path: \$.ts, unit: ms}"),
        ({"timestamp": {"path": "$.ts", "format": "ms"}}, "timestamp is a path"),
        ({"timestamp": {"path": "$.ts", "unit": "minutes"}}, "unit 'minutes' is not one of s, ms, us, ns, iso, auto"),
        ({"quality": {"good": [1]}}, "quality is a path"),
        ({"where": "$.n"}, "where is a map"),
        ({"topic": "a/#/b"}, "# stands alone on the last level"),
    ],
)
def test_a_wrong_key_says_what_it_looks_like(settings, message):
    with pytest.raises(ValueError, match=message):
        compile_rule(tag(**settings), 0)


def test_a_bytes_tag_holds_the_whole_payload():
    with pytest.raises(ValueError, match="leave out value and each"):
        compile_rule(tag(type="bytes", value="$.v"), 0)
