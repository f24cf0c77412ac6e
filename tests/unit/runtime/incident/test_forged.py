"""Files whose checksums are right and whose contents are made up: refused in one line, and nothing is left behind."""

from __future__ import annotations

import pytest

from tests.unit.runtime.incident.test_same_bytes import exported, replayed, span
from twin.core.errors import Misconfigured
from twin.runtime.incident.container import Container, Packing


@pytest.fixture(scope="module")
def file(life, tmp_path_factory):
    return exported(life, span(6, 9), tmp_path_factory.mktemp("good"))[0]


def forged(file, target, parts, **said):
    """The same file with other parts and another manifest, packed as we would."""
    one = Container(file)
    packing = Packing(target)
    for name in one.parts:
        body = parts.get(name, one.read(name))
        if body is not None:
            packing.add(name, body)
    packing.close({**{key: value for key, value in one.manifest.items() if key != "parts"}, **said})
    one.close()
    return target


def first(file, prefix: str) -> str:
    one = Container(file)
    one.close()
    return next(name for name in one.parts if name.startswith(prefix))


@pytest.mark.parametrize(
    ("part", "body", "message"),
    [
        ("tags.json", b"[]", "part tags.json makes no sense"),
        ("tags.json", b'[["a","colour"]]', "part tags.json makes no sense"),
        ("tags.json", b"{", "part tags.json is no JSON"),
        ("tags.json", None, "part tags.json is missing"),
        ("plant.yaml", b"\xff\xfe", "part plant.yaml makes no sense"),
        ("plant.yaml", b"linetwin: 1\nplant: [", "plant.yaml"),
        ("late.json", b"[[1]]", "part late.json makes no sense"),
        ("late.json", None, "part late.json is missing"),
        ("basis/0000.state", b"", "makes no sense to the folds"),
        ("basis/0000.state", b"\x02\x00\x00\x00{}", None),
        ("basis/0000.state", b"\xff\xff\xff\x7f{}", None),
        ("basis/0000.state", b'\x0d\x00\x00\x00{"nofold":99}', None),
        ("basis/0000.state", None, "is missing"),
        ("records/", b'[["u","state","k",1,2,{},3]]', "makes no sense"),
        ("records/", b'[[1,"state","k",1,2,{},3,null]]', "makes no sense"),
        ("entries/000000/events.json", b"[]", "holds no model"),
        ("entries/000000/events.json", None, "holds no model"),
    ],
)
def test_parts(file, tmp_path, part, body, message):
    bad = forged(file, tmp_path / "x.twin", {first(file, part): body})
    if message is None:  # states that say nothing of a fold: another result, and told
        assert not replayed(bad, tmp_path / "again").equal
        return
    with pytest.raises(Misconfigured, match=message) as told:
        replayed(bad, tmp_path / "again")
    assert len(str(told.value).splitlines()) <= 2
    assert not list((tmp_path / "again").glob("log.db*"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"units": ["nosuch"]}, "has no unit 'nosuch' here"),
        ({"end": 1}, "its instants are out of order"),
        ({"basis": -1}, "is no number of ours"),
        ({"pieces": 10**6}, r"part entries/\d+ is missing"),
        ({"tags": 10**6}, "not as many names as tags"),
        ({"known": 2**70}, "is no number of ours"),
        ({"plant": 3}, "is no text"),
        ({"linetwin_incident": 2}, "is of form 2, this release reads form 1; upgrade linetwin"),
    ],
    ids=str,
)
def test_manifests(file, tmp_path, said, message):
    bad = forged(file, tmp_path / "x.twin", {}, **said)
    with pytest.raises(Misconfigured, match=message):
        replayed(bad, tmp_path / "again")


def test_another_maker_is_named_and_runs(file, tmp_path):
    maker = {"linetwin": "0.0.9", "numpy": "1.0", "python": "3.11.7", "cpu": "m68k"}
    found = replayed(forged(file, tmp_path / "x.twin", {}, maker=maker))
    assert found.equal
    assert [line.split()[0] for line in found.may_differ][:2] == ["linetwin", "numpy"]
    assert found.may_differ[-1].startswith("CPU m68k there")


def test_a_disk_without_room(file, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 1000})())
    with pytest.raises(Misconfigured, match=r"unpacks to .* bytes, and 1,000 are free"):
        replayed(file, tmp_path / "again")
