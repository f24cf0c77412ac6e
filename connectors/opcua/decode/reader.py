"""Bytes read in order, never past their end: every length on the wire is a claim, and is held against what is there."""

from __future__ import annotations

from struct import Struct

from twin.core.errors import Undecodable

DEEPEST = 100
"""Levels of values within values that are followed (OPC 10000-6, 5.1.5 asks for as many)."""
U16, I32, U32, I64 = Struct("<H"), Struct("<i"), Struct("<I"), Struct("<q")


class Reader:
    """A place in a body of bytes. Reading moves it on; raises Undecodable where the body ends too early."""

    __slots__ = ("at", "body", "depth", "end")

    def __init__(self, body: bytes, at: int = 0, end: int | None = None, depth: int = 0) -> None:
        self.body = body
        self.at = at
        self.end = len(body) if end is None else end
        self.depth = depth

    @property
    def left(self) -> int:
        """Bytes that are not read yet."""
        return self.end - self.at

    def skip(self, size: int) -> int:
        """Move on by so many bytes; gives where they begin."""
        at = self.at
        if size > self.end - at:
            raise Undecodable("cut off", f"{size} bytes wanted, {self.end - at} left")
        self.at = at + size
        return at

    def number(self, form: Struct) -> int:
        """One number of a form."""
        return form.unpack_from(self.body, self.skip(form.size))[0]

    def byte(self) -> int:
        """One byte."""
        return self.body[self.skip(1)]

    def bytes(self) -> bytes | None:
        """A ByteString: its length, then as many bytes; None for the null one, whose length is -1."""
        length = length_of(self.number(I32))
        if length < 0:
            return None
        at = self.skip(length)
        return self.body[at : at + length]

    def text(self) -> str | None:
        """A String. Bytes that are no UTF-8 stand in it as lone surrogates: who keeps it must look."""
        found = self.bytes()
        return None if found is None else found.decode("utf-8", "surrogateescape")

    def count(self, smallest: int) -> int:
        """The length of an array whose elements take `smallest` bytes or more; -1 for the null array."""
        length = length_of(self.number(I32))
        if length * smallest > self.left:
            raise Undecodable("cut off", f"{length} elements claimed, {self.left} bytes left")
        return length

    def deeper(self) -> None:
        """Go into a value within a value. Raises Undecodable past 100 levels."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Undecodable("nested too deep", f"more than {DEEPEST} levels")

    def back(self) -> None:
        """Come out again."""
        self.depth -= 1


def length_of(claimed: int) -> int:
    """The length, -1 for a null value. Raises Undecodable below that: it means nothing."""
    if claimed < -1:
        raise Undecodable("negative length", str(claimed))
    return claimed
