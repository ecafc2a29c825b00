"""Films as they are found: made here, by PyAV."""

from fractions import Fraction

import av
import numpy as np

from colorlib.film.pixel_formats import to_frame
from helpers.video import scene


def write(
    path, codec="mpeg4", sound=None, frames=50, size=(48, 64), skip=(), rate=8000, options=None, format=None,
    first=0.0, layout="mono",
):  # fmt: skip
    """Write a film of 25 frames a second, without those in `skip`, and perhaps a tone with it."""
    with av.open(str(path), "w", format=format) as film:
        shown = film.add_stream(codec, rate=25, options={"bf": "0", **(options or {})})
        shown.height, shown.width, shown.pix_fmt = *size, "yuv420p"
        tone = None
        if sound:
            tone = film.add_stream(sound, rate=rate)
            tone.layout = layout
            tone.bit_rate = 64000 if sound.startswith("wma") else 0
            tone.format = av.Codec(sound, "w").audio_formats[0]
        film.start_encoding()
        pieces = []
        if tone:
            count = int(rate * frames / 25)
            wave = (np.sin(np.arange(count) * 0.2) * 8000).astype(np.int16)[None].repeat(tone.layout.nb_channels, 0)
            whole = av.AudioFrame.from_ndarray(wave, "s16p", layout)
            whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
            resampler = av.AudioResampler(tone.format, layout, rate, tone.codec_context.frame_size or 512)
            pieces = [*resampler.resample(whole), *resampler.resample(None)]
        for index in range(frames):
            if index not in skip:
                frame = to_frame(scene(index, *size)[..., None].repeat(3, 2), "yuv420p", False)
                frame.pts, frame.time_base = index + round(25 * first), Fraction(1, 25)
                film.mux(shown.encode(frame))
            while pieces and (pieces[0].pts or 0) / rate <= index / 25:
                film.mux(tone.encode(pieces.pop(0)))
        for piece in pieces:
            film.mux(tone.encode(piece))
        film.mux(shown.encode(None))
        if tone:
            film.mux(tone.encode(None))
    return path


def joined(path, *parts):
    """Files put one after the other, as DVD owners do."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path
