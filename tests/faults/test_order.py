"""Acknowledged is durable: no PUBACK, no answer to a POST leaves before the fsync that holds its rows returned."""

from __future__ import annotations

import json
import re
import shutil
import struct
from contextlib import closing

import pytest

from tests.faults.callers import Caller, calling
from tests.faults.generator import Generator, plant_text
from tests.faults.ledger import Ledger, stored
from tests.faults.system_calls import STRACE, MqttStream, calls, is_complete, published
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.core.instant import from_text

ENOUGH = 600
PUBLISH_QOS_1, PUBACK = 0x32, 0x40
TIME = re.compile(rb'"time": "([^"]+)"')


@pytest.mark.mosquitto
@pytest.mark.timeout(120)
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace on PATH (apt install strace)")
def test_no_acknowledgement_leaves_before_its_fsync(tmp_path):
    port, trace = free_port(), tmp_path / "trace.txt"
    victim = Victim(tmp_path, plant_text(port), before=(*STRACE, str(trace)))
    with mosquitto(tmp_path, port), closing(Ledger(tmp_path / "acknowledged")) as sent:
        caller = Caller(lambda: victim.port, sent)
        try:
            victim.start()
            eventually(victim.is_ready, 60, "twin run ready under strace")
            api = victim.port
            with Generator(port, 200, sent).running(), calling(caller, ledger=sent):
                eventually(lambda: len(sent.acknowledged) >= ENOUGH, 60, f"{ENOUGH} samples")
            eventually(lambda: sent.acknowledged <= set(stored(victim.data)), 30, "all of them stored")
            assert victim.stop() == 0
            eventually(lambda: is_complete(trace), 10, "the whole trace")
        finally:
            victim.end()
    order = Order(f":{port}]", f"[127.0.0.1:{api}->")
    for call in calls(trace):
        order.saw(call)
    assert order.early == []
    assert order.acknowledged >= ENOUGH // 4
    assert order.answered >= ENOUGH // 100


class Order:
    """Follows the calls of a twin: what has come, is written, is durable; early: acknowledged before that."""

    def __init__(self, broker: str, api: str) -> None:
        self._broker, self._api = broker, api
        self._received, self._sent = MqttStream(), MqttStream()
        self._of_identifier: dict[int, int] = {}
        self._asked: dict[str, bytes] = {}
        self._unwritten: dict[bytes, int] = {}
        self._written: set[int] = set()
        self._durable: set[int] = set()
        self.acknowledged = self.answered = 0
        self.early: list[int] = []

    def saw(self, call) -> None:
        wal = call.file.endswith("log.db-wal")
        if call.name == "recvfrom" and not call.begins and self._broker in call.file:
            self._came(call.data)
        elif call.name == "recvfrom" and not call.begins and self._api in call.file:
            before = self._asked.get(call.file, b"")
            self._asked[call.file] = before + call.data
            for instant in {*_times(before + call.data)} - {*_times(before)}:
                self._unwritten[struct.pack("<q", instant)] = instant
        elif call.name == "pwrite64" and call.begins and wal:
            for stamp in [stamp for stamp in self._unwritten if stamp in call.data]:
                self._written.add(self._unwritten.pop(stamp))
        elif call.name in {"fdatasync", "fsync"} and not call.begins and wal:
            self._durable |= self._written
        elif call.name == "sendto" and call.begins and self._broker in call.file:
            self._confirmed(call.data)
        elif call.name == "sendto" and call.begins and self._api in call.file and call.data.startswith(b"HTTP/1.1 2"):
            asked = _times(self._asked.pop(call.file, b""))
            self.answered += bool(asked)
            self.early += [instant for instant in asked if instant not in self._durable]

    def _came(self, piece: bytes) -> None:
        for kind, body in self._received.packets(piece):
            if kind & 0xF6 == PUBLISH_QOS_1:
                identifier, payload = published(body)
                instant = self._of_identifier[identifier] = json.loads(payload)["ts"]
                self._unwritten[struct.pack("<q", instant)] = instant

    def _confirmed(self, piece: bytes) -> None:
        for kind, body in self._sent.packets(piece):
            if kind == PUBACK:
                self.acknowledged += 1
                instant = self._of_identifier[int.from_bytes(body[:2])]
                self.early += [instant] if instant not in self._durable else []


def _times(request: bytes) -> list[int]:
    return [from_text(text.decode()) for text in TIME.findall(request)]
