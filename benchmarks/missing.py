"""What a benchmark needs and this machine has not."""

from __future__ import annotations

import shutil


class Missing(Exception):
    """A tool is not there; the text names it and the command that brings it."""


def tool(name: str, package: str = "") -> str:
    """Path of a program. package: what brings it, if it is not called so. Raises Missing."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not on PATH: apt install {package or name}")
    return found
