"""What several test files share: video."""

import hashlib
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

from colorlib.film.decode import frames_of
from colorlib.film.pixel_formats import to_frame
from colorlib.film.probe import read_film

MILLI = Fraction(1, 1000)


class Sepia:
    """A colorizer that any test can check: brightness stays, red is a little more and blue a little less."""

    def __init__(self, upscale=1):
        self.upscale, self.seen = upscale, 0

    def paint(self, frames):
        for frame in frames:
            self.seen += 1
            grey = frame if frame.ndim == 2 else frame.mean(2).astype(frame.dtype)
            grey = grey.repeat(self.upscale, 0).repeat(self.upscale, 1)
            white = np.iinfo(frame.dtype).max
            yield np.stack([(grey * s).clip(0, white).astype(frame.dtype) for s in (1.1, 1.0, 0.6)], axis=2)


def scene(index, height=48, width=64, dtype=np.uint8):
    """A grey frame that tells which one it is: a bright square that goes right over a gradient."""
    grey = np.linspace(40, 160, width)[None].repeat(height, 0)
    grey[8:20, (4 * index) % (width - 12) :][:, :12] = 220
    return (grey * (np.iinfo(dtype).max / 255)).astype(dtype)


def make(
    path, frames=24, size=(48, 64), codec="libx264", pixels="yuv420p", times=None, base=Fraction(1, 12800),
    options=None, full=False, sounds=0, subtitles=0, turn=0, start=True, container=None, colour=False,
):  # fmt: skip
    """Write a film. `times` are seconds; sounds are tones, in AAC or, in mkv, FLAC."""
    times = [index / 25 for index in range(frames)] if times is None else times
    with av.open(str(path), "w", options=container or {}) as film:
        shown = film.add_stream(codec, rate=25, options={"crf": "10", **(options or {})} if "x26" in codec else options)
        shown.height, shown.width, shown.pix_fmt = *size, pixels
        shown.time_base = shown.codec_context.time_base = base
        shown.codec_context.color_range = 2 if full else 1
        if turn:
            shown.set_display_rotation(turn)
        tones = [film.add_stream("flac" if path.suffix == ".mkv" else "aac", rate=8000) for _ in range(sounds)]
        for tone in tones:
            tone.layout = "mono"
        texts = [film.add_mux_stream("subrip" if path.suffix == ".mkv" else "mov_text") for _ in range(subtitles)]
        for language, text in zip(("deu", "fra"), texts, strict=False):
            text.time_base = MILLI
            text.metadata["language"] = language
        film.start_encoding()
        for index, text in enumerate(texts):
            words = f"Line {index}".encode()
            packet = av.Packet(words if path.suffix == ".mkv" else len(words).to_bytes(2, "big") + words)
            packet.stream, packet.pts, packet.dts, packet.duration, packet.time_base = text, 100, 100, 300, MILLI
            film.mux(packet)
        for index, tone in enumerate(tones):
            wave = np.sin(np.arange(int(8000 * (times[-1] + 0.04))) * (0.2 + 0.1 * index)) * 8000
            sound = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            sound.sample_rate, sound.pts = 8000, 0
            resampler = av.AudioResampler(tone.format.name, "mono", 8000, tone.codec_context.frame_size or 1024)
            for part in (*resampler.resample(sound), *resampler.resample(None), None):
                film.mux(tone.encode(part))
        deep = "10" in pixels
        for index, moment in enumerate(times):
            grey = scene(index, *size, np.uint16 if deep else np.uint8)
            rgb = np.stack([grey, grey[::-1], grey[:, ::-1]], 2) if colour else grey[..., None].repeat(3, 2)
            frame = to_frame(rgb, pixels, full)
            frame.pts, frame.time_base = round(moment / base), base
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    return path


def times_of(path):
    """When each frame is shown, in seconds."""
    film = read_film(path)
    return [float(moment * film.time_base) for moment, _ in frames_of(film)]


def pictures_of(path):
    """All frames as RGB, as FFmpeg converts them when it takes care."""
    careful = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24", interpolation=careful) for frame in film.decode(video=0)]


def packets_of(path, kinds=("audio", "subtitle")):
    """A hash of all packets of each stream of some kinds, and how many they are."""
    found = {}
    with av.open(str(path)) as film:
        # `demux` of an empty list gives every stream: of a silent film the pictures, an encoder's bytes.
        for packet in film.demux():
            if packet.size and packet.stream.type in kinds:
                stamp = f"{float(packet.pts * packet.time_base):.3f} {packet.size} ".encode()
                found.setdefault((packet.stream.type, packet.stream.index), []).append(stamp + bytes(packet))
    return [(kind, len(parts), hashlib.sha256(b"".join(parts)).hexdigest()) for (kind, _), parts in found.items()]


def same_pictures(one, other):
    """Whether two films show the same; two runs of an encoder on a busy machine do not write the same bytes."""
    pairs = zip(pictures_of(one), pictures_of(other), strict=True)
    return all(np.abs(a.astype(int) - b).mean() < 1 for a, b in pairs)


def same_film(one, other):
    """Whether two films have the same sounds and texts, and frames at the same times that show the same."""
    assert packets_of(one) == packets_of(other)
    assert times_of(one) == times_of(other)
    return same_pictures(one, other)


def left_over(folder):
    """What is in a folder beside films and pictures."""
    return sorted(path.name for path in folder.iterdir() if path.suffix not in {".mkv", ".mp4", ".webm"})


def is_sepia(picture):
    red, green, blue = (picture[..., channel].astype(float).mean() for channel in range(3))
    return red > 1.04 * green and blue < 0.75 * green


class Stops(Sepia):
    """Is stopped, as by Ctrl-C, after some frames."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def paint(self, frames):
        for index, picture in enumerate(super().paint(frames)):
            if index == self.after:
                raise KeyboardInterrupt
            yield picture


CHILD = """
import sys, time
sys.path[:0] = {paths!r}
from helpers.video import Sepia
from colorlib.film import colorize as video
video.SEGMENT = 10
class Slow(Sepia):
    def paint(self, frames):
        for picture in super().paint(frames):
            time.sleep({pause})
            yield picture
{before}
video.colorize_video({source!r}, {out!r}, Slow())
"""


def child(source, out, pause=0.0, before=""):
    """The code of another process that colours a film."""
    paths = [str(Path(__file__).parents[1]), *sys.path]
    return CHILD.format(paths=paths, source=str(source), out=str(out), pause=pause, before=before)
