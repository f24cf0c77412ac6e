"""A certificate authority for one test."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def authority(folder: Path, name: str = "ca", valid_days: int = 1, host: str = "localhost") -> None:
    """Writes NAME.pem, and NAME-server.pem with NAME-server.key signed by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(name, key, name, key, valid_days).add_extension(x509.BasicConstraints(True, None), True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    _write(folder / f"{name}.pem", ca.add_extension(usage, True).sign(key, hashes.SHA256()))
    own = ec.generate_private_key(ec.SECP256R1())
    server = _certificate(host, own, name, key, valid_days).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), False
    )
    _write(folder / f"{name}-server.pem", server.sign(key, hashes.SHA256()))
    (folder / f"{name}-server.key").write_bytes(
        own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _certificate(subject, key, issuer, issuer_key, valid_days):
    now = datetime.now(UTC)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=valid_days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(identifier, False)
    )


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(file, certificate):
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
