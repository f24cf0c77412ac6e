"""Plant files on disk, and the plant that a data folder was last run with."""

from __future__ import annotations

import os
from pathlib import Path

from twin.core.errors import Misconfigured, Problems
from twin.core.event import PLANT_LOADED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.model.files import Folder, part_matches
from twin.model.globs import is_glob
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime import plugins
from twin.store.reader import LogReader


def read_plant(file: str, secrets: bool = True) -> Plant:
    """The plant of a file, with the installed plug-ins. Raises Misconfigured, with all problems of the file.

    secrets False: nothing will be connected, so `${VARIABLES}` need not be set and stay unset.
    """
    environment = os.environ if secrets else _Unset()
    path = Path(file)
    return load(_text(path), file, plugins.connectors(), environment, plugins.outlets(), _on_disk(path.parent))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from None


def _on_disk(base: Path) -> Folder:
    """The files below a folder that a plant file may include. No link leads out of it."""

    def found(pattern: str) -> dict[str, str]:
        folders = [""]
        for part in pattern.split("/"):
            folders = [f"{above}/{name}".lstrip("/") for above in folders for name in _listed(base / above, part)]
        names = sorted(name for name in folders if (base / name).is_file())
        for name in names:
            if not (base / name).resolve().is_relative_to(base.resolve()):
                raise ValueError(f"'{name}' is a link that leaves the folder of the plant file")
        return {name: _text(base / name) for name in names}

    return found


def _listed(folder: Path, part: str) -> list[str]:
    """Names in a folder that a part of a pattern takes."""
    if not is_glob(part):
        return [part] if (folder / part).exists() else []
    return [one.name for one in folder.iterdir() if part_matches(one.name, part)] if folder.is_dir() else []


def problems_in(text: str) -> list[str]:
    """What is wrong in the text of a plant file, as `twin check` says it; its variables need not be set."""
    try:
        load(text, "plant.yaml", plugins.connectors(), _Unset(), plugins.outlets())
    except Problems as problems:
        return [str(one) for one in problems.problems]
    return []


def stored_plant(folder: Path) -> Plant:
    """The plant that the data folder was last run with; its secrets stay empty."""
    reader = LogReader(folder)
    try:
        loaded = reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,), 1)
    finally:
        reader.close()
    if not loaded:
        raise Misconfigured(f"{folder}: no plant was ever run on this folder; name one: twin run PLANT.yaml")
    return plant_of(loaded[0][1].body["text"], "stored plant")


def plant_of(text: str, place: str) -> Plant:
    """The plant of a text that a log keeps; its secrets stay empty. place: its name in problems."""
    return load(text, place, plugins.connectors(), _Unset(), plugins.outlets())


def running_plant(text: str, place: str) -> Plant:
    """The plant of a text that holds the files it includes, with the secrets of this process. Raises Misconfigured."""
    return load(text, place, plugins.connectors(), os.environ, plugins.outlets())


class _Unset(dict[str, str]):
    """Every variable is there and says nothing: what is stored is served without the plant's secrets."""

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, key: str, default: str | None = None) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        return "unset"
