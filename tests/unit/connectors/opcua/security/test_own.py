"""Our certificate: its successor is there in time, and takes over whole or not at all."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from connectors.opcua.security.certificate import loaded
from connectors.opcua.security.own import NEXT, NEXT_KEY, VALID, next_certificate, own_pair, own_uri
from connectors.opcua.security.trust import CertificateFolder
from tests.unit.connectors.opcua.certificates import DAY, NOW, issued


def fits(certificate: Path, key: Path) -> bool:
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    return loaded(certificate.read_bytes()).public_key() == private.public_key()


def test_the_successor_is_made_90_days_before_the_end_and_taken_after_it(tmp_path: Path) -> None:
    certificate, key = own_pair(tmp_path)
    first = certificate.read_bytes()
    ends = loaded(first).not_valid_after_utc
    own_pair(tmp_path, ends - 91 * DAY)
    assert next_certificate(tmp_path) is None
    own_pair(tmp_path, ends - 89 * DAY)
    following = next_certificate(tmp_path)
    assert following is not None
    assert fits(following, tmp_path / NEXT_KEY)
    assert (tmp_path / NEXT_KEY).stat().st_mode & 0o077 == 0
    second = following.read_bytes()
    own_pair(tmp_path, ends)
    assert certificate.read_bytes() == first
    own_pair(tmp_path, ends + datetime.timedelta(seconds=1))
    assert certificate.read_bytes() == second != first
    assert fits(certificate, key)
    assert next_certificate(tmp_path) is None


def test_a_twin_that_slept_through_the_end_makes_and_takes_at_once(tmp_path: Path) -> None:
    certificate, key = own_pair(tmp_path)
    first = certificate.read_bytes()
    own_pair(tmp_path, NOW + VALID + DAY)
    assert certificate.read_bytes() != first
    assert fits(certificate, key)


def test_a_change_that_was_cut_short_is_ended(tmp_path: Path) -> None:
    certificate, key = own_pair(tmp_path)
    own_pair(tmp_path, loaded(certificate.read_bytes()).not_valid_after_utc - DAY)
    second = (tmp_path / NEXT).read_bytes()
    (tmp_path / NEXT_KEY).replace(key)
    own_pair(tmp_path)
    assert certificate.read_bytes() == second
    assert fits(certificate, key)


def test_a_certificate_that_somebody_put_there_is_theirs_to_renew(tmp_path: Path) -> None:
    root = issued("urn:authority", ca=True, key_number=1)
    (tmp_path / "own.der").write_bytes(issued("urn:company:twin", root, start=NOW - 2 * DAY, end=NOW - DAY).der)
    certificate, _ = own_pair(tmp_path)
    assert own_uri(certificate) == "urn:company:twin"
    assert next_certificate(tmp_path) is None


def test_both_are_shown(tmp_path: Path) -> None:
    store = CertificateFolder(tmp_path)
    certificate, _ = own_pair(store.pki)
    assert store.following() is None
    own_pair(store.pki, loaded(certificate.read_bytes()).not_valid_after_utc - DAY)
    following = store.following()
    assert following is not None
    assert following.fingerprint != store.own().fingerprint
    assert isinstance(loaded(following.file.read_bytes()), x509.Certificate)
