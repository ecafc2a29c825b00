"""A whole page inside a page."""

from html import escape

from IPython.display import HTML

__all__ = ["framed"]


def framed(page: str, words: str, height: int = 640) -> HTML:
    """Show a page, with its own style and scripts, in a frame of a chapter.

    Parameters
    ----------
    page : str
        HTML that needs nothing else.
    words : str
        What is in the frame, for those who cannot see it.
    height : int
        In pixels; the frame is as wide as the column.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Examples
    --------
    >>> "&lt;p&gt;here" in framed("<p>here</p>", "A word").data
    True
    """
    style = f"width: 100%; height: {height}px; border: 1px solid #8886; border-radius: 6px"
    # In a block of its own: IPython warns of a frame alone, whose address it would rather have.
    return HTML(
        f'<div><iframe srcdoc="{escape(page)}" title="{escape(words)}" style="{style}">'
        "</iframe></div>"
    )
