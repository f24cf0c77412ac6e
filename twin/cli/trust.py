"""`twin trust`: which servers wait for trust, and trusting one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.core.errors import Misconfigured
from twin.core.instant import to_text
from twin.core.ports import Certificate, TrustStore
from twin.runtime import plugins


def stores(folder: Path) -> dict[str, TrustStore]:
    """The certificates of every protocol that has any, by protocol."""
    return {p.protocol: p.trust(folder) for p in plugins.connectors().values() if p.trust is not None}


def trust(found: dict[str, TrustStore], fingerprint: str) -> Certificate:
    """Trust the certificate with the protocol where it waits. Raises Misconfigured when it waits nowhere."""
    refusals: list[Misconfigured] = []
    for store in found.values():
        try:
            return store.trust(fingerprint)
        except Misconfigured as error:
            refusals.append(error)
    raise refusals[0] if refusals else Misconfigured("no installed protocol has certificates")


def described(one: Certificate) -> dict[str, str]:
    """A certificate as JSON shows it."""
    return {
        "fingerprint": one.fingerprint,
        "subject": one.subject,
        "not_before": to_text(one.not_before),
        "not_after": to_text(one.not_after),
        "file": str(one.file),
    }


def lines(protocol: str, own: Certificate, waiting: Sequence[Certificate]) -> list[str]:
    """What a person compares: ours for the server's trust list, theirs for ours."""
    text = [f"{protocol}: our certificate {own.fingerprint}", f"    {own.file} (trust it in the server)"]
    if not waiting:
        return [*text, "    no server waits for trust"]
    for one in waiting:
        text += [
            f"    waits: {one.subject}, valid {to_text(one.not_before)} to {to_text(one.not_after)}",
            f"        twin trust {one.fingerprint}",
        ]
    return text


def run(arguments: argparse.Namespace) -> int:
    """Trust one, or show what there is."""
    found = stores(Path(arguments.data))
    if arguments.fingerprint:
        trusted = trust(found, arguments.fingerprint)
        if arguments.json:
            print(json.dumps(described(trusted)))
        else:
            print(f"trusted {trusted.subject} ({trusted.file}); it is connected to at the next attempt")
        return DONE
    shown = {protocol: (store.own(), store.waiting()) for protocol, store in found.items()}
    if arguments.json:
        body = {p: {"own": described(own), "waiting": [*map(described, w)]} for p, (own, w) in shown.items()}
        print(json.dumps(body))
        return DONE
    for protocol, (own, waiting) in shown.items():
        sys.stdout.writelines(f"{line}\n" for line in lines(protocol, own, waiting))
    return DONE


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fingerprint", metavar="FINGERPRINT", nargs="?", default="", help="its first 8 digits or more")
    data_argument(parser)
    json_argument(parser)


COMMAND = Command("trust", "list certificates that wait for trust, or trust one", _arguments, run)
