"""Figures with sliders where a kernel runs: each place is computed when it is turned to."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import Any

from IPython.display import display
from PIL import ImageDraw

from colorlib.show.view import Drawn, Sliders, as_view, named_places

__all__ = ["live"]


def live(draw: Callable[..., Drawn], sliders: Sliders) -> Any:
    """Show the same as `turnable` where a kernel runs: what is turned to is computed then.

    Parameters
    ----------
    draw : callable
        As for `turnable`.
    sliders : mapping of str to sequence
        As for `turnable`, with as many values as one likes.

    Returns
    -------
    ipywidgets.VBox
        The sliders, the picture and the numbers, which are shown already.

    Raises
    ------
    ImportError
        When ipywidgets is missing.
    ValueError
        When there are no or more than three sliders, or one is empty.
    """
    import ipywidgets
    from ipywidgets import Layout

    names, _ = named_places(sliders, None)
    controls = [
        ipywidgets.SelectionSlider(
            options=list(zip(texts, values, strict=True)),
            description=label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout=Layout(width="30rem", max_width="100%"),
        )
        for (label, values), texts in zip(sliders.items(), names, strict=True)
    ]
    whole = Layout(max_width="100%", align_self="flex-start")
    picture, numbers = ipywidgets.Image(format="png", layout=whole), ipywidgets.HTML()

    # No Output widget, and so no `interact`: where a notebook is executed without a browser,
    # nbclient answers an Output on the channel on which it waits, and now and then waits for ever.
    def show(_: Any = None) -> None:
        view = as_view(draw(*(control.value for control in controls)))
        image, content = view.image(), BytesIO()
        for left, top, width, height in view.boxes:
            box = (left, top, left + width, top + height)
            ImageDraw.Draw(image).rectangle(box, outline="#ffd400", width=2)
        image.save(content, "PNG")
        picture.value = content.getvalue()
        numbers.value = "<br>".join(
            f"{escape(name)}: {value:.4g}" for name, value in view.numbers.items()
        )

    for control in controls:
        control.observe(show, "value")
    show()
    box = ipywidgets.VBox([*controls, picture, numbers])
    display(box)
    return box
