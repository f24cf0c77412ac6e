"""Our own certificate and key: made on first use, its successor made in time."""

from __future__ import annotations

import datetime
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.opcua.security.certificate import loaded, uris_of

KEY_BITS = 2048
VALID = datetime.timedelta(days=3650)
RENEW_BEFORE = datetime.timedelta(days=90)
"""Long enough for somebody to go to every server before the old one ends."""
NEXT, NEXT_KEY = "next.der", "next.pem"
BACKDATED = datetime.timedelta(days=1)
"""A PLC whose clock is a little slow must not refuse a certificate made just now."""


def application_uri() -> str:
    """Our name towards servers; it stands in our certificate, and servers compare the two."""
    return f"urn:{socket.gethostname()}:linetwin"


def own_uri(certificate: Path) -> str:
    """The application URI in our certificate: this host may have got another name since it was made."""
    return next(iter(uris_of(loaded(certificate.read_bytes()))), application_uri())


def own_pair(folder: Path, now: datetime.datetime | None = None) -> tuple[Path, Path]:
    """Files of our certificate (DER) and our key (PEM, for the owner's eyes only), made now if there are none.

    Its successor is made 90 days before it ends, so that servers can be told to trust it in time, and takes its place
    when it has ended. One that somebody else issued is left alone: whoever put it there renews it.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    certificate, key = folder / "own.der", folder / "own.pem"
    folder.mkdir(parents=True, exist_ok=True)
    _finish(folder)
    _make(certificate, key)
    own = loaded(certificate.read_bytes())
    if own.issuer == own.subject and now > own.not_valid_after_utc - RENEW_BEFORE:
        _make(folder / NEXT, folder / NEXT_KEY)
        if now > own.not_valid_after_utc:
            _take(folder / NEXT_KEY, key)
            _take(folder / NEXT, certificate)
    return certificate, key


def next_certificate(folder: Path) -> Path | None:
    """The file of our certificate's successor, once it is made."""
    file = folder / NEXT
    return file if file.exists() else None


def _make(certificate: Path, key: Path) -> None:
    if not key.exists():
        write_new(key, new_key())
    if not certificate.exists():
        write_new(certificate, new_certificate(key.read_bytes()))


def _finish(folder: Path) -> None:
    """End a change that was cut short: the key is changed first."""
    if (folder / NEXT).exists() and not (folder / NEXT_KEY).exists():
        _take(folder / NEXT, folder / "own.der")


def _take(successor: Path, place: Path) -> None:
    with suppress(FileNotFoundError):  # another process was quicker
        successor.replace(place)


def new_key() -> bytes:
    """An RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    unencrypted = serialization.NoEncryption()  # the service must start without anybody there; the file is 0600
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)


def write_new(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; if another was quicker, theirs stays."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=file.name)  # mode 0600
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not file.exists():
            Path(draft).replace(file)
    finally:
        Path(draft).unlink(missing_ok=True)


def new_certificate(pem: bytes) -> bytes:
    """A self-signed application instance certificate for a key, as DER."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("own key is not RSA")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Linetwin on {socket.gethostname()}"[:64])])
    now = datetime.datetime.now(datetime.UTC)
    public = key.public_key()
    builder = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALID)
    )
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage(), True),
        (x509.ExtendedKeyUsage(usages), False),
        (x509.SubjectAlternativeName(our_names()), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def key_usage() -> x509.KeyUsage:
    """The usages that OPC UA wants; a self-signed certificate also signs itself."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def our_names() -> list[x509.GeneralName]:
    """Our URI first, then what this host is called."""
    host = socket.gethostname()
    return [x509.UniformResourceIdentifier(application_uri()), x509.DNSName(host)]
