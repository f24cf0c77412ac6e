"""Certificates: each fault is refused with its own words, and nothing is trusted by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography import x509

from connectors.opcua.security.certificate import first_of_chain, hosts_of, uris_of
from connectors.opcua.security.own import KEY_BITS, application_uri, own_pair
from connectors.opcua.security.trust import MOST_REJECTED, CertificateFolder
from tests.unit.connectors.opcua.certificates import DAY, NOW, Made, issued, revoked
from twin.core.errors import Unreachable

URI = "urn:test:server"


def put(folder: Path, kind: str, made: Made | bytes) -> None:
    place = folder / "pki" / kind
    place.mkdir(parents=True, exist_ok=True)
    content = made if isinstance(made, bytes) else made.der
    (place / f"{len(list(place.iterdir()))}.der").write_bytes(content)


def refusal(folder: Path, made: Made, uri: str = URI, host: str = "plc") -> str:
    with pytest.raises(Unreachable) as refused:
        CertificateFolder(folder).check(made.der, uri, host)
    return str(refused.value)


def authority(ca: bool = True) -> Made:
    return issued("urn:test:authority", ca=ca, key_number=1)


def test_a_stranger_is_kept_and_named(tmp_path: Path) -> None:
    text = refusal(tmp_path, issued(URI))
    store = CertificateFolder(tmp_path)
    [waiting] = store.waiting()
    assert f"is not trusted yet: twin trust {waiting.fingerprint[:29]} --data {tmp_path}" in text
    refusal(tmp_path, issued(URI, start=NOW - 2 * DAY))
    assert len(store.waiting()) == 2


def test_a_trusted_one_passes_on_any_host(tmp_path: Path) -> None:
    made = issued(URI, hosts=("elsewhere",))
    put(tmp_path, "trusted", made)
    CertificateFolder(tmp_path).check(made.der, URI, "plc")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(NOW - 2 * DAY, NOW - DAY, "expired on"), (NOW + DAY, NOW + 2 * DAY, "is not valid before")],
)
def test_a_trusted_one_outside_its_time(tmp_path: Path, start, end, words: str) -> None:
    made = issued(URI, start=start, end=end)
    put(tmp_path, "trusted", made)
    assert words in refusal(tmp_path, made)


def test_a_certificate_for_another_application(tmp_path: Path) -> None:
    made = issued("urn:other")
    put(tmp_path, "trusted", made)
    assert "is for application URI urn:other, but the server is urn:test:server" in refusal(tmp_path, made)


def test_an_authority_vouches_for_its_servers_on_their_hosts(tmp_path: Path) -> None:
    made = issued(URI, authority(), hosts=("plc", "10.0.0.5"))
    put(tmp_path, "trusted", authority())
    store = CertificateFolder(tmp_path)
    store.check(made.der, URI, "plc")
    store.check(made.der, URI, "10.0.0.5")
    store.check(made.der, URI, "")
    assert "is for host plc, 10.0.0.5, not thief; if that is meant, set `certificate_host`" in refusal(
        tmp_path, made, host="thief"
    )


def test_an_issuer_alone_is_no_anchor(tmp_path: Path) -> None:
    made = issued(URI, authority(), hosts=("plc",))
    put(tmp_path, "issuers", authority())
    assert "is not trusted yet" in refusal(tmp_path, made)


def test_a_chain_through_an_issuer(tmp_path: Path) -> None:
    root = authority()
    between = issued("urn:test:between", root, ca=True, key_number=2)
    made = issued(URI, between, hosts=("plc",))
    put(tmp_path, "trusted", root)
    assert "is not trusted yet" in refusal(tmp_path, made)
    put(tmp_path, "issuers", between)
    CertificateFolder(tmp_path).check(made.der, URI, "plc")


def test_a_server_is_no_authority(tmp_path: Path) -> None:
    """A trusted server's key must not vouch for other servers."""
    server = authority(ca=False)
    put(tmp_path, "trusted", server)
    assert "is not trusted yet" in refusal(tmp_path, issued(URI, server, hosts=("plc",)))


def test_a_forged_signature_is_no_chain(tmp_path: Path) -> None:
    put(tmp_path, "trusted", authority())
    thief = issued("urn:test:authority", ca=True, key_number=3)
    text = refusal(tmp_path, issued(URI, thief, hosts=("plc",)))
    assert "carries the name of authority CN=urn:test:authority without its signature" in text
    assert CertificateFolder(tmp_path).waiting() == []


def test_a_revoked_certificate(tmp_path: Path) -> None:
    made = issued(URI, authority(), hosts=("plc",))
    put(tmp_path, "trusted", authority())
    put(tmp_path, "crl", revoked(authority(), made.certificate))
    assert "is revoked by its authority" in refusal(tmp_path, made)


def test_bytes_that_are_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be read"):
        CertificateFolder(tmp_path).check(b"0\x03abc", URI, "plc")


def test_junk_in_a_folder_trusts_nobody_and_harms_nobody(tmp_path: Path) -> None:
    put(tmp_path, "trusted", b"junk")
    assert "is not trusted yet" in refusal(tmp_path, issued(URI))


