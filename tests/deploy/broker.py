"""A mosquitto with deploy/mosquitto/mosquitto.conf, only its port and its paths moved, and clients that tell all."""

from __future__ import annotations

import getpass
import queue
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.wire.mqtt.brokers import wait_for_port

WAIT_S = 10


@contextmanager
def mosquitto(stage: Path, data: Path, port: int) -> Generator[subprocess.Popen[bytes]]:
    """The broker while the block runs; it is killed at its end, as by a power cut."""
    data.mkdir(exist_ok=True)
    text = (stage / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    moved = {
        "listener 1883": f"listener {port} 127.0.0.1",
        "/mosquitto/config/passwd": str(stage / "secrets" / "passwd"),
        "/mosquitto/config/acl": str(stage / "mosquitto" / "acl"),
        "/mosquitto/data/": f"{data}/",
    }
    for old, new in moved.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    config = data / "mosquitto.conf"
    config.write_text(f"{text}\nuser {getpass.getuser()}\n", encoding="utf-8")
    process = subprocess.Popen([shutil.which("mosquitto") or "", "-c", str(config)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.kill()
        process.wait(WAIT_S)


class Client:
    """One account at the broker; what happens to it comes as values, not as callbacks."""

    def __init__(self, port: int, user: str, password: str, session: str = "") -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._connected: queue.Queue[ReasonCode] = queue.Queue()
        self._told: queue.Queue[int] = queue.Queue()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, session, protocol=mqtt.MQTTv5)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._connected.put(reason)
        self._client.on_publish = lambda _c, _u, _m, reason, _p: self._told.put(reason.value)
        self._client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._told.put(reasons[0].value)
        self._client.on_message = lambda _c, _u, message: self.messages.put((message.topic, message.payload))
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if session else 0
        self._client.connect("127.0.0.1", port, clean_start=not session, properties=properties)
        self._client.loop_start()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def reason(self) -> str:
        """What the broker says to the connection."""
        return self._connected.get(timeout=WAIT_S).getName()

    def publish(self, topic: str, payload: str) -> int:
        """Reason code of the acknowledgement: 0 taken, 16 taken but nobody listens, 135 not authorised."""
        self._client.publish(topic, payload, qos=1)
        return self._told.get(timeout=WAIT_S)

    def subscribe(self, topic: str) -> int:
        """Reason code of the acknowledgement: 1 is QoS 1."""
        self._client.subscribe(topic, qos=1)
        return self._told.get(timeout=WAIT_S)

    def next(self) -> tuple[str, bytes]:
        """The next message."""
        return self.messages.get(timeout=WAIT_S)
