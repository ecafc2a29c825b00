"""A coloured picture says that its colours are predicted, by what, and with which weights.

A coloured photograph looks like a document, and its colours are none. So every file that is written
says so where programs look: in its EXIF data (Software), and in XMP, in the term that the
International Press Telecommunications Council has for it. Of its terms two could be meant.
"algorithmicallyEnhanced" is for what leaves the content as it is, such as sharpening or less noise.
Colours that were never recorded are new content, made by a network that learnt from other
photographs, and joined to the lightness of this one: that is
"compositeWithTrainedAlgorithmicMedia". The third, "trainedAlgorithmicMedia", is for pictures that a
network made from nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import colorlib
from colorlib.images.caption import beside, captioned
from colorlib.images.notes import note
from colorlib.images.on_demand import OnDemand
from colorlib.images.xmp import xmp_packet

if TYPE_CHECKING:
    from colorlib.images.description import Description

__all__ = ["SOURCE_TYPE", "Label", "labelled"]

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_SOFTWARE, _EXIF = 0x0131, 0x8769
_SIZE = (0xA002, 0xA003)  # in the EXIF directory
_NO_PLACE = (
    "does not say in its file that its colours are predicted: {} has no place for it; PNG has"
)


@dataclass(frozen=True)
class Label:
    """What a coloured picture says about itself.

    Parameters
    ----------
    weights : str
        Their name, as in "natural"; "" when they have none.
    sha256 : str
        What they are known by: the sha256 of their file, and where their dial stands.
    caption : bool
        Also write a line that is seen, in a strip below the picture.
    keep_grey : bool
        Also show the original, to the left of the result.

    References
    ----------
    IPTC NewsCodes, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype; IPTC Photo
    Metadata Standard 2025.1 (AI System Used, AI System Version Used).
    """

    weights: str = ""
    sha256: str = ""
    caption: bool = False
    keep_grey: bool = False

    @property
    def software(self) -> str:
        """What made the colours, with its version."""
        return f"colorlib {colorlib.__version__}"

    @property
    def statement(self) -> str:
        """What the result is, in a sentence for people and programs."""
        weights = " ".join(filter(None, (self.weights, self.sha256)))
        model = f" (weights {weights})" if weights else ""
        return f"Colours predicted by {self.software}{model}, not recorded. {SOURCE_TYPE}"

    def described(self, about: "Description", kind: str = "") -> "Description":
        """Add to what a picture says about the photograph what it is now.

        Parameters
        ----------
        about : Description
            Of the original. Its dates and its rating stay.
        kind : str
            The format of the result, as in `write.WRITABLE`. A GIF gets the statement as a comment.
        """
        exif = Image.Exif()
        exif.load(about.exif)
        before = exif.get(_SOFTWARE, b"")
        before = before.encode("latin-1", "replace") if isinstance(before, str) else before
        made = f"{self.software}, weights {self.weights} {self.sha256}".encode("ascii", "replace")
        exif[_SOFTWARE] = made + (
            b"; before: " + before.strip(b"\0 ") if before.strip(b"\0 ") else b""
        )
        if self.caption or self.keep_grey:
            directory = dict(exif.get_ifd(_EXIF))
            for tag in _SIZE:
                directory.pop(tag, None)
            if directory:
                exif[_EXIF] = directory
        properties = {
            "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE,
            "Iptc4xmpExt:AISystemUsed": f"colorlib, weights {self.weights}",
            "Iptc4xmpExt:AISystemVersionUsed": f"{colorlib.__version__}, sha256 {self.sha256}",
            "xmp:CreatorTool": self.software,
        }
        event = {
            "stEvt:action": "edited",
            "stEvt:softwareAgent": self.software,
            "stEvt:parameters": self.statement,
        }
        texts = {**about.texts, "Colours": self.statement} if kind == "GIF" else about.texts
        packet = xmp_packet(properties | dict(about.xmp), event)
        return replace(about, exif=exif.tobytes(), packet=packet, texts=texts)

    def shown(
        self, pixels: np.ndarray, original: np.ndarray, alpha: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Add what is seen: the original at its side, the line below, where they are wanted.

        Parameters
        ----------
        pixels : ndarray, (H, W, 3), uint8 or uint16
            The coloured page.
        original : ndarray, (H, W) or (H, W, 3), of the same type
        alpha : ndarray, (H, W), optional

        Returns
        -------
        pixels, alpha
            Larger ones.
        """
        if self.keep_grey:
            pixels, alpha = beside(original, pixels, alpha)
        if self.caption:
            what = "Left: the original. Right: colours" if self.keep_grey else "Colours"
            line = f"{what} predicted by {self.software}, not recorded"
            pixels, alpha = captioned(pixels, line, alpha)
        return pixels, alpha


def labelled(
    descriptions: "Sequence[Description]", label: Label, kind: str, path: Path
) -> "Sequence[Description]":
    """Add a label to what the pages of a document say; each is read when it is asked for.

    Parameters
    ----------
    kind : str
        As for `Label.described`.
    path : Path
        The original, for a note when the format of the result has no place for a label.
    """
    if kind == "BMP":
        note(path, _NO_PLACE.format(kind))
    return OnDemand(lambda index: label.described(descriptions[index], kind), len(descriptions))
