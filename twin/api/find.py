"""From what people write to what the plant has: full paths, paths without the plant, prefixes, globs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from twin.api.problem import Problem, not_found, unprocessable
from twin.core.tags import TagTable
from twin.model.globs import is_glob, takes
from twin.model.plant import Line, Machine, Plant

LONGEST = 400
"""A path or a glob has at most so many characters."""


def machines_below(plant: Plant, asset: str) -> list[Machine]:
    """The machine of a path, or all below it; all of the plant for ''. Raises a problem when there is none."""
    path = asset.strip("/")
    is_mine = below(path, plant)
    found = [machine for machine in plant.machines() if is_mine(machine.path)]
    if not found:
        raise not_found(f"asset {asset!r}: no machine here or below{_near(path, _assets(plant), plant)}")
    return found


def asset_not_found(plant: Plant, asset: str, number: int, many: int) -> Problem:
    """A path that means nothing in this edition of the model. number: of it, many: how many there are."""
    names = [*_assets(plant), *plant.tags]
    edition = "" if number == many else f" in edition {number} of {many} of the model, which counted then"
    return not_found(f"asset {asset!r}: no machine here or below{edition}{_near(asset.strip('/'), names, plant)}")


def lines_below(plant: Plant, asset: str) -> list[Line]:
    """The line of a path, or all below it; none when the path is that of a machine or of nothing."""
    path = asset.strip("/")
    is_mine = below(path, plant)
    return [line for line in plant.lines if is_mine(line.path)]


def tag_named(plant: Plant, tags: TagTable, name: str) -> str:
    """The full path of a tag. Raises a problem when there is none."""
    full = f"{plant.path}/{name}" if plant.path else name
    for path in (name, full):
        if path in plant.tags or tags.get(path) is not None:
            return path
    raise not_found(f"tag {name!r}: no such tag{_near(name, all_tags(plant, tags), plant)}")


def all_tags(plant: Plant, tags: TagTable) -> list[str]:
    """Every tag of the model in file order, then those that only the log has."""
    return [*plant.tags, *(name for name in tags.names() if name not in plant.tags)]


def tags_matching(plant: Plant, names: Iterable[str], globs: Sequence[str]) -> list[str]:
    """The names that one of the globs takes; a text without `*`, `?`, `[` is a path and takes what is below it."""
    tests = [_test(glob, plant) for glob in globs]
    return [name for name in names if any(test(name) for test in tests)]


def _test(glob: str, plant: Plant) -> Callable[[str], bool]:
    if len(glob) > LONGEST:
        raise unprocessable(f"match: {len(glob)} characters; a glob has at most {LONGEST}")
    text = glob if is_glob(glob) else glob.strip("/")
    return takes((text,) if text else (), plant.path)


def below(path: str, plant: Plant) -> Callable[[str], bool]:
    """Whether a full name is a path, with or without the plant before it, or stands below it; '' takes all."""
    if not path:
        return lambda _name: True
    paths = {path, f"{plant.path}/{path}" if plant.path else path}
    starts = tuple(f"{one}/" for one in paths)
    return lambda name: name in paths or name.startswith(starts)


def _assets(plant: Plant) -> list[str]:
    return [line.path for line in plant.lines] + [machine.path for machine in plant.machines()]


def _near(wrong: str, names: Sequence[str], plant: Plant) -> str:
    """`; did you mean ...` for the nearest name, compared as short as it was written."""
    by_short = {plant.short(name): name for name in names} | {name.rpartition("/")[2]: name for name in names}
    close = difflib.get_close_matches(wrong[:LONGEST], [*by_short, *names][:5000], n=1)
    return f"; did you mean {plant.short(by_short.get(close[0], close[0]))}?" if close else ""
