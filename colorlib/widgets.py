"""Things to turn in a notebook, which turn as well on a page without a kernel."""

import base64
from html import escape
from io import BytesIO

from IPython.display import HTML
from PIL import Image

__all__ = ["before_after"]

STYLE = """<style>
.colorlib-compare { --at: 50%; display: inline-block; margin: 0 0.75rem 1.25rem 0; max-width: 100%; }
.colorlib-compare > div { position: relative; line-height: 0; }
.colorlib-compare img { border-radius: 0.5rem; display: block; height: auto; margin: 0; max-width: 100%; }
.colorlib-compare img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--at)); }
.colorlib-compare > div::after { background: #fff; bottom: 0; box-shadow: 0 0 3px #000; content: ""; left: var(--at);
  margin-left: -1px; pointer-events: none; position: absolute; top: 0; width: 2px; }
.colorlib-compare label { display: block; font-size: 0.9rem; line-height: 1.4; }
.colorlib-compare input { accent-color: #1f5f7d; cursor: ew-resize; display: block; height: 1.75rem; width: 100%; }
</style>"""


def before_after(pairs: dict[str, tuple[Image.Image, Image.Image]], height: int = 220) -> HTML:
    """Show pictures before and after, each pair under one handle to drag.

    The handle is the browser's own slider: it works with a mouse, a finger and the arrow keys, needs no kernel, no
    script from elsewhere and no network, and shows half of each picture where scripts are off.

    Parameters
    ----------
    pairs : dict of str to (Image, Image)
        A name for each pair, then the picture before and the picture after, of one shape.
    height : int
        At which height, in pixels, a pair is shown; it is kept at twice that for sharp screens.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Raises
    ------
    ValueError
        When the two pictures of a pair differ in shape.
    """
    return HTML(STYLE + "".join(_pair(name, before, after, height) for name, (before, after) in pairs.items()))


def _pair(name: str, before: Image.Image, after: Image.Image, height: int) -> str:
    """One pair and its handle."""
    if before.size != after.size:
        raise ValueError(f"{name}: before is {before.size} and after {after.size}; both must have one shape")
    scale = height / before.height
    width = round(before.width * scale)
    images = "".join(
        f'<img src="{_data_uri(image, 2 * width, 2 * height)}" width="{width}" height="{height}" alt="{escape(alt)}">'
        for image, alt in ((before, f"{name}, before"), (after, f"{name}, after"))
    )
    move = "this.closest('.colorlib-compare').style.setProperty('--at', this.value + '%')"
    return (
        f'<div class="colorlib-compare"><div>{images}</div><label>{escape(name)}'
        f'<input type="range" min="0" max="100" value="50" oninput="{move}" '
        f'aria-label="{escape(name)}: how much is shown before, in per cent"></label></div>'
    )


def _data_uri(image: Image.Image, width: int, height: int) -> str:
    """A picture as text, never enlarged."""
    small = image.convert("RGB")
    small.thumbnail((width, height), Image.Resampling.LANCZOS)
    content = BytesIO()
    small.save(content, "WEBP", quality=82, method=6)
    return "data:image/webp;base64," + base64.b64encode(content.getvalue()).decode("ascii")
