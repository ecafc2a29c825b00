"""The tags of a TIFF file (revision 6.0, and BigTIFF), page by page, nothing guessed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

__all__ = ["TEXTS", "Directory", "Tags", "is_tiff"]

# Those that say how to read the numbers: one that cannot be read makes the page unreadable, not
# another picture.
_LAYOUT = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 280, 281, 284, 317, 320, 322, 323}
)
_LAYOUT |= {324, 325, 332, 334, 338, 339, 340, 341, 529, 530, 532}
TEXTS = (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432)  # who, what, when, with what
_OTHERS = frozenset({*TEXTS, 274, 282, 283, 296, 330, 34675})
_FORMATS = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
_BYTES, _RATIONALS = (2, 7), {5: "I", 10: "i"}


def is_tiff(start: bytes) -> bool:
    """Tell by the first four bytes of a file."""
    return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


Numbers = tuple[float, ...]  # whole ones are int


@dataclass(frozen=True)
class Directory:
    """The tags of a page: numbers as tuples (fractions as floats), texts, profiles as bytes."""

    offset: int
    tags: dict[int, Numbers | bytes]
    next: int

    def values(self, tag: int, default: Numbers = ()) -> Numbers:
        """Return all numbers of a tag; bytes count as numbers."""
        return tuple(self.tags.get(tag, default))

    def whole(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return all numbers of a tag; ValueError when there is a fraction among them."""
        values = self.values(tag, default)
        if not all(float(value).is_integer() for value in values):
            raise ValueError(f"its tag {tag} has fractions where whole numbers are expected")
        return tuple(map(int, values))

    def value(self, tag: int, default: int = 0) -> int:
        """Return the only number of a tag, a whole one; ValueError when there are several."""
        values = self.whole(tag, (default,))
        if len(values) != 1:
            raise ValueError(f"its tag {tag} has {len(values)} values where one is expected")
        return values[0]


class Tags:
    """An open TIFF file, whose directories can be walked and read one by one.

    Parameters
    ----------
    file : binary file
        Stays open as long as this is used.

    Raises
    ------
    ValueError
        When it does not begin like a TIFF.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        start = self.read(0, min(16, self.size))
        if not is_tiff(start):
            raise ValueError("not a TIFF file")
        self.order: Literal["<", ">"] = "<" if start[:2] == b"II" else ">"
        self.big = 43 in start[2:4]
        self._count, self._entry, self._inline = ("Q", "HHQ", 8) if self.big else ("H", "HHI", 4)
        first = self._unpack("Q" if self.big else "I", start[8:16] if self.big else start[4:8])
        self.first = first[0]

    def walk(self) -> Iterator[Directory]:
        """Yield the directories of the file, each once, whatever circle they stand in."""
        seen, offset = set(), self.first
        while offset:
            if offset in seen:
                raise ValueError("its pages go round in a circle")
            seen.add(offset)
            directory = self.directory(offset)
            yield directory
            offset = directory.next

    def directory(self, offset: int) -> Directory:
        """Read the directory at a place; ValueError when a tag that it needs is damaged."""
        width = struct.calcsize(f"<{self._count}")
        (count,) = self._unpack(self._count, self.read(offset, width))
        if count > 65535:
            raise ValueError(f"a page claims {count} tags")
        size = struct.calcsize(f"<{self._entry}") + self._inline
        data = self.read(offset + width, count * size + self._inline)
        tags: dict[int, Numbers | bytes] = {}
        for place in range(0, count * size, size):
            tag, kind, number = self._unpack(self._entry, data[place : place + size - self._inline])
            if tag in _LAYOUT and tag in tags:
                raise ValueError(f"its tag {tag} comes twice")
            if tag in _LAYOUT or (tag in _OTHERS and tag not in tags):
                try:
                    tags[tag] = self._value(
                        kind, number, data[place + size - self._inline : place + size]
                    )
                except ValueError as error:
                    if tag in _LAYOUT:
                        raise ValueError(f"its tag {tag} is damaged ({error})") from None
        return Directory(
            offset, tags, self._unpack("Q" if self.big else "I", data[count * size :])[0]
        )

    def read(self, offset: int, count: int) -> bytes:
        """Read bytes of the file; ValueError when it has fewer."""
        if offset + count > self.size:
            raise ValueError("the file is cut short or damaged")
        self.file.seek(offset)
        data = self.file.read(count)
        if len(data) < count:
            raise ValueError("the file became shorter while it was read")
        return data

    def _value(self, kind: int, number: int, inline: bytes) -> Numbers | bytes:
        """Read the numbers or the bytes of one tag."""
        code = "s" if kind in _BYTES else _RATIONALS.get(kind) or _FORMATS.get(kind)
        if code is None:
            raise ValueError(f"unknown type {kind}")
        length = number * struct.calcsize(f"<{code}") * (2 if kind in _RATIONALS else 1)
        if length > self._inline:
            inline = self.read(self._unpack("Q" if self.big else "I", inline)[0], length)
        if kind in _BYTES:
            return inline[:length]
        values = self._unpack(f"{length // struct.calcsize('<' + code)}{code}", inline[:length])
        if kind in _RATIONALS:
            return tuple(
                a / b if b else 0.0 for a, b in zip(values[::2], values[1::2], strict=True)
            )
        return values

    def _unpack(self, format: str, data: bytes) -> tuple:
        return struct.unpack(self.order + format, data)
