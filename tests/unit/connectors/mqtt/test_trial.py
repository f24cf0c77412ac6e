import pytest

from connectors.mqtt import PLUGIN
from tests.unit.connectors.mqtt.reading import tag
from twin.core.errors import Misconfigured

TAGS = [
    tag("total", value="$.nTotal", timestamp={"path": "$.ts", "unit": "ms"}),
    tag("bad", value="$.nBad"),
    tag("other", topic="x/y"),
]


def trial(*arguments):
    return PLUGIN.dry_run(*arguments)


def test_every_tag_of_the_topic_says_what_it_makes_of_the_message():
    total, bad = trial(TAGS, "a/b", b'{"ts": 1700000000000, "nTotal": 5}')
    assert (total.tag, total.value, total.time, total.status, total.problem) == ("total", 5.0, 17 * 10**17, 0, "")
    assert (bad.tag, bad.problem) == ("bad", "no value at $.nBad")


def test_a_message_nobody_can_read_gives_cause_and_detail():
    assert {one.problem for one in trial(TAGS, "a/b", b'{"ts"')} == {
        "not JSON: Expecting ':' delimiter: line 1 column 6 (char 5)"
    }


def test_a_topic_no_tag_reads_gives_nothing():
    assert trial(TAGS, "nothing", b"1") == []


def test_an_array_gives_a_sample_for_each_element_and_its_causes():
    found = trial([tag(each="$[*]", value="$.v")], "a/b", b'[{"v": 1}, {"v": "x"}, {"v": 2}]')
    assert [(one.value, one.problem) for one in found[:2]] == [(1.0, ""), (2.0, "")]
    assert found[2].problem == "text where a number is expected at $.v: 'x'"


def test_elements_of_other_tags_are_said_to_be_so():
    (one,) = trial([tag(each="$[*]", value="$.v", where={"$.n": "temp"})], "a/b", b'[{"n": "rpm", "v": 1}]')
    assert one.problem == "no element of a/b is this tag's"


def test_a_tag_that_is_itself_wrong_is_a_setting_to_mend():
    with pytest.raises(Misconfigured, match="is not a path"):
        trial([tag(value="v")], "a/b", b"1")
