"""Two pictures under one handle, and a short film, in a notebook and on a page without a kernel."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

import numpy as np
from IPython.display import HTML
from PIL import Image

from colorlib.film.clips import write_clip
from colorlib.show.appearance import PictureArray
from colorlib.show.markup import data_uri, figure, to_image

__all__ = ["compare", "film"]

FILM_STYLE = """<style>
.colorlib-film { margin: 0 0 1.25rem; max-width: 100%; }
.colorlib-film video { border-radius: 0.5rem; display: block; height: auto; max-width: 100%; }
.colorlib-film figcaption { font-size: 0.9rem; line-height: 1.4; margin-top: 0.25rem; }
</style>"""


def compare(
    pairs: Mapping[str, Sequence[PictureArray | Image.Image]],
    ends: Sequence[str] = ("before", "after"),
    height: int = 220,
) -> HTML:
    """Show two pictures in one frame, each pair under one handle to drag.

    The handle is the browser's own slider: it works with a mouse, a finger and the arrow keys,
    needs no kernel, no script from elsewhere and no network, and shows half of each picture where
    scripts are off, and in print where it was left. The picture itself can be dragged too. A third
    picture, such as the truth, takes the place of the one on the right while a box is ticked.

    Parameters
    ----------
    pairs : mapping of str to sequence of two or three pictures
        A name for each pair, then the picture on the left of the handle, the one on its right, and
        what may take its place, of one shape; each as `picture_grid` takes it, or one of Pillow's.
    ends : sequence of str
        What each of them is, such as "grey", "coloured" and "true".
    height : int
        At which height, in pixels, a pair is shown; it is kept at twice that for sharp screens.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Raises
    ------
    ValueError
        When the pictures of a pair differ in shape, or are not two or three, each with an end.
    """
    return figure(
        "".join(
            _pair(name, [to_image(picture) for picture in pictures], ends, height)
            for name, pictures in pairs.items()
        )
    )


def film(
    frames: np.ndarray,
    label: str,
    words: str,
    rate: int = 24,
    tone: float | None = None,
    crf: int = 24,
) -> HTML:
    """Show a short film with the browser's own controls. It needs no file beside the page.

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3) or (N, H, W), uint8
        sRGB or grey, with an even height and width. Films to compare are best put side by side into
        one, so that they run together.
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
    # Some browsers show nothing before the film plays.
    poster = data_uri(Image.fromarray(frames[0]), width, height)
    return HTML(
        f'{FILM_STYLE}<figure class="colorlib-film">'
        '<video controls loop playsinline preload="none" '
        f'width="{width}" height="{height}" aria-label="{escape(words)}" poster="{poster}" '
        f'src="data:video/mp4;base64,{data}">'
        f"{escape(words)}</video>"
        f"<figcaption>{escape(label)}</figcaption></figure>"
    )


def _pair(name: str, pictures: list[Image.Image], ends: Sequence[str], height: int) -> str:
    """One pair and its handle."""
    if len(pictures) not in (2, 3) or len(ends) != len(pictures):
        raise ValueError(
            f"{name}: {len(pictures)} pictures for {len(ends)} ends; give two or three of both"
        )
    left = pictures[0]
    for picture, end in zip(pictures, ends, strict=True):
        if picture.size != left.size:
            raise ValueError(
                f"{name}: {ends[0]} is {left.size} and {end} {picture.size}; give one shape"
            )
    width = round(height * left.width / left.height)
    images = "".join(
        f'<img loading="lazy" src="{data_uri(picture, 2 * width, 2 * height)}" '
        f'width="{width}" height="{height}" draggable="false" alt="{escape(name)}, {escape(end)}">'
        for picture, end in zip(pictures, ends, strict=True)
    )
    first, second, *third = (escape(end) for end in ends)
    box = '<label class="instead"><input type="checkbox">'
    instead = f"{box} {third[0]} instead of {second}</label>" if third else ""
    return (
        f'<div class="colorlib-compare" role="group" aria-label="{escape(name)}">'
        f'<div class="picture">{images}</div>'
        f'<label class="colorlib-slider">{escape(name)}'
        f'<input type="range" min="0" max="100" value="50" data-left="{first}" '
        f'aria-label="{escape(name)}: how much is {first}, in per cent"></label>'
        '<div class="ends colorlib-slider" aria-hidden="true">'
        f"{''.join(f'<span>{end}</span>' for end in (first, second, *third))}</div>"
        f"{instead}</div>"
    )
