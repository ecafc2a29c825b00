"""Chapter 13: a running mean, a pan that is undone, and the calmest film."""

from typing import Any

import numpy as np

from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, difference
from colorlib.teach.exercises.registry import exercise


def _mean(frames: np.ndarray, share: float) -> np.ndarray:
    calm = frames.astype(float)
    for t in range(1, len(calm)):
        calm[t] = calm[t - 1] + share * (frames[t] - calm[t - 1])
    return calm


@exercise("running-mean")
def _running_mean(answer: Any, seed: int = 0) -> str | None:
    frames = np.random.default_rng(seed).normal(size=(5, 2, 3))

    def looked_at(frames: np.ndarray, share: float) -> Any:
        given = np.asarray(answer(frames, share), dtype=float)
        from_zero = _mean(np.concatenate([0 * frames[:1], frames]), share)[1:]
        known = {
            "old and new are exchanged: the share is that of the new frame": _mean(
                frames, 1 - share
            ),
            "the first frame was mixed with nothing; it has no frame before it": from_zero,
            "that is the mean of all frames so far": frames.cumsum(0)
            / np.arange(1, 6)[:, None, None],
        }
        for reason, wrong in known.items():
            if given.shape == wrong.shape and np.allclose(given, wrong):
                raise Wrong(f"{reason}.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(frames, 0.25)], _mean, 1e-6)


@exercise("undone-pan")
def _pan(answer: Any) -> str | None:
    L = lab_pixels(package_photographs()["flower"], 96)[..., 0]
    first, second = L[:, :64], L[:, 3:67]
    still = float(np.abs(second - first).mean())
    wrong_way = float(np.abs(second[:, 3:] - first[:, :-3]).mean())
    message = difference(answer, (still, 0.0), 0.02, "the pair")
    if message is None:
        return None
    try:
        one, other = (float(value) for value in answer)
    except (TypeError, ValueError):
        return message
    if abs(one) < 0.02 and abs(other - still) < 0.02:
        return "the two are exchanged: first without motion, then along it."
    if abs(other - wrong_way) < 0.02:
        return "the second frame was moved the wrong way: along the motion nothing is left."
    signed = float((second - first).mean())
    return (
        "differences cancel: take their size before the mean."
        if abs(one - signed) < 0.02
        else message
    )


@exercise("calmest-film")
def _calmest(letter: Any, because: Any) -> str | None:
    why = {
        "b": "a calm film may be calmly wrong: a mistake that is carried stays for the whole shot.",
        "c": "the mean of two frames is taken at the same pixel, and the thing has moved on.",
        "d": "grey wins every measure of steadiness, and has no colours.",
    }
    return choice(letter, because, "a", why)
