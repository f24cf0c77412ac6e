"""A second connection of a device under the client id of its first, which the broker must then throw out."""

from __future__ import annotations

from contextlib import suppress

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

ANSWER_S = 5.0


def take_over(name: str, host: str, port: int) -> None:
    """Connect under a client id, and go without a word as soon as the broker has agreed. Waits for both."""
    rival = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    agreed = False

    def connected(*_: object) -> None:
        nonlocal agreed
        agreed = True

    rival.on_connect = connected
    with suppress(OSError):  # the broker is away
        rival.connect(host, port, 15)
        while not agreed and rival.loop(ANSWER_S) == 0:
            pass
        wire = rival.socket()
        if wire is not None:
            wire.close()
