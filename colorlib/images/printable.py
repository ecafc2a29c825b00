"""Names are data: what a file is called is shown, never obeyed.

A name may hold anything but a slash: the escape sequences of a terminal, a line break that makes
one message look like two, marks that turn the reading direction, bytes that are no text.
"""

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["first_few", "one_line", "printable"]

MOST_LINES = 20
# Without these two, which join and part letters, Persian, Hindi and many an emoji are misspelt.
_JOINERS = "\u200c\u200d"
_LINE_BREAKS = re.compile(r"[ \t]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")


def printable(text: object) -> str:
    r"""Return a text with everything escaped that would do something instead of being seen.

    Control characters, line and paragraph separators, marks of the reading direction and other
    invisible characters come out as in Python, ``\x1b`` or ``\u202e``; a byte that is no text,
    which Python keeps as half a surrogate pair, comes out as the byte, ``\xe9``. All else stays as
    it is: letters of every script, spaces, backslashes.

    Parameters
    ----------
    text : object
        A name, a path or a whole message of one line; ``str`` is called on it.

    Returns
    -------
    str
        Can be encoded as UTF-8. What is printable already comes back unchanged.
    """
    text = str(text)
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def one_line(text: object, *names: object) -> str:
    """Return a message as one printable line: where it breaks, a space stands.

    Parameters
    ----------
    text : object
        The message; ``str`` is called on it.
    *names : object
        Names that the message holds: line breaks in them are part of the name, and are escaped.
    """
    text = str(text)
    for name in map(str, names):
        if name:
            text = text.replace(name, printable(name))
    return printable(_LINE_BREAKS.sub(" ", text).strip())


def first_few(lines: Iterable[str]) -> list[str]:
    """Return lines for a terminal, indented; of more than `MOST_LINES`, the first."""
    lines = list(lines)
    rest = [f"  ... and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [*(f"  {line}" for line in lines[:MOST_LINES]), *rest]


def _shown(character: str) -> str:
    """One character, escaped when it cannot be seen."""
    kind = unicodedata.category(character)
    if kind not in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in _JOINERS:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character) or (
        f"\\x{code:02x}"
        if code < 0x80
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
