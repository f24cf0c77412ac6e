"""Our own certificate, and what there is to read in another: application instance certificates, OPC 10000-6, 6.2.2."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_BITS = 2048
VALID = datetime.timedelta(days=3650)
BACKDATED = datetime.timedelta(days=1)
"""A PLC whose clock is a little slow must not refuse a certificate made just now."""


def application_uri() -> str:
    """Our name towards servers; it stands in our certificate, and servers compare the two."""
    return f"urn:{socket.gethostname()}:linetwin"


def own_pair(folder: Path) -> tuple[Path, Path]:
    """Files of our certificate (DER) and our key (PEM, for the owner's eyes only), made now if there are none."""
    certificate, key = folder / "own.der", folder / "own.pem"
    folder.mkdir(parents=True, exist_ok=True)
    if not key.exists():
        write_new(key, new_key())
    if not certificate.exists():
        write_new(certificate, new_certificate(key.read_bytes()))
    return certificate, key


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


def first_of_chain(der: bytes) -> bytes:
    """The certificate of the server itself: some servers send their whole chain, one DER after the other.

    Raises ValueError for what is not DER.
    """
    if len(der) < 4 or der[0] != 0x30:
        raise ValueError("not a certificate")
    if der[1] < 0x80:
        return der[: der[1] + 2]
    digits = der[1] & 0x7F
    return der[: int.from_bytes(der[2 : 2 + digits], "big") + 2 + digits]


def fingerprint_of(der: bytes) -> str:
    """SHA-256 as people compare it: `4F:1A:...`."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex(":").upper()


def uris_of(certificate: x509.Certificate) -> list[str]:
    """The application URIs that a certificate speaks for."""
    return alternative_names(certificate, x509.UniformResourceIdentifier)


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses that a certificate speaks for."""
    addresses = alternative_names(certificate, x509.IPAddress)
    return [*alternative_names(certificate, x509.DNSName), *(str(ipaddress.ip_address(str(a))) for a in addresses)]


def alternative_names(certificate: x509.Certificate, kind: type[x509.GeneralName]) -> list[str]:
    """Subject alternative names of one kind; none when there is no such extension or it cannot be read."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [str(name.value) for name in names if isinstance(name, kind)]


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether an issuer that may issue signed a certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
