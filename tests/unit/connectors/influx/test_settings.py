"""Every wrong setting of an outlet to InfluxDB is named before anything connects; no secret is told."""

from __future__ import annotations

import pytest

from connectors.influx import PLUGIN
from connectors.influx.settings import destination_of
from twin.core.errors import Misconfigured
from twin.core.instant import SECOND
from twin.core.plugin import OutletSpec

URL = "http://10.0.1.9:8086"


def spec(url: str = URL, **settings: object) -> OutletSpec:
    return OutletSpec("historian", "influx", url, {"bucket": "plant", **settings}, "plant.yaml:5")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (spec(bucket=""), "bucket is missing"),
        (spec(bucket="/two"), "bucket is missing"),
        (spec(version="2"), "org is missing"),
        (spec(token="secret", user="joe"), "token and user"),
        (spec(password="secret"), "password without user"),
        (spec(user="joe", password="secret", version="3"), "takes a token"),
        (spec(token="sec\nret"), "one line each"),
        (spec(measurement="_m"), "measurement '_m'"),
        (spec(measurement="a\nb"), "measurement"),
        (spec(timeout=0), "timeout is 0 s"),
        (spec(ca="/ca.pem"), "ca needs an address that starts with https://"),
        (spec("http://joe:secret@h"), "no credentials in the address"),
        (spec("ftp://h"), "is not an address"),
        (spec("http://h?db=x"), "is not an address"),
        (spec("http://h:x"), "write http://HOST:8086"),
    ],
)
def test_a_wrong_setting_is_named(wrong: OutletSpec, said: str) -> None:
    ((place, message),) = PLUGIN.check(wrong)
    assert place == "plant.yaml:5"
    assert message.startswith("outlet historian: ")
    assert said in message
    assert "secret" not in message
    with pytest.raises(Misconfigured):
        destination_of(wrong)


def test_what_is_right_is_read() -> None:
    one = destination_of(spec(f"{URL}/", org="acme", token="t0ken", version="2", timeout=3 * SECOND))
    assert (one.url, one.bucket, one.org, one.version, one.timeout_s) == (URL, "plant", "acme", "2", 3.0)
    assert one.authorization == "Token t0ken"
    assert "t0ken" not in repr(one)
    assert PLUGIN.check(spec()) == []


def test_user_and_password_become_a_header() -> None:
    one = destination_of(spec(user="joe", password="päss"))
    assert one.authorization == "Basic am9lOnDDpHNz"
    assert "päss" not in repr(one)
    assert destination_of(spec()).authorization == ""


def test_a_bucket_has_the_two_halves_of_a_server_of_version_1() -> None:
    one = destination_of(spec(bucket="plant/a_year"))
    assert (one.database, one.policy) == ("plant", "a_year")
    assert destination_of(spec()).policy == ""


@pytest.mark.parametrize(
    ("url", "asked", "packed"),
    [
        ("http://127.0.0.1:8086", "auto", False),
        ("http://localhost", "auto", False),
        ("http://[::1]:8086", "auto", False),
        (URL, "auto", True),
        (URL, "off", False),
        ("http://127.0.0.1:8086", "on", True),
    ],
)
def test_compressed_is_what_goes_over_a_network(url: str, asked: str, packed: bool) -> None:
    assert destination_of(spec(url, gzip=asked)).gzip is packed
