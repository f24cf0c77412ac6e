from pathlib import Path

import pytest

from connectors.mqtt import PLUGIN
from connectors.mqtt.session import NOTED_EVERY, Noted, Session
from connectors.mqtt.settings import broker_of
from tests.unit.connectors.mqtt.reading import tag
from twin.core.errors import Misconfigured, StoreFailed
from twin.core.instant import HOUR, SECOND
from twin.core.plugin import ConnectionSpec, TagAddress


def spec(url="mqtt://10.0.1.5", time="source", **settings):
    return ConnectionSpec("gw", "mqtt", url, settings, time=time, place="plant.yaml:5")


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("mqtt://10.0.1.5", 1883, False),
        ("mqtts://10.0.1.5", 8883, True),
        ("mqtt://broker:1884/", 1884, False),
        ("mqtt://[::1]:1884", 1884, False),
    ],
)
def test_the_address_gives_port_and_encryption(url, port, tls):
    broker = broker_of(spec(url), Path())
    assert (broker.port, broker.tls) == (port, tls)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec("mqtt://"), "write mqtt://HOST:PORT"),
        (spec("http://x"), "write mqtt://HOST:PORT"),
        (spec("mqtt://x:99999"), "write mqtt://HOST:PORT"),
        (spec("mqtt://x/topic"), "write mqtt://HOST:PORT"),
        (spec("mqtt://me:secret@x"), "use the keys user and password"),
        (spec(time="server"), "use time: source or time: arrival"),
        (spec(receive_maximum=0), "receive_maximum is 0; it is 1 to 65535"),
        (spec(ca="ca.pem"), "need an address that starts with mqtts://"),
        (spec("mqtts://x", key="key.pem"), "key without cert"),
        (spec(password="p"), "password without user"),
    ],
)
def test_a_wrong_connection_says_how_to_mend_it(wrong, message):
    with pytest.raises(Misconfigured, match=message) as raised:
        broker_of(wrong, Path())
    assert "secret" not in str(raised.value)
    assert [(place, message in text) for place, text in PLUGIN.check(wrong, ())] == [("plant.yaml:5", True)]


def test_check_names_every_wrong_tag_with_its_place():
    wrong = [
        TagAddress("a/x", {"topic": "t", "value": "v"}, place="plant.yaml:8"),
        TagAddress("a/y", {"topic": "t", "qos": 2}, place="plant.yaml:9"),
        tag("a/z"),
    ]
    assert [(place, text.split(":")[0]) for place, text in PLUGIN.check(spec(), wrong)] == [
        ("plant.yaml:8", "a/x"),
        ("plant.yaml:9", "a/y"),
    ]


def test_the_client_id_is_stable_for_a_data_folder_and_differs_between_them(tmp_path):
    ids = [broker_of(spec(), tmp_path / name).client_id for name in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("linetwin-gw-")
    assert broker_of(spec(client_id="mine"), tmp_path).client_id == "mine-telemetry"


def test_lengths_are_whole_seconds_on_the_wire():
    broker = broker_of(spec(keepalive=SECOND // 2, session_expiry=HOUR), Path())
    assert (broker.keepalive, broker.session_expiry) == (1, 3600)


def test_a_session_is_remembered_over_a_restart(tmp_path):
    assert Session(tmp_path, "gw").last() is None
    Session(tmp_path, "gw").heard(5, ["a/b"])
    noted = Session(tmp_path, "gw").last()
    assert noted is not None
    assert (noted.heard, noted.filters) == (5, ("a/b",))
    assert Session(tmp_path, "other").last() is None


def test_a_session_is_written_every_ten_seconds_and_not_oftener(tmp_path):
    session = Session(tmp_path, "gw")
    start = 1_700_000_000 * SECOND
    found = []
    for now in (start, start + NOTED_EVERY - 1, start + NOTED_EVERY):
        session.heard(now, [])
        found.append(Session(tmp_path, "gw").last().heard - start)
    assert found == [0, 0, NOTED_EVERY]


def test_a_note_that_the_disk_does_not_take_is_told_in_a_line_and_written_next_time(tmp_path):
    (tmp_path / "mqtt").write_text("a file where the folder should be")
    session = Session(tmp_path, "gw")
    with pytest.raises(StoreFailed, match="is there room"):
        session.heard(5, [])
    (tmp_path / "mqtt").unlink()
    session.heard(6, [])
    assert Session(tmp_path, "gw").last() == Noted(6, ())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"heard": "x", "filters": []}', '{"heard": 5}'])
def test_a_broken_note_is_no_note(tmp_path, text):
    (tmp_path / "mqtt").mkdir()
    (tmp_path / "mqtt" / "gw.json").write_text(text)
    assert Session(tmp_path, "gw").last() is None


def test_a_connection_name_cannot_leave_the_data_folder(tmp_path):
    Session(tmp_path / "data", "../../evil").heard(1, [])
    assert [file.parent for file in tmp_path.rglob("*.json")] == [tmp_path / "data" / "mqtt"]
