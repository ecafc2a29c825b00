"""Things to turn in a notebook, which turn as well on a page without a kernel."""

import base64
import json
from collections.abc import Mapping
from html import escape
from io import BytesIO

import numpy as np
from IPython.display import HTML
from PIL import Image

from colorlib.film.encode import write_clip

__all__ = ["before_after", "film", "frame_slider"]

SLIDER_STYLE = """<style>
.colorlib-slider { display: block; font-size: 0.9rem; line-height: 1.4; }
.colorlib-slider input { accent-color: #1f5f7d; cursor: ew-resize; display: block; height: 1.75rem; width: 100%; }
</style>"""
STYLE = f"""{SLIDER_STYLE}<style>
.colorlib-compare {{ --at: 50%; display: inline-block; margin: 0 0.75rem 1.25rem 0; max-width: 100%; }}
.colorlib-compare > div {{ cursor: ew-resize; position: relative; line-height: 0; touch-action: pan-y; }}
.colorlib-compare img {{ border-radius: 0.5rem; display: block; height: auto; margin: 0; max-width: 100%; }}
.colorlib-compare img + img {{ position: absolute; inset: 0; clip-path: inset(0 0 0 var(--at)); }}
.colorlib-compare > div::after {{ background: #fff; bottom: 0; box-shadow: 0 0 3px #000; content: ""; left: var(--at);
  margin-left: -1px; pointer-events: none; position: absolute; top: 0; width: 2px; }}
</style>"""
FRAMES_STYLE = f"""{SLIDER_STYLE}<style>
.colorlib-frames {{ display: inline-block; margin: 0 0 1.25rem; max-width: 100%; }}
.colorlib-frames > div {{ display: grid; }}
.colorlib-frames img {{ border-radius: 0.5rem; display: block; grid-area: 1 / 1; height: auto; margin: 0;
  max-width: 100%; }}
.colorlib-frames img[data-off] {{ visibility: hidden; }}
.colorlib-frames label {{ margin-top: 0.25rem; }}
</style>"""
FILM_STYLE = """<style>
.colorlib-film { margin: 0 0 1.25rem; max-width: 100%; }
.colorlib-film video { border-radius: 0.5rem; display: block; height: auto; max-width: 100%; }
.colorlib-film figcaption { font-size: 0.9rem; line-height: 1.4; margin-top: 0.25rem; }
</style>"""
# Shows the frame that the slider stands at.
FRAMES_MOVE = (
    "this.closest('.colorlib-frames').querySelectorAll('img')"
    ".forEach((image, i) => { image.toggleAttribute('data-off', i !== Number(this.value)); });"
)
# Moves the line of a pair to where the slider stands, and says so to those who listen.
PAIR_MOVE = (
    "this.closest('.colorlib-compare').style.setProperty('--at', this.value + '%');"
    "this.setAttribute('aria-valuetext', this.value + ' per cent before');"
)
# Moves the slider to where the picture is pressed or dragged.
PAIR_DRAG = (
    "if (event.buttons || event.type === 'pointerdown') { const at = this.getBoundingClientRect(),"
    " slider = this.parentElement.querySelector('input');"
    " slider.value = Math.round(100 * (event.clientX - at.left) / at.width); slider.oninput(); }"
)
# Says the name of where a slider stands, to those who look and to those who listen.
SAY = (
    "const name = JSON.parse(this.dataset.names)[this.value];"
    "this.setAttribute('aria-valuetext', name); this.previousElementSibling.textContent = name;"
)


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


