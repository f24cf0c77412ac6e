"""Acknowledged is durable: no PUBACK leaves before the fsync that holds its message has returned."""

from __future__ import annotations

import json
import shutil
import struct

import pytest

from tests.faults.generator import Generator, plant_text
from tests.faults.kill_cycles import stored
from tests.faults.system_calls import STRACE, MqttStream, calls, is_complete, published
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto

ENOUGH = 600
PUBLISH_QOS_1, PUBACK = 0x32, 0x40


@pytest.mark.mosquitto
@pytest.mark.timeout(120)
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace on PATH (apt install strace)")
def test_no_acknowledgement_leaves_before_its_fsync(tmp_path):
    port, trace = free_port(), tmp_path / "trace.txt"
    victim = Victim(tmp_path, plant_text(port), before=(*STRACE, str(trace)))
    with mosquitto(tmp_path, port):
        try:
            victim.start()
            eventually(victim.is_ready, 60, "twin run ready under strace")
            with Generator(port, 200).running() as sent:
                eventually(lambda: len(sent.acknowledged) >= ENOUGH, 30, f"{ENOUGH} messages")
            eventually(lambda: sent.acknowledged <= set(stored(victim.data)), 30, "all of them stored")
            assert victim.stop() == 0
            eventually(lambda: is_complete(trace), 10, "the whole trace")
        finally:
            victim.end()
    acknowledged, early = check(trace, f":{port}]")
    assert early == []
    assert acknowledged >= ENOUGH


def check(trace, broker: str) -> tuple[int, list[int]]:
    """How many messages were acknowledged, and the times of those for which it was too early."""
    received, sent = MqttStream(), MqttStream()
    of_identifier: dict[int, int] = {}
    written: set[int] = set()
    unwritten: dict[bytes, int] = {}
    durable: set[int] = set()
    acknowledged, early = 0, []
    for call in calls(trace):
        if call.name == "recvfrom" and not call.begins and broker in call.file:
            for kind, body in received.packets(call.data):
                if kind & 0xF6 == PUBLISH_QOS_1:
                    identifier, payload = published(body)
                    instant = json.loads(payload)["ts"]
                    of_identifier[identifier] = instant
                    unwritten[struct.pack("<q", instant)] = instant
        elif call.name == "pwrite64" and call.begins and call.file.endswith("log.db-wal"):
            for stamp in [stamp for stamp in unwritten if stamp in call.data]:
                written.add(unwritten.pop(stamp))
        elif call.name in {"fdatasync", "fsync"} and not call.begins and call.file.endswith("log.db-wal"):
            durable |= written
        elif call.name == "sendto" and call.begins and broker in call.file:
            for kind, body in sent.packets(call.data):
                if kind == PUBACK:
                    acknowledged += 1
                    instant = of_identifier[int.from_bytes(body[:2])]
                    early += [instant] if instant not in durable else []
    return acknowledged, early
