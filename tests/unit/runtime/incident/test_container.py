"""An incident file of a stranger: every changed byte, bombs, tricks and claims are refused, naming the place."""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.core.errors import Misconfigured
from twin.runtime.incident import container, pieces
from twin.runtime.incident.container import MARK, Container, Packing
from twin.runtime.incident.manifest import manifest_of

PARTS = {"tags.json": b'[["a","number"]]', "basis/0000.state": bytes(range(200)), "late.json": b"[]"}


def packed(path, parts=PARTS, **manifest):
    packing = Packing(path)
    for name, body in parts.items():
        packing.add(name, body)
    packing.close(manifest)
    return path


def forged(path, parts, listed=None, comment=None, **zipped):
    """A file whose checksums are right, whatever it says."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts:
            file.writestr(name, body, **zipped)
        if listed is not None:
            file.writestr("manifest.json", json.dumps({"parts": listed}))
        file.comment = MARK + b"0" * 64
    whole = bytearray(path.read_bytes())
    whole[-64:] = hashlib.sha256(whole[:-64]).hexdigest().encode()
    path.write_bytes(whole)
    return path


def of(body: bytes) -> dict:
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_what_was_packed_is_read(tmp_path):
    one = Container(packed(tmp_path / "x.twin", plant="p"))
    assert {name: one.read(name) for name in one.parts} == PARTS
    assert one.manifest["plant"] == "p"
    assert one.digest == hashlib.sha256((tmp_path / "x.twin").read_bytes()[:-64]).hexdigest()
    one.close()
    assert [p.name for p in tmp_path.iterdir()] == ["x.twin"]


def test_any_zip_program_opens_it(tmp_path):
    with zipfile.ZipFile(packed(tmp_path / "x.twin")) as file:
        assert file.testzip() is None
        assert file.namelist() == [*PARTS, "manifest.json"]


def test_every_changed_byte_is_refused_and_the_part_is_named(tmp_path):
    file = packed(tmp_path / "x.twin")
    whole = file.read_bytes()
    named = set()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        file.write_bytes(changed)
        with pytest.raises(Misconfigured) as told:
            Container(file)
        named.add(re.sub(r"^.*x\.twin: |is not as.*|\(.*", "", str(told.value)).strip())
    ours = {f"part {name}" for name in (*PARTS, "manifest.json")}
    assert ours < named
    rest = {"its list of parts", "the container between its parts, or the checksum of the whole"}
    assert {
        one for one in named - ours - rest if not one.startswith("its end is not that of an incident file")
    } == set()


@given(st.integers(0, 10**9), st.integers(1, 255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_short_or_with_more_behind_it(tmp_path, at, byte):
    file = packed(tmp_path / "x.twin")
    whole = file.read_bytes()
    for other in (whole[: at % len(whole)], whole + bytes([byte])):
        file.write_bytes(other)
        with pytest.raises(Misconfigured, match=r"x\.twin: "):
            Container(file)


def test_a_bomb_costs_no_memory(tmp_path):
    path = tmp_path / "x.twin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("tags.json", "w") as part:
            for _ in range(container.MOST_BYTES // 2**20 + 5):
                part.write(bytes(2**20))
        file.writestr("manifest.json", json.dumps({"parts": {"tags.json": of(b"")}}))
        file.comment = MARK + b"0" * 64
    whole = bytearray(path.read_bytes())
    whole[-64:] = hashlib.sha256(whole[:-64]).hexdigest().encode()
    path.write_bytes(whole)
    one = Container(path)
    tracemalloc.start()
    with pytest.raises(Misconfigured, match="unpacks to more than"):
        one.read("tags.json")
    assert tracemalloc.get_traced_memory()[1] < 3 * container.MOST_BYTES
    tracemalloc.stop()
    one.close()


@pytest.mark.parametrize(
    ("parts", "listed", "message"),
    [
        ([("../../etc/cron.d/x", b"x")], {}, "stands in the list or in the zip alone"),
        ([("tags.json", b"x")], {"tags.json": of(b"x"), "/etc/passwd": of(b"")}, "stands in the list or in the zip"),
        ([("tags.json", b"x")], {"tags.json": {"bytes": 10**12, "sha256": ""}}, "is no part of at most"),
        ([("tags.json", b"x")], {"tags.json": {"bytes": -1, "sha256": ""}}, "is no part of at most"),
        ([("tags.json", b"x")], {"tags.json": 7}, "is no part of at most"),
        ([("tags.json", b"x")], ["tags.json"], "lists no parts"),
        ([("tags.json", b"x")], None, "part manifest.json is not as it was exported"),
    ],
)
def test_what_a_file_claims(tmp_path, parts, listed, message):
    with pytest.raises(Misconfigured, match=message):
        Container(forged(tmp_path / "x.twin", parts, listed))


def test_a_part_that_stands_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = forged(tmp_path / "x.twin", [("a", b"1"), ("a", b"2")], {"a": of(b"2")})
    with pytest.raises(Misconfigured, match="holds a part twice"):
        Container(file)


def test_a_part_packed_otherwise(tmp_path):
    file = forged(tmp_path / "x.twin", [("a", b"1" * 99)], {"a": of(b"1" * 99)}, compress_type=zipfile.ZIP_LZMA)
    one = Container(file)
    with pytest.raises(Misconfigured, match="packed in a way that we do not write"):
        one.read("a")
    one.close()


def test_a_directory_that_claims_millions(tmp_path):
    file = packed(tmp_path / "x.twin")
    whole = bytearray(file.read_bytes())
    end = len(whole) - 64 - len(MARK) - 22
    struct.pack_into("<I", whole, end + 12, 2**31)
    whole[-64:] = hashlib.sha256(whole[:-64]).hexdigest().encode()
    file.write_bytes(whole)
    with pytest.raises(Misconfigured, match="claims 4 parts in 2,147,483,648 bytes"):
        Container(file)


def test_no_file_of_ours(tmp_path):
    (tmp_path / "x.twin").write_bytes(b"PK" * 400)
    for path, told in ((tmp_path / "x.twin", "its end is not that"), (tmp_path / "none.twin", "No such file")):
        with pytest.raises(Misconfigured, match=told):
            Container(path)


def test_json_that_is_deep(tmp_path):
    depth = 100_000
    with pytest.raises(Misconfigured, match=r"part late\.json is no JSON"):
        container.json_of(b"[" * depth + b"]" * depth, tmp_path, "late.json")


def test_a_manifest_that_makes_no_sense(tmp_path):
    with pytest.raises(Misconfigured, match="is of form 2, this release reads form 1; upgrade"):
        manifest_of({"linetwin_incident": 2}, tmp_path)
    for odd in ([], {}, {"linetwin_incident": 1}, {"linetwin_incident": 1, "start": "x", "maker": [], "results": 1}):
        with pytest.raises(Misconfigured):
            manifest_of(odd, tmp_path)


def column(values, dtype, pickled=False) -> bytes:
    body = io.BytesIO()
    np.lib.format.write_array(body, np.array(values, dtype), (1, 0), allow_pickle=pickled)
    return body.getvalue()


ROWS = {"recorded": [5], "tag": [0], "time": [4], "value": [1.0], "status": [0]}
GOOD = {f"entries/000000/{name}.npy": column(values, pieces.COLUMNS[name]) for name, values in ROWS.items()}


@pytest.mark.parametrize(
    "parts",
    [
        {"tag.npy": column([7], np.int32)},
        {"tag.npy": column([-1], np.int32)},
        {"recorded.npy": column([6], np.int64)},
        {"recorded.npy": column([5, 5], np.int64)},
        {"time.npy": column([-4], np.int64)},
        {"value.npy": column([1], np.int64)},
        {"value.npy": column([{}], object, pickled=True)},
        {"value.npy": column([1.0], np.float64).replace(b"(1,)", b"(9,)")},
        {"value.npy": b"\x93NUMPY\x01\x00"},
        {"text.json": b'["a","b"]'},
        {"text.json": b"{}"},
        {"text.json": b"[1]"},
        {"events.json": b"[[5,4,\"gap\",\"c\"]]"},
        {"events.json": b"[[6,4,\"gap\",\"c\",{},\"\"]]"},
        {"events.json": b"[[5,4,\"\",\"c\",{},\"\"]]"},
        {"events.json": b"[[5,4,\"gap\",\"c\",[],\"\"]]"},
        {"events.json": b"3"},
    ],
    ids=str,
)  # fmt: skip
def test_entries_that_make_no_sense(tmp_path, parts):
    found = GOOD | {f"entries/000000/{name}": body for name, body in parts.items()}
    with pytest.raises(Misconfigured, match="entries/000000"):
        pieces.get(found.__getitem__, found, tmp_path, 0, tags=1, known=5)


def test_a_column_that_is_not_there(tmp_path):
    found = {name: body for name, body in GOOD.items() if "status" not in name}
    with pytest.raises(Misconfigured, match="it lacks columns"):
        pieces.get(found.__getitem__, found, tmp_path, 0, tags=1, known=5)
    assert len(pieces.get(GOOD.__getitem__, GOOD, tmp_path, 0, tags=1, known=5).samples) == 1
