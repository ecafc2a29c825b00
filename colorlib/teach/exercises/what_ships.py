"""Chapter 8b: two networks mixed, a gain that meets the gamut, and where a dial should stand."""

from typing import Any

import torch

from colorlib import color
from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("mixed-weights")
def _mixed(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    first, second = (
        {"w": torch.randn(2, 3, generator=drawn), "b": torch.randn(3, generator=drawn)}
        for _ in range(2)
    )

    def joined(weights: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([weights[name].flatten() for name in ("w", "b")])

    def looked_at() -> torch.Tensor:
        start, end = ({k: v.clone() for k, v in weights.items()} for weights in (first, second))
        given = answer(start, end, 0.25)
        if not isinstance(given, dict) or set(given) != set(first):
            raise Wrong("return a dict with the same names as the two that came in.")
        if not torch.equal(joined(start), joined(first)):
            raise Wrong("the first network was changed on the way; make new tensors.")
        if torch.allclose(joined(given), 0.25 * joined(first) + 0.75 * joined(second), atol=1e-5):
            raise Wrong("a part of 0 is the first network, and a part of 1 the second.")
        if torch.allclose(joined(given), joined(first) + 0.25 * joined(second), atol=1e-5):
            raise Wrong("a part of the *difference* is added, or the weights become too large.")
        return joined(given)

    return called(
        answer if not callable(answer) else looked_at,
        [()],
        lambda: 0.75 * joined(first) + 0.25 * joined(second),
    )


@exercise("gain-meets-gamut")
def _gain(answer: Any) -> str | None:
    lab = (
        torch.from_numpy(lab_pixels(package_photographs()["flower"], 128))
        .permute(2, 0, 1)[None]
        .float()
    )

    def strength(gain: float, fitted: bool = True) -> float:
        strong = torch.cat([lab[:, :1], gain * lab[:, 1:]], dim=1)
        return float((color.fit_gamut(strong) if fitted else strong)[:, 1:].norm(dim=1).mean())

    ratio = strength(2) / strength(1, fitted=False)
    known = {
        2.0: "so it would be if a screen showed everything: fit the colours into the gamut first.",
        strength(2): "that is a mean chroma; its ratio to the photograph's is asked for.",
        1 / ratio: "the ratio was taken the other way round.",
    }
    return number(answer, ratio, 0.01, known, "the ratio")


@exercise("where-the-dial-stands")
def _dial(letter: Any, because: Any) -> str | None:
    why = {
        "b": "the vivid end is more often wrong, and a viewer cannot tell which colours are.",
        "c": "a mean over collections does not know what these pictures are for.",
        "d": (
            "another dial gives other colours, not more knowledge; none of them is what was there."
        ),
    }
    return choice(letter, because, "a", why)
