"""A container that is filled for a try: some black pictures, or as many as the film has."""

from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from colorlib.film.clock import seconds_of
from colorlib.film.containers import opened_film
from colorlib.film.encode import Coding
from colorlib.film.mux import CANNOT_HOLD, add_pictures, add_sounds, merged
from colorlib.film.probe import Film
from colorlib.film.sounds import COPY, ENCODE, FORWARD, Ways, encoders_for, packets_of_sounds
from colorlib.film.tryout import Nowhere, RehearsalError, read_again

if TYPE_CHECKING:
    import av
    from av.stream import Stream

__all__ = ["Stage"]


class Stage:
    """Where a film is written for a try.

    Parameters
    ----------
    film : Film
    out : str or Path
        For messages only.
    coding : Coding
    cut : (Fraction, Fraction) or None
        As for `mux.join_segments`.
    black : bytes
        A segment of black pictures, encoded as the film will be.
    """

    def __init__(
        self,
        film: Film,
        out: str | Path,
        coding: Coding,
        cut: tuple[Fraction, Fraction] | None,
        black: bytes,
    ) -> None:
        self.film, self.out, self.coding, self.cut = film, out, coding, cut
        self.black = black
        self.fed = 0  # packets beside the pictures that the last try got

    def way(self, index: int, times: array, kind: str, encode: bool = False) -> str:
        """Find how one stream gets into the result: the first way on which it comes out again."""
        others = [f"{ENCODE} {name}" for name in encoders_for(self.coding.container)]
        ways = [] if encode else [COPY]
        if kind == "audio":
            ways += [*([] if encode else [FORWARD]), *others]
        error = None
        for way in ways:
            try:
                if self._comes_out(index, times, kind, way):
                    return way
            except (ValueError, RehearsalError) as refused:
                error = error or refused
        if isinstance(error, ValueError):
            raise error
        raise ValueError(
            f"{self.out}: this container cannot hold stream {index} of {self.film.path} ({kind}); "
            f"{CANNOT_HOLD}"
        ) from error

    def _comes_out(self, index: int, times: array, kind: str, way: str) -> bool:
        """Return whether a stream that is written is found again, as what it was."""
        file = self.written(times, {index: way})
        if not self.fed and kind != "attachment":
            return True  # it begins later
        with read_again(file) as result, opened_film(self.film.path) as source:
            found = [stream for stream in result.streams if stream.type == kind]
            before = source.streams[index].codec_context
            if not found or kind == "attachment" or before is None:
                return bool(found)
            after = found[0].codec_context
            same = way.startswith(ENCODE) or kind != "audio"
            return after is not None and (same or after.name == before.name)

    def written(self, times: array, ways: Ways) -> BytesIO:
        """Write some pictures, and what goes with them, as a file in memory."""
        file = BytesIO()
        self.fed = self._write(file, times, ways, float(times[-1] * self.film.time_base))
        file.seek(0)
        return file

    def rehearsed(self, times: Iterable[int], ways: Ways) -> None:
        """Write all pictures, and all that goes with them, into nowhere."""
        self._write(Nowhere(), times, ways, None)

    def _write(self, file: object, times: Iterable[int], ways: Ways, until: float | None) -> int:
        """Write a film; return how many packets beside the pictures went into it."""
        import av

        film, shift = self.film, 0 if self.cut is None else round(self.cut[0] / self.film.time_base)
        packet, others = None, 0
        with (
            opened_film(film.path) as source,
            av.open(BytesIO(self.black), "r", format="nut") as pictures,
        ):
            target = av.open(file, "w", format=self.coding.container)
            shown = add_pictures(target, source, pictures.streams.video[0], film, self.out)
            copies = add_sounds(target, source, film, ways, self.out)
            if until is not None and ways and self.cut and shift > 0 and not film.shifts:
                source.seek(int(self.cut[0] * 1_000_000))
            sounds = packets_of_sounds(source, film, copies, ways, self.cut)
            if until is not None:
                end = until - float(shift * film.time_base)
                sounds = takewhile(lambda sound: float(seconds_of(sound)) <= end, sounds)
            black = [packet for packet in pictures.demux(video=0) if packet.size]
            try:
                target.start_encoding()
                for packet in merged(_shown(black, times, film, shown, shift), sounds):
                    others += packet.stream_index != shown.index
                    target.mux(packet)
                packet = None
                target.close()
            except (av.FFmpegError, ValueError) as error:
                numbers = {copy.index: index for index, copy in copies.items()}
                raise RehearsalError(
                    error, None if packet is None else numbers.get(packet.stream_index)
                ) from error
        return others


def _shown(
    black: "list[av.Packet]", times: Iterable[int], film: Film, shown: "Stream", shift: int
) -> "Iterator[av.Packet]":
    """Show the first black picture, then the others again and again, at the film's times."""
    import av

    data = [bytes(packet) for packet in black]
    for index, time in enumerate(times):
        again = index > 0 and len(data) > 1
        packet = av.Packet(data[1 + (index - 1) % (len(data) - 1)] if again else data[0])
        packet.stream, packet.time_base, packet.is_keyframe = shown, film.time_base, index == 0
        packet.pts = packet.dts = time - shift
        packet.duration = film.step
        yield packet
