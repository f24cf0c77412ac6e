"""`twin trust`: shows ours and theirs, trusts one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.opcua.security.trust import CertificateFolder
from tests.unit.connectors.opcua.certificates import issued
from twin.cli.main import main
from twin.core.errors import Unreachable


def test_trust_lists_what_waits_and_trusts_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = CertificateFolder(tmp_path)
    made = issued("urn:test:server")
    with pytest.raises(Unreachable):
        store.check(made.der, "urn:test:server", "plc")
    assert main(["trust", "--data", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["opcua"]
    [waiting] = shown["waiting"]
    assert waiting["subject"] == "CN=urn:test:server"
    assert Path(shown["own"]["file"]).read_bytes()
    assert main(["trust", "--data", str(tmp_path)]) == 0
    assert f"twin trust {waiting['fingerprint']}" in capsys.readouterr().out
    assert main(["trust", waiting["fingerprint"][:23].lower(), "--data", str(tmp_path)]) == 0
    assert store.waiting() == []
    store.check(made.der, "urn:test:server", "plc")


@pytest.mark.parametrize(("fingerprint", "message"), [("4F:1A", "too short"), ("00112233AA", "0 certificates wait")])
def test_trust_of_nothing_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fingerprint: str, message: str
) -> None:
    assert main(["trust", fingerprint, "--data", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