def frame_slider(frames: Mapping[str, Image.Image], label: str, start: int = 0, height: int = 320) -> HTML:
    """Show one of several pictures, chosen with a slider: steps of a method, strengths of an effect, frames of a film.

    All pictures are in the page itself. The slider is the browser's own: it works with a mouse, a finger and the
    arrow keys, needs no kernel and no network; where scripts are off, the picture it starts with stays.

    Parameters
    ----------
    frames : mapping of str to Image
        A name for each picture ("50 points"), in the order of the slider; all of one shape.
    label : str
        What the slider chooses, such as "number of points".
    start : int
        Which picture is shown first, counted from 0.
    height : int
        At which height, in pixels, a picture is shown; it is kept at twice that for sharp screens.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Raises
    ------
    ValueError
        When there is no picture, they differ in shape, or `start` is none of them.
    """
    if not frames:
        raise ValueError(f"{label}: there are no frames to show; give at least one picture")
    sizes = {name: picture.size for name, picture in frames.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"{label}: all frames must have one shape, not {sizes}")
    if not 0 <= start < len(frames):
        raise ValueError(f"{label}: start must be from 0 to {len(frames) - 1}, not {start}")
    width = round(height * next(iter(sizes.values()))[0] / next(iter(sizes.values()))[1])
    images = "".join(
        f'<img src="{data_uri(picture, 2 * width, 2 * height)}" width="{width}" height="{height}" '
        f'alt="{escape(label)}: {escape(name)}"{"" if i == start else " data-off"}>'
        for i, (name, picture) in enumerate(frames.items())
    )
    handle = slider(label, list(frames), start, FRAMES_MOVE)
    return HTML(f'{FRAMES_STYLE}<div class="colorlib-frames"><div>{images}</div>{handle}</div>')


def film(frames: np.ndarray, label: str, words: str, rate: int = 24, tone: float | None = None, crf: int = 24) -> HTML:
    """Show a short film with the browser's own controls. It is part of the page: no file beside it, no network.

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3) or (N, H, W), uint8
        sRGB or grey, with an even height and width. Films to compare are best put side by side into one, so that they
        run together.
    label : str
        The line under the film.
    words : str
        What is to be seen, for those who cannot see it or whose browser does not play it.
    rate : int
        Frames a second.
    tone : float, optional
        A sound of so many hertz.
    crf : int
        Quality: smaller is finer and larger.

    Returns
    -------
    HTML
        To be the last line of a cell. The film starts when it is told to, and then repeats.

    Raises
    ------
    ValueError
        As `film.write_clip`.
    """
    content = BytesIO()
    write_clip(frames, content, rate, tone, crf)
    data = base64.b64encode(content.getvalue()).decode("ascii")
    height, width = frames.shape[1:3]
    poster = data_uri(Image.fromarray(frames[0]), width, height)  # some browsers show nothing before the film plays
    return HTML(
        f'{FILM_STYLE}<figure class="colorlib-film"><video controls loop playsinline preload="metadata" '
        f'width="{width}" height="{height}" aria-label="{escape(words)}" poster="{poster}" '
        f'src="data:video/mp4;base64,{data}">'
        f"{escape(words)}</video>"
        f"<figcaption>{escape(label)}</figcaption></figure>"
    )


def _pair(name: str, before: Image.Image, after: Image.Image, height: int) -> str:
    """One pair and its handle."""
    if before.size != after.size:
        raise ValueError(f"{name}: before is {before.size} and after {after.size}; both must have one shape")
    scale = height / before.height
    width = round(before.width * scale)
    images = "".join(
        f'<img src="{data_uri(image, 2 * width, 2 * height)}" width="{width}" height="{height}" '
        f'draggable="false" alt="{escape(alt)}">'
        for image, alt in ((before, f"{name}, before"), (after, f"{name}, after"))
    )
    return (
        f'<div class="colorlib-compare"><div onpointerdown="{PAIR_DRAG}" onpointermove="{PAIR_DRAG}">{images}</div>'
        f'<label class="colorlib-slider">{escape(name)}'
        f'<input type="range" min="0" max="100" value="50" oninput="{PAIR_MOVE}" '
        f'aria-label="{escape(name)}: how much is shown before, in per cent"></label></div>'
    )


def data_uri(image: Image.Image, width: int, height: int) -> str:
    """A picture as text, never enlarged."""
    small = image.convert("RGB")
    small.thumbnail((width, height), Image.Resampling.LANCZOS)
    content = BytesIO()
    small.save(content, "WEBP", quality=82, method=6)
    return webp_uri(content.getvalue())


def webp_uri(content: bytes) -> str:
    """A WebP file as text."""
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")


def slider(label: str, names: list[str], at: int, move: str) -> str:
    """A labelled slider over names, and the script that runs when it is moved."""
    return (
        f'<label class="colorlib-slider">{escape(label)}: <span>{escape(names[at])}</span>'
        f'<input type="range" min="0" max="{len(names) - 1}" value="{at}" oninput="{move}{SAY}" '
        f'data-names="{escape(json.dumps(names))}" aria-label="{escape(label)}" '
        f'aria-valuetext="{escape(names[at])}"></label>'
    )
