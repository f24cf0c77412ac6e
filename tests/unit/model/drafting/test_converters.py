"""Telegraf's and OPC Publisher's files: what is carried over, and that all else is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.opcua import PLUGIN
from twin.core.errors import Misconfigured
from twin.model.drafting.drafts import Drafts, fitted
from twin.model.drafting.publisher import from_publisher
from twin.model.drafting.telegraf import from_telegraf
from twin.model.load import load
from twin.model.plant_text import plant_text

HERE = Path(__file__).parent
TELEGRAF = (HERE / "telegraf.toml").read_text(encoding="utf-8")
PUBLISHED = (HERE / "pn.json").read_text(encoding="utf-8")


def telegraf(text: str) -> Drafts:
    return from_telegraf(text, "telegraf.toml", {})


def publisher(entries: list[dict[str, Any]] | str) -> Drafts:
    return from_publisher(entries if isinstance(entries, str) else json.dumps(entries), "pn.json", {})


@pytest.mark.parametrize("drafts", [telegraf(TELEGRAF), publisher(PUBLISHED)], ids=["telegraf", "publisher"])
def test_what_is_made_of_them_is_right_and_holds_no_password(drafts: Drafts) -> None:
    can = fitted(drafts, {"opcua": PLUGIN})
    text = plant_text("my/plant", can.connections, can.tags, left_out=can.left_out)
    assert "hunter2" not in text
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "x")
    plant = load(text, "plant.yaml", {"opcua": PLUGIN}, secrets)
    assert [plant.short(path) for path in plant.tags] == [tag.path for tag in drafts.tags]


def test_a_listener_of_telegraf() -> None:
    drafts = telegraf(TELEGRAF)
    _, packaging = drafts.connections
    groups = packaging.settings["groups"]
    assert {key: value for key, value in packaging.settings.items() if key != "groups"} == {
        "ns": "urn:line",
        "security": "Basic256Sha256",
        "mode": "SignAndEncrypt",
        "user": "telegraf",
        "password": "${PACKAGING_PASSWORD}",
        "timeout": "8s",
        "publishing": "500ms",
    }
    assert groups == {
        "group1": {"sampling": "100ms", "queue": 50, "trigger": "status_value_timestamp"},
        "group2": {"sampling": "1s"},
        "group3": {"sampling": "100ms", "queue": 50, "deadband_percent": 2.0},
    }
    assert {tag.path: dict(tag.keys) for tag in drafts.tags if tag.connection == "packaging"} == {
        "motor_temp": {"node": 'ns=3;s="DB_Filler"."rTemp"'},
        "speed": {"node": "Filler.speed", "deadband": 0.5, "group": "group1"},
        "packer/total": {"node": "Packer.total", "group": "group2"},
        "packer/state": {"node": "Packer.state", "group": "group3"},
    }


def test_a_polled_input_of_telegraf() -> None:
    drafts = telegraf(TELEGRAF)
    assert dict(drafts.connections[0].settings) == {"security": "none", "time": "arrival", "every": "5s"}
    nodes = [tag.keys["node"] for tag in drafts.tags if tag.connection == "c"]
    assert nodes == ["i=2258", "nsu=urn:plc;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"]


def test_what_telegraf_has_and_we_have_not_is_told_with_its_place() -> None:
    places = [line.partition(": ")[0] for line in telegraf(TELEGRAF).left_out]
    listener = "inputs.opcua_listener[0]"
    assert places == [
        "inputs.opcua[0].client_trace",
        "inputs.opcua[0].workarounds",
        "inputs.opcua[0]",
        *(f"{listener}.{key}" for key in ("connect_timeout", "certificate", "private_key", "events", "password")),
        f"{listener}.nodes[0]",
        f"{listener}.nodes[1].default_tags",
        f"{listener}.nodes[1].monitoring_params.discard_oldest",
        f"{listener}.group[0].default_tags",
        f"{listener}.group[0].nodes[2]",
        "inputs.cpu",
        "outputs",
        "agent.flush_interval",
    ]


def test_every_key_that_is_not_known_is_told() -> None:
    drafts = telegraf('[[inputs.opcua]]\nmagic = 1\nnodes = [{name = "a", id = "i=1", spell = "x"}]\n')
    assert "inputs.opcua[0].magic: has no equal here" in drafts.left_out
    assert "inputs.opcua[0].nodes[0].spell: has no equal here" in drafts.left_out
    drafts = publisher([{"EndpointUrl": "opc.tcp://a", "Magic": 1, "OpcNodes": [{"Id": "i=1", "Spell": "x"}]}])
    assert drafts.left_out == ("[0].Magic: has no equal here", "[0].OpcNodes[0].Spell: has no equal here")


@pytest.mark.parametrize(
    ("security", "settings", "told"),
    [
        ('security_policy = "Basic256"', {}, "Basic256 is not safe any more"),
        ('security_mode = "Sign"', {"mode": "Sign"}, ""),
        ('security_policy = "None"', {"security": "none"}, ""),
        ('security_policy = "None"\nauth_method = "UserName"\nusername = "a"', None, "in clear text"),
        ('auth_method = "Certificate"', {}, "Certificate"),
        ('auth_method = "UserName"\nusername = "@{store:name}"', None, "is in a secret store"),
        ('request_timeout = "soon"', {}, "'soon' is not a duration"),
    ],
)
def test_security_of_telegraf(security: str, settings: dict[str, str] | None, told: str) -> None:
    drafts = telegraf(f'[[inputs.opcua_listener]]\ntimestamp = "source"\n{security}\n')
    if settings is not None:
        assert dict(drafts.connections[0].settings) == {**settings, "publishing": "100ms"}
    assert told in "\n".join(drafts.left_out)
    assert bool(told) == bool(drafts.left_out)


def test_published_nodes() -> None:
    drafts = publisher(PUBLISHED)
    first, second = drafts.connections
    groups = first.settings["groups"]
    assert {key: value for key, value in first.settings.items() if key != "groups"} == {
        "ns": "urn:line",
        "mode": "SignAndEncrypt",
        "user": "publisher",
        "password": "${C1_PASSWORD}",
    }
    assert isinstance(groups, dict)
    assert list(groups.values()) == [
        {"publishing": "500ms", "sampling": "100ms", "queue": 10},
        {"publishing": "500ms", "sampling": "100ms", "queue": 10, "trigger": "status_value_timestamp"},
        {"publishing": "5s", "sampling": "1500ms"},
        {"publishing": "500ms"},
        {"sampling": "1s", "mode": "poll"},
        {"deadband_percent": 2.0},
    ]
    assert (second.name, second.url, dict(second.settings)) == ("c2", "opc.tcp://10.0.1.20:4840", {"security": "none"})
    assert {tag.path: (tag.keys["node"], tag.display) for tag in drafts.tags} == {
        "brno/filler/speed": ("Filler.speed", "Speed"),
        "brno/filler/motor_temp": ("Filler.temp", "Motor Temp"),
        "brno/filler/drum_level": ("nsu=http://opcfoundation.org/UA/Boiler/;i=1240", "Drum level"),
        "brno/filler/zone2": ("ns=2;s=Zones", ""),
        "brno/packer/packer_total": ("Packer.total", ""),
        "brno/packer/packer_rate": ("Packer.rate", ""),
        "2258": ("i=2258", ""),
    }
    assert [line.partition(": ")[0] for line in drafts.left_out] == [
        "[0].BatchSize",
        "[0].OpcAuthenticationPassword",
        "[0].OpcNodes[2].SkipFirst",
        "[0].OpcNodes[2].HeartbeatInterval",
        "[0].OpcNodes[3]",
        "[0].OpcNodes[4]",
        "[0].OpcNodes[4].IndexRange",
        "[0].OpcNodes[5].EventFilter",
        "[0].OpcNodes[5]",
        "[1].OpcNodes[0].DiscardNew",
    ]


def test_what_all_tags_share_is_the_connections() -> None:
    nodes = [{"Id": f"i={i}", "OpcSamplingInterval": 100, "QueueSize": 5000} for i in (1, 2)]
    entry = {"EndpointUrl": "opc.tcp://a", "EndpointSecurityMode": "Best", "OpcNodes": nodes}
    assert dict(publisher([entry]).connections[0].settings) == {"sampling": "100ms", "queue": 1000}


@pytest.mark.parametrize(
    ("entry", "settings", "told"),
    [
        ({"UseSecurity": True}, {"mode": "SignAndEncrypt"}, ""),
        ({"EndpointSecurityMode": "Sign"}, {"mode": "Sign"}, ""),
        ({"EndpointSecurityMode": "Best"}, {}, ""),
        (
            {
                "UseSecurity": True,
                "EndpointSecurityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256",
            },
            {"security": "Basic256Sha256", "mode": "SignAndEncrypt"},
            "",
        ),
        ({"UseSecurity": True, "EndpointSecurityPolicy": "Basic256"}, {"mode": "SignAndEncrypt"}, "not safe any more"),
        (
            {"OpcAuthenticationMode": "UsernamePassword", "OpcAuthenticationUsername": "a"},
            {"user": "a", "password": "${C1_PASSWORD}"},
            "in clear text",
        ),
    ],
)
def test_security_of_published_nodes(entry: dict[str, Any], settings: dict[str, str], told: str) -> None:
    drafts = publisher([{"EndpointUrl": "opc.tcp://a", **entry}])
    assert dict(drafts.connections[0].settings) == settings
    assert told in "\n".join(drafts.left_out)


@pytest.mark.parametrize("text", ["{}", "[]", "[1]", '[{"a": 1}]'])
def test_what_is_no_list_of_published_nodes_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"pn\.json:1: is no list of published nodes"):
        publisher(text)


def test_files_that_do_not_parse_are_told_with_their_line() -> None:
    with pytest.raises(Misconfigured, match=r"pn\.json:2: not JSON"):
        publisher("[\n{a}]")
    with pytest.raises(Misconfigured, match=r"telegraf\.toml:2: not TOML"):
        telegraf("[a]\nb")
    with pytest.raises(Misconfigured, match=r"holds no \[\[inputs.opcua\]\]"):
        telegraf("[agent]\n")