def test_rejected_certificates_do_not_fill_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "pki" / "rejected"
    folder.mkdir(parents=True)
    for number in range(MOST_REJECTED + 5):
        (folder / f"{number}.der").write_bytes(b"old")
        os.utime(folder / f"{number}.der", (number, number))
    refusal(tmp_path, issued(URI))
    assert len(list(folder.iterdir())) == MOST_REJECTED
    assert len(CertificateFolder(tmp_path).waiting()) == 1


def test_our_own_certificate_says_what_servers_look_for(tmp_path: Path) -> None:
    file, key = own_pair(tmp_path)
    made = x509.load_der_x509_certificate(file.read_bytes())
    assert uris_of(made) == [application_uri()]
    assert hosts_of(made)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert usage.key_encipherment
    assert usage.data_encipherment
    assert made.public_key().key_size == KEY_BITS  # type: ignore[union-attr]
    before = (file.read_bytes(), key.read_bytes())
    assert own_pair(tmp_path) == (file, key)
    assert (file.read_bytes(), key.read_bytes()) == before


def test_the_first_of_a_chain() -> None:
    one, other = issued(URI).der, authority().der
    assert first_of_chain(one + other) == one
    assert first_of_chain(one) == one
    with pytest.raises(ValueError, match="not a certificate"):
        first_of_chain(b"")


@pytest.mark.filterwarnings("ignore:Parsed a:cryptography.utils.CryptographyDeprecationWarning")
def test_bytes_changed_anywhere_are_refused_with_a_reason(tmp_path: Path) -> None:
    """Whatever byte is hit: one of our errors, nothing else, and never a pass."""
    made = issued(URI)
    put(tmp_path, "trusted", made)
    store = CertificateFolder(tmp_path)
    store.check(made.der, URI, "plc")
    for place in range(0, len(made.der), 3):
        for change in (0x01, 0xFF):
            hurt = bytearray(made.der)
            hurt[place] ^= change
            with pytest.raises(Unreachable, match="server certificate"):
                store.check(bytes(hurt), URI, "plc")
    for length in range(0, len(made.der), 7):
        with pytest.raises(Unreachable, match="server certificate"):
            store.check(made.der[:length], URI, "plc")


def test_a_chain_that_the_server_sends_leads_to_a_trusted_root_only(tmp_path: Path) -> None:
    root = authority()
    between = issued("urn:test:between", root, ca=True, key_number=2)
    made = issued(URI, between, hosts=("plc",))
    store = CertificateFolder(tmp_path)
    with pytest.raises(Unreachable, match="nor is its authority CN=urn:test:authority: put that into trusted/"):
        store.check(made.der + between.der + root.der, URI, "plc")
    put(tmp_path, "trusted", root)
    store.check(made.der + between.der, URI, "plc")
    with pytest.raises(Unreachable, match="its chain is incomplete: put CN=urn:test:between into"):
        store.check(made.der, URI, "plc")


def test_an_authority_may_limit_what_stands_below_it(tmp_path: Path) -> None:
    root = issued("urn:test:authority", ca=True, key_number=1, path_length=0)
    between = issued("urn:test:between", root, ca=True, key_number=2)
    put(tmp_path, "trusted", root)
    put(tmp_path, "issuers", between)
    assert "is not trusted yet" in refusal(tmp_path, issued(URI, between, hosts=("plc",)))
    CertificateFolder(tmp_path).check(issued(URI, root, hosts=("plc",)).der, URI, "plc")


def test_an_expired_authority_vouches_for_nobody(tmp_path: Path) -> None:
    root = issued("urn:test:authority", ca=True, key_number=1, end=NOW - DAY / 2)
    put(tmp_path, "trusted", root)
    text = refusal(tmp_path, issued(URI, root, hosts=("plc",)))
    assert "has an authority, CN=urn:test:authority, that expired on" in text


def test_junk_among_revocation_lists_stops_and_names_the_file(tmp_path: Path) -> None:
    """A list that cannot be read may be the one that revokes."""
    made = issued(URI)
    put(tmp_path, "trusted", made)
    put(tmp_path, "crl", b"junk")
    assert f"cannot be checked: {tmp_path / 'pki' / 'crl' / '0.der'} is no revocation list" in refusal(tmp_path, made)


def test_another_certificate_of_a_trusted_server_names_the_old_one(tmp_path: Path) -> None:
    old, new = issued(URI), issued(URI, key_number=4)
    put(tmp_path, "trusted", old)
    text = refusal(tmp_path, new)
    assert f"is trusted for {URI}. If that server was given a new one: twin trust" in text


def test_who_showed_it_is_kept_until_it_is_trusted(tmp_path: Path) -> None:
    store = CertificateFolder(tmp_path)
    with pytest.raises(Unreachable):
        store.check(issued(URI).der, URI, "plc", "opc.tcp://plc:4840")
    [waiting] = store.waiting()
    assert waiting.shown_by == "opc.tcp://plc:4840"
    assert store.trust(waiting.fingerprint).shown_by == ""
    assert list((tmp_path / "pki" / "rejected").iterdir()) == []
