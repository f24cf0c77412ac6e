"""`twin init --test`: a first test of the packaging line, or of a plant file, as pytest runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twin.model.plant import Plant
from twin.runtime.plant_file import read_plant

PACKAGING = '''"""A first test with a line that does not exist: eight hours take seconds, no server is needed."""


def test_a_worn_bearing_is_told_before_it_fails(twin_line):
    line = twin_line("packaging", seed=7)  # another seed is another life, the same one the same life to the byte
    line.fault("filler.bearing", at="10m")
    line.run("8h")
    assert line.alerts("filler").first.time < line.truth("filler.bearing").failure
    assert line.oee("filler").availability > 0.7


def test_a_jam_is_a_stop_of_the_filler(twin_line):
    line = twin_line("packaging", seed=7)
    line.fault("filler.jam", at="10m")
    line.run("30m")
    assert line.stops("filler", start="9m", end="15m")
'''
"""`twin init --test` without a plant file."""


def first_test(file: str | None) -> str:
    """The text of a pytest file. Raises Misconfigured or Problems for a plant file that is wrong."""
    if file is None:
        return PACKAGING
    plant = read_plant(file)
    return "\n".join([*_head(file), *_recording(plant), *_values(plant), *_machines(plant)]) + "\n"


def _head(file: str) -> list[str]:
    path = Path(file).absolute().as_posix()
    return [
        f'"""A first test of {Path(file).name}: what a recording makes of it, in virtual time. No server is needed."""',
        "",
        "from pathlib import Path",
        "",
        "import pytest",
        "",
        f"PLANT = Path({path!r})",
    ]


def _recording(plant: Plant) -> list[str]:
    """Ten minutes in which every tag of numbers says 1, and then 2."""
    tags = [path for path, spec in plant.tags.items() if spec.address.type == "number"]
    return [
        "TAGS = [",
        *[f"    {tag!r}," for tag in tags],
        "]",
        "",
        "",
        "@pytest.fixture",
        "def line(twin_line, tmp_path):",
        '    """Values that are made up; a real hour is better: twin export --from now-1h --to now -o hour.csv."""',
        '    recording = tmp_path / "recording.csv"',
        '    rows = [f"2026-03-02T06:{minute:02}:00Z,{tag},{1 + minute // 6}" for minute in range(11) for tag in TAGS]',
        '    recording.write_text("\\n".join(["time,tag,value", *rows]) + "\\n")',
        "    line = twin_line(plant=PLANT, source=recording)",
        '    line.run("10m")',
        "    return line",
    ]


def _values(plant: Plant) -> list[str]:
    return [
        "",
        "",
        '@pytest.mark.parametrize("tag", TAGS)',
        "def test_every_tag_has_its_values(line, tag):",
        "    assert len(line.tag(tag)) > 0",
    ]


def _machines(plant: Plant) -> list[str]:
    machines: Sequence[str] = [machine.path for machine in plant.machines()]
    if not machines:
        return []
    return [
        "",
        "",
        '# What each machine is in after these values; write what it should be: `== "running"`.',
        "@pytest.mark.parametrize(",
        '    "machine",',
        "    [",
        *[f"        {path!r}," for path in machines],
        "    ],",
        ")",
        "def test_every_machine_has_a_state(line, machine):",
        "    assert line.state(machine) is not None",
    ]
