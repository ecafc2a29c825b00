"""The page that colours photographs, in the book and in `colorlib demo`.

In the book its network runs in the browser, in the demo in Python.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from colorlib.data.sources import package_photographs
from colorlib.images import open_rgb
from colorlib.images.description import Description
from colorlib.images.label import Label
from colorlib.models import dial
from colorlib.models.card import read_card
from colorlib.models.shipped import find_weights, position

__all__ = ["POLICY", "SAMPLES", "STATIC", "defaults", "fragment", "whole_page", "write_samples"]

STATIC = Path(__file__).parent / "static"
SAMPLES = {
    "china": "A temple by a lake",
    "rocket": "A rocket at night",
    "grace_hopper": "Grace Hopper",
    "coffee": "A cup of coffee",
    "flower": "A flower",
    "chelsea": "A cat",
}
# Pixels: the longer side of a sample, and the height of its small view, for sharp screens.
SIDE, SMALL = 1000, 116
# What a page may load: its own files, and what it made itself. Scripts in the page are the theme's;
# wasm, which this calls eval, is the network's runtime. The policy is about where things come from
# and go to.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' "
    "'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: "
    "blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
# Times the size that the card names: three looks whose answers are averaged.
BLENDED = (0.8, 1.2, 1.6)
_pages = Environment(loader=FileSystemLoader(STATIC), autoescape=True, undefined=StrictUndefined)


def defaults(weights: str) -> dict[str, Any]:
    """Where the dials of the page stand at first.

    Parameters
    ----------
    weights : str
        The name of shipped weights or of a point on their dial.

    Returns
    -------
    dict
        `vividness`, or None without a dial; `sizes`, a list of dicts of what the page `says` and
        which `of` the network's sizes it means, the first as `Colorizer.from_pretrained` has it;
        and the `mark`, an XMP packet, that a saved picture gets.

    Raises
    ------
    FileNotFoundError, ValueError
        As `models.load_named`.
    """
    card = read_card(find_weights(weights))
    size = int(card["size"])
    several = [round(size * times) for times in BLENDED]
    return {
        "vividness": position(weights, None, card) if dial.has_dial(card) else None,
        "sizes": [
            {"says": "once", "of": [size]},
            {"says": "at three sizes, blended", "of": several},
        ],
        "mark": Label(weights, card["sha256"]).described(Description()).packet.decode(),
    }


def write_samples(folder: Path) -> dict[str, int]:
    """Write photographs to try, which installed packages ship, made grey.

    Parameters
    ----------
    folder : Path
        Where NAME.jpg and a small NAME-small.webp go; it is made.

    Returns
    -------
    dict of str to int
        For each name, the width at which the page shows its small view, in pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found, widths = package_photographs(), {}
    for name in [name for name in SAMPLES if name in found]:
        grey = open_rgb(found[name]).convert("L")
        grey.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        grey.save(folder / f"{name}.jpg", quality=88, optimize=True)
        grey.thumbnail((10 * SMALL, SMALL), Image.Resampling.LANCZOS)
        grey.save(folder / f"{name}-small.webp", quality=70, method=6)
        widths[name] = round(grey.width / 2)
    return widths


def fragment(
    base: str, widths: Mapping[str, int], promise: str, accept: str = "", missing: str | None = None
) -> str:
    """Make the part of a page that colours.

    Parameters
    ----------
    base : str
        Address of the folder that holds `samples`, with a slash at its end.
    widths : mapping of str to int
        From `write_samples`.
    promise : str
        Where the photographs go.
    accept : str
        More kinds of files, as in ", .tif".
    missing : str, optional
        Why nothing can be coloured here.

    Returns
    -------
    str
        HTML. It looks as page.css says, and works once page.js is started with an engine.
    """
    samples = {name: SAMPLES[name] for name in widths}
    words = {"promise": promise, "accept": accept, "missing": missing}
    return _pages.get_template("page.html").render(
        base=base, samples=samples, widths=widths, **words
    )


def whole_page(part: str, head: str) -> str:
    """Make a page with nothing else on it.

    Parameters
    ----------
    part : str
        From `fragment`.
    head : str
        HTML of the links to style and script.

    Returns
    -------
    str
        HTML.
    """
    return _pages.get_template("index.html").render(part=part, head=head, policy=POLICY)
