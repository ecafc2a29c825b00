"""The sounds and subtitles of a film on their way into the result: copied where possible.

A container keeps a sound as it is, or FFmpeg's table of what it keeps does not name the sound's
codec though the container has a place for it (Matroska: that of Windows' own formats), or it has
none. The first two are copied. In the last case the sound is encoded again.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from colorlib.film.clock import mended, seconds_of
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

__all__ = [
    "COPY",
    "ENCODE",
    "FORWARD",
    "Ways",
    "add_copy",
    "encoders_for",
    "is_copied",
    "packets_of_sounds",
]

# How a stream goes into the result, by its number. FORWARD: its parameters are taken as the file
# has them, without FFmpeg's table. ENCODE is followed by the name of the encoder.
COPY, FORWARD, ENCODE = "copy", "forward", "encode"
Ways = Mapping[int, str]
_GAP = b"\0\0"  # in an mp4: no subtitle from here on
_NON_STRICT = 0x20000  # FFmpeg's AVFMT_TS_NONSTRICT: two packets may have one time
# Lossless where that is common, or else what players of the container know best.
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_ENCODERS = {"matroska": ("flac", "aac"), "avi": ("pcm_s16le",), "webm": ("libopus", "libvorbis")}
_OTHER_ENCODERS = ("aac", "mp2", "pcm_s16le", "flac")


def is_copied(stream: "Stream", container: str, sound: bool) -> bool:
    """Return whether a stream goes into the result.

    Parameters
    ----------
    stream : Stream
        Of the original.
    container : str
        FFmpeg's name of the format of the result.
    sound : bool
        Whether sounds are wanted.

    Returns
    -------
    bool
        True for sounds and subtitles, and for files where only Matroska has a place for them.
    """
    if stream.type == "audio":
        return sound
    return stream.type == "subtitle" or (stream.type == "attachment" and container == "matroska")


def encoders_for(container: str) -> tuple[str, ...]:
    """Return FFmpeg's names of the encoders that suit a container, best first."""
    return _ENCODERS.get(container, _OTHER_ENCODERS)


def add_copy(target: "OutputContainer", stream: "Stream", way: str) -> "Stream":
    """Make the stream of the result for one of the original.

    Parameters
    ----------
    target : OutputContainer
    stream : Stream
        Of the original.
    way : str
        From `Ways`.

    Returns
    -------
    Stream

    Raises
    ------
    ValueError
        When the container has no place for it.
    """
    import av

    if way == COPY:
        return target.add_stream_from_template(stream)
    if way == FORWARD:
        forwarded = target.add_mux_stream(target.default_audio_codec)
        av.BitStreamFilterContext("null", stream, forwarded)  # copies the parameters
        forwarded.time_base = stream.time_base
        return forwarded
    encoder = av.Codec(way.removeprefix(ENCODE).strip(), "w")
    context = cast("AudioCodecContext", stream.codec_context)
    rate = context.sample_rate
    if encoder.audio_rates and rate not in encoder.audio_rates:
        rate = min((r for r in encoder.audio_rates if r >= rate), default=max(encoder.audio_rates))
    copy = cast("AudioStream", target.add_stream(encoder.name, rate=rate))
    channels = context.layout.nb_channels  # a file may tell only how many
    several = channels > 2 and encoder.name != "flac"
    copy.layout = "stereo" if several else _LAYOUTS.get(channels, context.layout)
    if encoder.name == "flac":
        fine = context.format.bytes > 2 and "flt" not in context.format.name
        copy.format = "s32" if fine else "s16"
    else:
        copy.format = (encoder.audio_formats or [])[0]
    copy.time_base = Fraction(1, rate)
    return copy


def packets_of_sounds(
    source: "InputContainer",
    film: Film,
    copies: "Mapping[int, Stream]",
    ways: Ways,
    cut: tuple[Fraction, Fraction] | None,
) -> "Iterator[av.Packet]":
    """Read what goes with the pictures, on the clock of the result, up to where reading fails.

    Parameters
    ----------
    source : InputContainer
        The original.
    film : Film
        Its ``shifts`` are used.
    copies : mapping
        The streams of the result, by the numbers of those of the original.
    ways : Ways
    cut : (Fraction, Fraction), optional
        As for `mux.join_segments`.

    Yields
    ------
    av.Packet
        Of the streams of the result, with decoding times that grow.
    """
    import av

    streams = [
        source.streams[index] for index in copies if source.streams[index].type != "attachment"
    ]
    if not streams:
        return
    packets = mended(source.demux(streams), film.shifts)
    encoders = {
        index: _Encoder(cast("AudioStream", copies[index]))
        for index, way in ways.items()
        if way.startswith(ENCODE)
    }
    lasts: dict[int, int] = {}
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            break  # the frames end there too, and that was told
        if packet is None:
            break
        index = packet.stream_index
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is None or not packet.size or bytes(packet) == _GAP:
            continue  # at the end; what an mp4 makes for itself
        if cut is not None:
            if not cut[0] <= seconds_of(packet) < cut[1]:
                continue
            shift = round(cut[0] / packet.time_base)
            packet.dts -= shift
            packet.pts = None if packet.pts is None else packet.pts - shift
        if index in encoders:
            yield from encoders[index].encoded(packet)
            continue
        copy = copies[index]
        _keep_order(packet, lasts.get(index), copy)
        lasts[index] = packet.dts
        packet.stream = copy
        yield packet
    for encoder in encoders.values():
        yield from encoder.encoded(None)


def _keep_order(packet: "av.Packet", last: int | None, copy: "Stream") -> None:
    """Move a packet that comes out of order after the one before, as FFmpeg's own tool does."""
    if last is None:
        return
    first = last + (0 if copy.container.format.flags & _NON_STRICT else 1)
    if packet.dts is not None and packet.dts < first:
        packet.dts = first
        if packet.pts is not None:
            packet.pts = max(packet.pts, first)


class _Encoder:
    """Decode a sound and encode it for the stream of the result."""

    def __init__(self, copy: "AudioStream") -> None:
        self.copy = copy
        self.resampler: av.AudioResampler | None = None
        self.last: int | None = None

    def encoded(self, packet: "av.Packet | None") -> "Iterator[av.Packet]":
        """Return the packets that come out when one goes in; None at the end."""
        import av

        frames: list[av.AudioFrame] = []
        if packet is not None:
            try:
                frames = cast("list[av.AudioFrame]", packet.decode())
            except av.FFmpegError:
                return  # a piece that is damaged
        for frame in frames:
            yield from self._out(self._resampled(frame))
        if packet is None:
            yield from self._out(self.resampler.resample(None) if self.resampler else [])
            yield from self._in_order(self.copy.encode(None))

    def _resampled(self, frame: "av.AudioFrame") -> "list[av.AudioFrame]":
        """Bring a frame into the form that the encoder takes; a sound may change its own."""
        import av

        if self.resampler is not None:
            try:
                return self.resampler.resample(frame)
            except ValueError:
                pass
        before = self.resampler.resample(None) if self.resampler else []
        context = self.copy.codec_context
        self.resampler = av.AudioResampler(
            context.format, context.layout, context.sample_rate, context.frame_size
        )
        return before + self.resampler.resample(frame)

    def _out(self, frames: "list[av.AudioFrame]") -> "Iterator[av.Packet]":
        for frame in frames:
            yield from self._in_order(self.copy.encode(frame))

    def _in_order(self, packets: "list[av.Packet]") -> "Iterator[av.Packet]":
        for packet in packets:
            if packet.dts is not None:
                _keep_order(packet, self.last, self.copy)
                self.last = packet.dts
            yield packet
