"""Short films of our own: frames in memory as a file that every browser plays."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np

from colorlib._atomic import atomic
from colorlib.film.containers import ffmpeg_name

__all__ = ["write_clip"]

RATE = 48_000  # samples of sound a second


def write_clip(
    frames: np.ndarray,
    target: str | Path | io.BytesIO,
    rate: int = 24,
    tone: float | None = 440.0,
    crf: int = 20,
) -> None:
    """Write frames as a small film that every browser plays: H.264 and AAC in MP4.

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3) or (N, H, W), uint8
        sRGB or grey, with an even height and width.
    target : str, Path or io.BytesIO
        The file; it appears whole or not at all.
    rate : int
        Frames a second.
    tone : float, optional
        The sound: a sine of so many hertz. None for a silent film.
    crf : int
        0 is without loss, 51 the worst; 18 looks like the original.

    Raises
    ------
    ValueError
        If the frames are of another kind, or their sides are odd.
    """
    frames = np.asarray(frames)
    grey_or_color = frames.ndim in (3, 4) and frames.shape[3:] in ((), (3,))
    if frames.dtype != np.uint8 or not grey_or_color or not frames.size:
        raise ValueError(
            f"frames must be uint8, (N, H, W, 3) or (N, H, W), not {frames.dtype} of {frames.shape}"
        )
    if frames.shape[1] % 2 or frames.shape[2] % 2:
        raise ValueError(
            f"H.264 needs an even height and width, not {frames.shape[1]} x {frames.shape[2]}"
        )
    if isinstance(target, io.BytesIO):
        _encode_clip(frames, target, rate, tone, crf)
        return
    with atomic(target) as temporary:
        _encode_clip(frames, ffmpeg_name(temporary), rate, tone, crf)


def _encode_clip(
    frames: np.ndarray, target: str | io.BytesIO, rate: int, tone: float | None, crf: int
) -> None:
    """Write both streams, the sound in packets beside the pictures that they belong to."""
    import av

    kind = "rgb24" if frames.ndim == 4 else "gray"
    # A browser starts to play when the index comes first; moving it there needs a file that can be
    # opened again.
    options = {"movflags": "faststart"} if isinstance(target, str) else {}
    with av.open(target, "w", format="mp4", options=options) as container:
        quality = {"crf": str(crf), "preset": "medium"}
        video = container.add_stream("libx264", rate=rate, options=quality)
        video.height, video.width, video.pix_fmt = *frames.shape[1:3], "yuv420p"
        # BT.709, with room at both ends; the primaries and the curve of sRGB.
        video.codec_context.color_range, video.codec_context.colorspace = 1, 1
        video.codec_context.color_primaries, video.codec_context.color_trc = 1, 13
        sound = container.add_stream("aac", rate=RATE, layout="mono") if tone else None
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=kind)
            container.mux(video.encode(picture.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(video.encode())
        if sound and tone:
            turns = tone / RATE * np.arange(len(frames) * RATE // rate)
            samples = 0.1 * np.sin(2 * np.pi * turns, dtype=np.float32)
            for start in range(0, len(samples), 1024):
                part = samples[None, start : start + 1024]
                packet = av.AudioFrame.from_ndarray(part, "fltp", "mono")
                packet.sample_rate, packet.pts, packet.time_base = RATE, start, Fraction(1, RATE)
                container.mux(sound.encode(packet))
            container.mux(sound.encode())
