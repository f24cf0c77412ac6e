"""`twin trust`: which servers wait for trust, and trusting one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

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
        "shown_by": one.shown_by,
    }


def lines(protocol: str, store: TrustStore) -> list[str]:
    """What a person compares: ours for the server's trust list, theirs for ours."""
    own, following, waiting = store.own(), store.following(), store.waiting()
    text = [f"{protocol}: our certificate {own.fingerprint}", f"    {own.file} ({valid(own)}); trust it in the server:"]
    if following is not None:
        text += [
            f"    and the next one {following.fingerprint}",
            f"    {following.file} (in use from the end of ours on)",
        ]
    text += [f"        {line}" for line in store.advice()]
    if not waiting:
        return [*text, "    no server waits for trust"]
    for one in waiting:
        by = f", shown by {one.shown_by}" if one.shown_by else ""
        text += [f"    waits: {one.subject}, {valid(one)}{by}", f"        twin trust {one.fingerprint}"]
    return text


def valid(one: Certificate) -> str:
    """When a certificate counts."""
    return f"valid {to_text(one.not_before)} to {to_text(one.not_after)}"


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
    if arguments.json:
        print(json.dumps({protocol: as_json(store) for protocol, store in found.items()}))
        return DONE
    for protocol, store in found.items():
        sys.stdout.writelines(f"{line}\n" for line in lines(protocol, store))
    return DONE


def as_json(store: TrustStore) -> dict[str, Any]:
    """One protocol's certificates for a program."""
    own, following = store.own(), store.following()
    return {
        "own": described(own),
        "next": described(following) if following else None,
        "waiting": [*map(described, store.waiting())],
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fingerprint", metavar="FINGERPRINT", nargs="?", default="", help="its first 8 digits or more")
    data_argument(parser)
    json_argument(parser)


COMMAND = Command("trust", "list certificates that wait for trust, or trust one", _arguments, run)
