"""A film whose pictures change their size on the way: all are fitted into the size of the first, undistorted.

Recordings of broadcasts do that, and films that were joined. A result has one size from its first
frame to its last.
"""

from fractions import Fraction
from typing import TYPE_CHECKING

from colorlib.film.pixel_formats import guess_matrix, is_high_bit_depth
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av

__all__ = ["Fitter"]


class Fitter:
    """Scale the frames of a film that differ from its first, and lay them into the middle of black ones.

    Parameters
    ----------
    film : Film
        Its ``notes`` get a line when the first frame was fitted.
    """

    def __init__(self, film: Film) -> None:
        self.film = film
        self.kind: tuple | None = None
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
        kind = (
            frame.width,
            frame.height,
            frame.format.name,
            None if same_pixels else sample_aspect,
        )
        if kind != self.kind:
            if self.kind is None:
                at = float((time - film.first) * film.time_base)
                film.notes.append(
                    f"from {at:.1f} s on the pictures are {frame.width}x{frame.height} and not "
                    f"{film.shape[1]}x{film.shape[0]}: fitted into the size of the first, with black at the sides"
                    if (frame.height, frame.width) != film.shape
                    else f"from {at:.1f} s on the pictures have another depth or shape of pixels: fitted to the first"
                )
            self.kind, self.graph = (
                kind,
                self._graph(frame, Fraction(1) if same_pixels else sample_aspect),
            )
        self.graph.push(frame)
        return self.graph.pull()

    def _graph(self, frame: "av.VideoFrame", sample_aspect: Fraction) -> "av.filter.Graph":
        """FFmpeg's filters for frames such as this one."""
        import av

        height, width = self.film.shape
        wide = frame.width * sample_aspect / (self.film.sample_aspect if sample_aspect != 1 else 1)
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
        steps = [
            graph.add(
                "scale",
                w=str(inner[0]),
                h=str(inner[1]),
                flags="bicubic+accurate_rnd+full_chroma_int",
            ),
            graph.add("format", pix_fmts=self.film.pixels),
            graph.add(
                "pad", w=str(width), h=str(height), x="(ow-iw)/2", y="(oh-ih)/2", color="black"
            ),
            graph.add("buffersink"),
        ]
        graph.link_nodes(source, *steps)
        graph.configure()
        return graph
