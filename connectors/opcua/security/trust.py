"""Which servers we trust: folders of certificates below DIR/pki. Nothing is ever trusted by itself.

trusted/   servers (by their own certificate) and authorities (whose servers are then trusted too)
issuers/   authorities between a trusted one and a server; not trusted by themselves
rejected/  what servers showed and nobody has trusted yet; `twin trust FINGERPRINT` moves it to trusted/
crl/       revocation lists of authorities
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.opcua.security.certificate import fingerprint_of, hosts_of, is_issued_by, own_pair, uris_of
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import SECOND
from twin.core.ports import Certificate

MOST_REJECTED = 100
"""A port scanner or a restarting server must not fill the disk; the oldest go first."""
LONGEST_CHAIN = 8
SHORTEST_FINGERPRINT = 8
"""Hex digits: fewer could be met by chance."""


class CertificateFolder:
    """The certificates of one data folder (the port TrustStore). Reads the disk each time: trust needs no restart."""

    def __init__(self, folder: Path) -> None:
        self.data = folder
        self.pki = folder / "pki"

    def own(self) -> Certificate:
        """Our certificate, made now if there is none."""
        file, _ = own_pair(self.pki)
        return described(x509.load_der_x509_certificate(file.read_bytes()), file)

    def waiting(self) -> Sequence[Certificate]:
        """What waits in rejected/, oldest first."""
        return [described(certificate, file) for certificate, file in self._in("rejected")]

    def trust(self, fingerprint: str) -> Certificate:
        """Move the one waiting certificate whose fingerprint starts so to trusted/. Raises Misconfigured."""
        wanted = digits(fingerprint)
        if len(wanted) < SHORTEST_FINGERPRINT:
            raise Misconfigured(f"{fingerprint!r} is too short: give at least {SHORTEST_FINGERPRINT} hex digits")
        found = [c for c in self.waiting() if digits(c.fingerprint).startswith(wanted)]
        if len(found) != 1:
            have = ", ".join(short(c.fingerprint) for c in self.waiting()) or "none"
            raise Misconfigured(f"{len(found)} certificates wait with fingerprint {fingerprint}; waiting: {have}")
        trusted = self._folder("trusted") / found[0].file.name
        found[0].file.replace(trusted)
        return described(x509.load_der_x509_certificate(trusted.read_bytes()), trusted)

    def check(self, der: bytes, uri: str, host: str) -> None:
        """Let a server's certificate pass, or raise Unreachable with the reason: it heals once the reason is gone.

        uri: the application URI that the server gives itself. host: whom we called, empty when it need not match.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
        except ValueError as error:
            raise Unreachable(f"server certificate cannot be read: {error}") from None
        name = short(fingerprint_of(der))
        pinned = any(der == c.public_bytes(Encoding.DER) for c, _ in self._in("trusted"))
        chain = [] if pinned else self._chain_of(certificate)
        if not pinned and not chain:
            self._reject(der)
            raise Unreachable(f"server certificate {name} is not trusted yet: twin trust {name} --data {self.data}")
        for link in (certificate, *chain):
            self._check_alone(link, name)
        if uri not in uris_of(certificate):
            has = ", ".join(uris_of(certificate)) or "none"
            raise Unreachable(f"server certificate {name} is for application URI {has}, but the server is {uri}")
        # a certificate trusted by itself is already tied to this one server; only an authority vouches for many
        if chain and host and host.lower() not in {h.lower() for h in hosts_of(certificate)}:
            has = ", ".join(hosts_of(certificate)) or "none"
            raise Unreachable(
                f"server certificate {name} is for host {has}, not {host}; if that is meant, set `certificate_host`"
            )

    def _check_alone(self, certificate: x509.Certificate, name: str) -> None:
        now = datetime.now(UTC)
        if now > certificate.not_valid_after_utc:
            raise Unreachable(f"server certificate {name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
        if now < certificate.not_valid_before_utc:
            start = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
            raise Unreachable(f"server certificate {name} is not valid before {start} (are both clocks right?)")
        if self._is_revoked(certificate):
            raise Unreachable(f"server certificate {name} is revoked by its authority")

    def _chain_of(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """The authorities from this certificate's issuer up to a trusted one; none when no way leads there."""
        trusted = [c for c, _ in self._in("trusted")]
        between = [c for c, _ in self._in("issuers")]
        chain: list[x509.Certificate] = []
        last = certificate
        while len(chain) < LONGEST_CHAIN:
            anchor = next((c for c in trusted if is_issued_by(last, c)), None)
            if anchor is not None:
                return [*chain, anchor]
            above = next((c for c in between if c not in chain and is_issued_by(last, c)), None)
            if above is None:
                return []
            chain.append(above)
            last = above
        return []

    def _is_revoked(self, certificate: x509.Certificate) -> bool:
        for file in sorted(self._folder("crl").iterdir()):
            content = file.read_bytes()
            pem = content.startswith(b"-----")
            revocations = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
            if revocations.issuer == certificate.issuer:
                found = revocations.get_revoked_certificate_by_serial_number(certificate.serial_number)
                if found is not None:
                    return True
        return False

    def _reject(self, der: bytes) -> None:
        folder = self._folder("rejected")
        file = folder / f"{digits(fingerprint_of(der))}.der"
        if not file.exists():
            file.write_bytes(der)
        oldest_first = sorted(folder.glob("*.der"), key=lambda f: f.stat().st_mtime)
        for old in oldest_first[:-MOST_REJECTED]:
            old.unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        folder = self.pki / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _in(self, name: str) -> Iterator[tuple[x509.Certificate, Path]]:
        """The readable certificates of a folder; a file that is none is skipped, it trusts nobody."""
        for file in sorted(self._folder(name).iterdir(), key=lambda f: f.stat().st_mtime):
            try:
                content = file.read_bytes()
                pem = content.startswith(b"-----")
                certificate = (
                    x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
                )
                yield certificate, file
            except (ValueError, OSError):
                continue


def described(certificate: x509.Certificate, file: Path) -> Certificate:
    """What people compare before they trust."""
    return Certificate(
        fingerprint_of(certificate.public_bytes(Encoding.DER)),
        certificate.subject.rfc4514_string(),
        int(certificate.not_valid_before_utc.timestamp()) * SECOND,
        int(certificate.not_valid_after_utc.timestamp()) * SECOND,
        file,
    )


def digits(fingerprint: str) -> str:
    """Hex digits alone."""
    return "".join(c for c in fingerprint.upper() if c in "0123456789ABCDEF")


def short(fingerprint: str) -> str:
    """The first ten bytes: enough that nobody can make another that starts so, and it fits a line."""
    return fingerprint[:29]
