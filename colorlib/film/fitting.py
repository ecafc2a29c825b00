"""A film whose pictures change their size on the way: all get the size of the first.

Recordings of broadcasts do that, and films that were joined. A result has one size from its first
frame to its last.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from colorlib.film.pixel_formats import guess_matrix, is_high_bit_depth
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av

__all__ = ["Fitter"]


class Fitter:
    """Scale frames that differ from the first of a film, and lay them into the middle of black.

    Parameters
    ----------
    film : Film
        Its ``notes`` get a line when the first frame was fitted.
    """

    def __init__(self, film: Film) -> None:
        self.film = film
        self.kind: tuple[int, int, str, Fraction | None] | None = None
        self.graph: av.filter.Graph | None = None

    def fitted(
        self, frame: "av.VideoFrame", sample_aspect: Fraction | None, time: int
    ) -> "av.VideoFrame":
        """Return the frame as it is, or at the size, depth and shape of pixels of the first.

        Parameters
        ----------
        frame : av.VideoFrame
            Whole, not yet turned.
        sample_aspect : Fraction or None
            Width over height of its pixels, as the decoder says at this moment.
        time : int
            When it is shown, in ticks of the film, for the message.

        Returns
        -------
        av.VideoFrame
        """
        film = self.film
        same_pixels = (
            not sample_aspect or not film.sample_aspect or sample_aspect == film.sample_aspect
        )
        if (
            (frame.height, frame.width) == film.shape
            and same_pixels
            and is_high_bit_depth(frame) == film.high_bit_depth
        ):
            return frame
        guess_matrix(frame)
        aspect = None if same_pixels else sample_aspect
        kind = (frame.width, frame.height, frame.format.name, aspect)
        if kind != self.kind:
            if self.kind is None:
                at = float((time - film.first) * film.time_base)
                what = (
                    f"are {frame.width}x{frame.height} and not {film.shape[1]}x{film.shape[0]}: "
                    "fitted into the size of the first, with black at the sides"
                    if (frame.height, frame.width) != film.shape
                    else "have another depth or shape of pixels: fitted to the first"
                )
                film.notes.append(f"from {at:.1f} s on the pictures {what}")
            self.kind, self.graph = kind, self._graph(frame, kind[3] or Fraction(1))
        assert self.graph is not None
        self.graph.push(frame)
        return cast("av.VideoFrame", self.graph.pull())

    def _graph(self, frame: "av.VideoFrame", sample_aspect: Fraction) -> "av.filter.Graph":
        """Set up FFmpeg's filters for frames such as this one."""
        import av

        height, width = self.film.shape
        stored = self.film.sample_aspect if sample_aspect != 1 else None
        wide = frame.width * sample_aspect / (stored or 1)
        scale = min(width / wide, Fraction(height, frame.height))
        inner = [
            min(side, max(2, 2 * round(x * scale / 2)))
            for x, side in ((wide, width), (frame.height, height))
        ]
        base = frame.time_base or self.film.time_base
        graph = av.filter.Graph()
        source = graph.add(
            "buffer",
            video_size=f"{frame.width}x{frame.height}",
            pix_fmt=frame.format.name,
            time_base=f"{base.numerator}/{base.denominator}",
            colorspace=str(int(frame.colorspace)),
            range=str(int(frame.color_range)),
        )
        flags, middle = "bicubic+accurate_rnd+full_chroma_int", {"x": "(ow-iw)/2", "y": "(oh-ih)/2"}
        steps = [
            graph.add("scale", w=str(inner[0]), h=str(inner[1]), flags=flags),
            graph.add("format", pix_fmts=self.film.pixels),
            graph.add("pad", w=str(width), h=str(height), color="black", **middle),
            graph.add("buffersink"),
        ]
        graph.link_nodes(source, *steps)
        graph.configure()
        return graph
