"""The order of system calls: no PUBACK, no answer to a POST leaves before the fsync that holds its rows returned.

`python -m tests.faults.order --cycles N` watches N thousand samples by strace and prints one line.
"""

from __future__ import annotations

import json
import re
import struct
from contextlib import closing
from pathlib import Path

from tests.faults.callers import Caller, calling
from tests.faults.generator import Generator, plant_text
from tests.faults.ledger import Ledger, compared
from tests.faults.outcome import Outcome, command
from tests.faults.system_calls import STRACE, MqttStream, calls, is_complete, published
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.core.instant import from_text

PUBLISH_QOS_1, PUBACK = 0x32, 0x40
TIME = re.compile(rb'"time": "([^"]+)"')


def order(cycles: int, seed: int, folder: Path, enough: int = 1000) -> Outcome:
    """Watch a twin take `enough` samples a cycle by MQTT and REST."""
    port, trace = free_port(), folder / "trace.txt"
    victim = Victim(folder, plant_text(port), before=(*STRACE, str(trace)))
    with mosquitto(folder, port), closing(Ledger(folder / "acknowledged")) as sent:
        caller = Caller(lambda: victim.port, sent)
        try:
            victim.start()
            eventually(victim.is_ready, 60, "twin run ready under strace")
            api = victim.port
            with Generator(port, 200, sent).running(), calling(caller, ledger=sent):
                eventually(lambda: len(sent.acknowledged) >= cycles * enough, 60 * cycles, "enough samples")
            eventually(lambda: compared(sent, victim.data).lost == 0, 60, "all of them stored")
            code = victim.stop()
            eventually(lambda: is_complete(trace), 10, "the whole trace")
        finally:
            victim.end()
    seen = Order(f":{port}]", f"[127.0.0.1:{api}->")
    for call in calls(trace):
        seen.saw(call)
    c = compared(sent, victim.data)
    wrong = [f"{len(seen.early)} acknowledged before they were on disk"] if seen.early else []
    wrong += [f"exit {code}"] if code else []
    more = {"PUBACK seen": seen.acknowledged, "answers seen": seen.answered, "too early": len(seen.early)}
    return Outcome(
        "R03 order", seed, cycles, c.sent, c.acked, c.stored, c.lost, c.invented, c.twice_read, (), more, wrong
    )


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


if __name__ == "__main__":
    command("no acknowledgement leaves before its fsync", order, 5)
