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

from connectors.opcua.security.certificate import PEM, UNREADABLE, chain_in, fingerprint_of, loaded, names_of, uris_of
from connectors.opcua.security.chain import chain_of, is_forged
from connectors.opcua.security.own import next_certificate, own_pair
from connectors.opcua.security.verdict import ANEW, flaw, host_fault, time_fault, uri_fault
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import SECOND
from twin.core.ports import Certificate

MOST_REJECTED = 100
"""A port scanner or a restarting server must not fill the disk; the oldest go first."""
SHOWN_BY = ".txt"
"""Beside a rejected certificate: the URL that showed it."""
SHORTEST_FINGERPRINT = 8
"""Hex digits: fewer could be met by chance."""
ADVICE = (
    "TIA Portal: import it as a trusted certificate, add it to the CPU's OPC UA > Server > Security > trusted clients",
    "TwinCAT: trust it in the OPC UA Configurator, or move it in the server's pki from rejected to trusted/certs",
    "Automation Studio: import it under AccessAndSecurity > CertificateStore, and trust it in the OPC UA server there",
    "CODESYS: View > Security Screen > Devices, from Quarantined to Trusted Certificates",
    "others: most keep it as rejected after our first attempt, to be trusted there",
)
"""Where our certificate is trusted in the tools of the common makers."""


class CertificateFolder:
    """The certificates of one data folder (the port TrustStore). Reads the disk each time: trust needs no restart."""

    def __init__(self, folder: Path) -> None:
        self.data = folder
        self.pki = folder / "pki"

    def own(self) -> Certificate:
        """Our certificate, made now if there is none."""
        file, _ = own_pair(self.pki)
        return described(loaded(file.read_bytes()), file)

    def following(self) -> Certificate | None:
        """Our certificate from the day on which the present one ends, once it is made."""
        file = next_certificate(self.pki)
        return described(loaded(file.read_bytes()), file) if file else None

    def advice(self) -> Sequence[str]:
        """Where the tools of the common makers trust our certificate."""
        return ADVICE

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
        found[0].file.with_suffix(SHOWN_BY).unlink(missing_ok=True)
        return described(loaded(trusted.read_bytes()), trusted)

    def check(self, der: bytes, uri: str, host: str, shown_by: str = "") -> None:
        """Let a server's certificate pass, or raise Unreachable with the reason: it heals once the reason is gone.

        der: with the chain behind it, if the server sent one. uri: the application URI that the server gives itself.
        host: whom we called, empty when it need not match. shown_by: for whoever decides about trust.
        """
        try:
            certificate, *sent = [x509.load_der_x509_certificate(one) for one in chain_in(der)]
            fault = self._fault(certificate, sent, uri, host, shown_by)
        except UNREADABLE as error:
            raise Unreachable(f"server certificate cannot be read ({error}); {ANEW}") from None
        if fault:
            raise Unreachable(f"server certificate {name_of(certificate)} {fault}")

    def _fault(self, certificate: x509.Certificate, sent: list[x509.Certificate], uri: str, host: str, by: str) -> str:
        """What speaks against a certificate; what trust cannot mend first, so that nobody trusts it in vain."""
        now = datetime.now(UTC)
        alone = flaw(certificate) or time_fault(certificate, now) or uri_fault(certificate, uri)
        if alone:
            return alone
        content = certificate.public_bytes(Encoding.DER)
        trusted = [c for c, _ in self._in("trusted")]
        if any(content == one.public_bytes(Encoding.DER) for one in trusted):
            return self._revoked(certificate)  # tied to this one server already: its host does not matter
        between = [*(c for c, _ in self._in("issuers")), *sent]
        if is_forged(certificate, [*trusted, *between]):
            return f"carries the name of authority {names_of(certificate.issuer)} without its signature; {ANEW}"
        chain, end = chain_of(certificate, trusted, between)
        if not chain:
            self._reject(content, by)
            way = f"twin trust {name_of(certificate)} --data {self.data}"
            return f"is not trusted yet{end or self._predecessor(uri)}: {way}"
        for link in (certificate, *chain):
            who = "" if link is certificate else f"has an authority, {names_of(link.subject)}, that "
            fault = time_fault(link, now) or self._revoked(link)
            if fault:
                return who + fault
        return host_fault(certificate, host)

    def _predecessor(self, uri: str) -> str:
        """The certificate trusted for a server that now shows another, if there is one."""
        old = next((c for c, _ in self._in("trusted") if uri in uris_of(c)), None)
        if old is None:
            return ""
        return f"; {name_of(old)} is trusted for {uri}. If that server was given a new one"

    def _revoked(self, certificate: x509.Certificate) -> str:
        for file in sorted(self._folder("crl").iterdir()):
            content = file.read_bytes()
            load = x509.load_pem_x509_crl if content.startswith(PEM) else x509.load_der_x509_crl
            try:
                revocations = load(content)
                if revocations.issuer != certificate.issuer:
                    continue
                found = revocations.get_revoked_certificate_by_serial_number(certificate.serial_number)
            except ValueError:
                return f"cannot be checked: {file} is no revocation list; remove or replace it"
            if found is not None:
                return f"is revoked by its authority {names_of(certificate.issuer)}; {ANEW}"
        return ""

    def _reject(self, der: bytes, shown_by: str) -> None:
        folder = self._folder("rejected")
        file = folder / f"{digits(fingerprint_of(der))}.der"
        if not file.exists():
            file.write_bytes(der)
        if shown_by:
            file.with_suffix(SHOWN_BY).write_text(shown_by, encoding="utf-8")
        oldest_first = sorted(folder.glob("*.der"), key=lambda f: f.stat().st_mtime)
        for old in oldest_first[:-MOST_REJECTED]:
            old.unlink(missing_ok=True)
            old.with_suffix(SHOWN_BY).unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        folder = self.pki / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _in(self, name: str) -> Iterator[tuple[x509.Certificate, Path]]:
        """The readable certificates of a folder; a file that is none is skipped, it trusts nobody."""
        for file in sorted(self._folder(name).iterdir(), key=lambda f: f.stat().st_mtime):
            try:
                yield loaded(file.read_bytes()), file
            except (OSError, *UNREADABLE):
                continue


def name_of(certificate: x509.Certificate) -> str:
    """A certificate in messages: its fingerprint, short."""
    return short(fingerprint_of(certificate.public_bytes(Encoding.DER)))


def described(certificate: x509.Certificate, file: Path) -> Certificate:
    """What people compare before they trust."""
    shown_by = file.with_suffix(SHOWN_BY)
    return Certificate(
        fingerprint_of(certificate.public_bytes(Encoding.DER)),
        certificate.subject.rfc4514_string(),
        int(certificate.not_valid_before_utc.timestamp()) * SECOND,
        int(certificate.not_valid_after_utc.timestamp()) * SECOND,
        file,
        shown_by.read_text(encoding="utf-8") if shown_by.exists() else "",
    )


def digits(fingerprint: str) -> str:
    """Hex digits alone."""
    return "".join(c for c in fingerprint.upper() if c in "0123456789ABCDEF")


def short(fingerprint: str) -> str:
    """The first ten bytes: enough that nobody can make another that starts so, and it fits a line."""
    return fingerprint[:29]
