"""The way in: what the endpoints say and which security they want."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from socket import gethostname
from typing import TYPE_CHECKING

from asyncua import ua
from asyncua.crypto.cert_gen import generate_private_key, generate_self_signed_app_certificate
from cryptography.x509 import DNSName, GeneralName, IPAddress, UniformResourceIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulators.wire.nasty.quirk import Quirk
from simulators.wire.nasty.switch import START, Switch

if TYPE_CHECKING:
    from asyncua.server.server import Server

ELSEWHERE = "plc-1.factory.invalid"
URI = "urn:simulated:plc"
NAMES: list[GeneralName] = [
    UniformResourceIdentifier(URI),
    DNSName("localhost"),
    DNSName(gethostname()),
    IPAddress(ip_address("127.0.0.1")),
]


class OtherHost(Quirk):
    """A server that knows itself under a name which no DNS here has."""

    async def prepare(self, server: Server) -> None:
        """Keep to the own name in all endpoints; listen where it was to listen."""
        port = server.endpoint.port or 0
        server.socket_address = "127.0.0.1", port
        server.set_endpoint(f"opc.tcp://{ELSEWHERE}:{port or 4840}")
        server.set_match_discovery_endpoint_url(False)
        server.set_match_discovery_client_ip(False)


class NoNone(Quirk):
    """A plant's rule: encrypted or not at all. The certificate is made as the server starts, and kept for its lives."""

    def __init__(self) -> None:
        self._key = generate_private_key()

    async def prepare(self, server: Server) -> None:
        """Offer Basic256Sha256 with Sign and encryption alone."""
        certificate = generate_self_signed_app_certificate(
            self._key, "PLC", {"organizationName": "Simulated"}, NAMES, [ExtendedKeyUsageOID.SERVER_AUTH]
        )
        await server.set_application_uri(URI)
        server.iserver.certificate, server.iserver.private_key = certificate, self._key
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])


SWITCHES: Sequence[Switch] = (
    Switch(
        "other-host",
        "opcua",
        "endpoint URLs name a host that cannot be resolved",
        "every value, over the address in the plant file",
        OtherHost,
        START,
    ),
    Switch(
        "no-none",
        "opcua",
        "security None is off: Basic256Sha256, sign and encrypt",
        "an untrusted certificate told, then every value once it is trusted",
        NoNone,
        START,
    ),
)
