"""What a figure on a page is made of: pictures as text, a slider, style and script."""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from importlib import resources
from io import BytesIO

import numpy as np
from IPython.display import HTML
from PIL import Image

from colorlib.show.appearance import PictureArray, to_array


def to_image(picture: PictureArray | Image.Image) -> Image.Image:
    """Make any picture that `picture_grid` takes, or one of Pillow's, an 8-bit RGB picture."""
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    return Image.fromarray((to_array(picture) * 255).round().astype(np.uint8))


def data_uri(image: Image.Image, width: int, height: int, quality: int = 76) -> str:
    """Write a picture as text, at most so large and never enlarged."""
    small = image.convert("RGB")
    small.thumbnail((width, height), Image.Resampling.LANCZOS)
    content = BytesIO()
    small.save(content, "WEBP", quality=quality, method=4)
    return webp_uri(content.getvalue())


def webp_uri(content: bytes) -> str:
    """Write the content of a WebP file as text."""
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")


def slider(label: str, names: list[str], at: int) -> str:
    """Write a labelled slider over names; `static/figures.js` moves it."""
    return (
        f'<label class="colorlib-slider">{escape(label)}: <span>{escape(names[at])}</span>'
        f'<input type="range" min="0" max="{len(names) - 1}" value="{at}" '
        f'aria-label="{escape(label)}" aria-valuetext="{escape(names[at])}"></label>'
    )


def figure(markup: str) -> HTML:
    """Give figures their style and their script; nothing is fetched."""
    css, js = _static("figures.css"), _static("figures.js")
    return HTML(f"<style>{css}</style>{markup}<script>{js}</script>")


@cache
def _static(name: str) -> str:
    """Read one of the files in `static`."""
    return (resources.files("colorlib.show") / "static" / name).read_text("utf8")
