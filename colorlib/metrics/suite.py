"""One table for several colorizers: same photographs and measures, grey and truth as ends.

The work is cut into pieces of a few photographs. What a piece comes to is written as one file, so
that a run that was stopped goes on, and several processes share the pieces. When the colours of all
are known, the chroma of each method's results is multiplied by one factor that gives them the
colourfulness of the truth, and they are compared once more: the hue-invariant Frechet distance (Li
2025, section 5.2.1), which asks for the hues and not for how bold they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from colorlib._atomic import atomic
from colorlib.color.lab import grey_rgb, lightness
from colorlib.metrics.assessment import assess, features, middle_square, with_chroma
from colorlib.metrics.networks import measuring_networks
from colorlib.metrics.pictures import colorfulness, colorfulness_unsigned

__all__ = ["GREY", "Grey", "Measured", "Method", "Piece", "measure_suite", "pieces"]

GREY = "grey"
PIECE, BATCH = 32, 8  # photographs: of one file, and of one call of the networks
MOST_CHROMA = 50.0  # a method that colours next to nothing is not multiplied any further
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Piece:
    """Photographs that are worked on together: names, files, and the side they are measured at."""

    number: int
    size: int
    photographs: dict[str, Path]


class Method(Protocol):
    """Gives results, 8-bit pictures (B, 3, S, S), for truths of that shape and their names."""

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor: ...


@dataclass
class Grey:
    """The picture without any colour: the lower end of the scale."""

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        """Return the grey of each truth."""
        return (grey_rgb(lightness(truths / 255)) * 255).round().byte()


@dataclass
class Measured:
    """What a method came to: `numbers` (N,) by measure, `curve` (N, 151), features by network."""

    names: list[str]
    numbers: Arrays
    curve: np.ndarray
    features: dict[str, np.ndarray]
    scaled: dict[str, np.ndarray] = field(default_factory=dict)
    factor: float = float("nan")


def pieces(photographs: Mapping[str, Path], size: int) -> list[Piece]:
    """Cut a list of photographs into pieces.

    Parameters
    ----------
    photographs : mapping of str to Path
        Name to file.
    size : int
        Side in pixels at which they are measured.
    """
    items = list(photographs.items())
    starts = range(0, len(items), PIECE)
    return [
        Piece(number, size, dict(items[start : start + PIECE]))
        for number, start in enumerate(starts)
    ]


def measure_suite(
    photographs: Mapping[str, Path],
    size: int,
    methods: Mapping[str, Method],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[Iterable[Any], int, str], Iterator[Any]] | None = None,
) -> tuple[dict[str, Measured], dict[str, np.ndarray]]:
    """Measure methods, and grey, on photographs.

    Parameters
    ----------
    photographs : mapping of str to Path
        Name to file; all can be read.
    size : int
        The middle square of each is judged at this side.
    methods : mapping of str to Method
        By name. With several jobs they must be picklable.
    folder : Path
        What is measured is kept here; what is here already is not measured again. The coloured
        pictures lie in ``METHOD/pictures``.
    jobs : int
        Processes, of one thread each; 1 works in this one, on its GPU if there is one.
    progress : callable, optional
        Called with steps, their number and what is done; gives the steps on.

    Returns
    -------
    measured : dict of str to Measured
        ``grey`` first, then the methods.
    truth : dict of str to ndarray
        Features of the truth by network, and its ``colorfulness`` and ``colorfulness_unsigned``
        (N,).
    """
    shown = progress or (lambda steps, total, what: iter(steps))
    cut = pieces(photographs, size)
    with _Workers(jobs, len(cut)) as work:

        def all_of(step: Callable[[Piece], Path], what: str) -> Arrays:
            return _joined(list(shown(work(step, cut), len(cut), what)))

        truth = all_of(partial(_truth_piece, folder / "truth"), "looking at the truth")
        found = {}
        for name, method in {GREY: Grey(), **methods}.items():
            step = partial(_method_piece, folder / name, method)
            found[name] = _measured(list(photographs), all_of(step, f"measuring {name}"))
            if name == GREY:
                continue
            true, own = (np.mean(a["colorfulness_unsigned"]) for a in (truth, found[name].numbers))
            found[name].factor = float(min(true / own if own else MOST_CHROMA, MOST_CHROMA))
            step = partial(_scaled_piece, folder / name, found[name].factor)
            found[name].scaled = all_of(step, f"hues of {name}")
    return found, truth


class _Workers:
    """`map` over processes, or in this one."""

    def __init__(self, jobs: int, pieces: int) -> None:
        jobs = min(jobs, pieces)
        self.pool = ProcessPoolExecutor(jobs, _processes(), _one_thread) if jobs > 1 else None

    def __enter__(self) -> Callable[..., Iterator[Path]]:
        return self.pool.map if self.pool else map

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(wait=True, cancel_futures=True)


def _processes() -> BaseContext:
    """Make processes share what they import; no forks of this one: torch may have threads."""
    if "forkserver" not in get_all_start_methods():  # Windows
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["colorlib.metrics.suite"])
    return context


def _one_thread() -> None:
    torch.set_num_threads(1)


_loaded: dict[str, Any] = {}  # of this process


def _networks() -> tuple[dict[str, nn.Module], torch.device]:
    """Load the judging networks, once in each process."""
    if not _loaded:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        _loaded.update(device=device, networks=measuring_networks(device))
    return _loaded["networks"], _loaded["device"]


def _truth_piece(folder: Path, piece: Piece) -> Path:
    return _kept(folder / f"{piece.number:04d}.npz", lambda: _in_batches(piece, _look_at_truth))


def _look_at_truth(truths: Tensor, names: list[str]) -> Arrays:
    colors = {"colorfulness": colorfulness, "colorfulness_unsigned": colorfulness_unsigned}
    return features(truths, _networks()[0]) | {
        name: of(truths / 255).cpu().numpy() for name, of in colors.items()
    }


def _method_piece(folder: Path, method: Method, piece: Piece) -> Path:
    """Colour, keep and measure a piece."""

    def look(truths: Tensor, names: list[str]) -> Arrays:
        networks, _ = _networks()
        results = method(truths, names)
        if not isinstance(method, Grey):
            for name, result in zip(names, results, strict=True):
                _save(result, folder / "pictures" / f"{name}.png")
        return assess(results, truths, networks) | features(results, networks)

    return _kept(folder / f"{piece.number:04d}.npz", lambda: _in_batches(piece, look))


def _scaled_piece(folder: Path, factor: float, piece: Piece) -> Path:
    """Measure the features of a piece's results with their chroma multiplied."""

    def look(truths: Tensor, names: list[str]) -> Arrays:
        results = torch.stack(
            [middle_square(folder / "pictures" / f"{name}.png", piece.size) for name in names]
        )
        return features(with_chroma(results.to(truths.device), factor), _networks()[0])

    return _kept(folder / f"scaled-{piece.number:04d}.npz", lambda: _in_batches(piece, look))


def _in_batches(piece: Piece, look: Callable[[Tensor, list[str]], Arrays]) -> Arrays:
    """Join what `look` says of all batches of a piece."""
    names, device = list(piece.photographs), _networks()[1]
    found = []
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        truths = torch.stack(
            [middle_square(piece.photographs[name], piece.size) for name in some]
        ).to(device)
        found.append(look(truths, some))
    return {key: np.concatenate([batch[key] for batch in found]) for key in found[0]}


def _kept(path: Path, make: Callable[[], Arrays]) -> Path:
    """Make a file unless it is there."""
    if not path.is_file():
        arrays = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy reads names as options
    return path


def _joined(files: list[Path]) -> Arrays:
    """Join the arrays of all files, one after the other."""
    read = [dict(np.load(file)) for file in files]
    return {key: np.concatenate([arrays[key] for arrays in read]) for key in read[0]}


def _measured(names: list[str], arrays: Arrays) -> Measured:
    """Sorted by what can be averaged and what cannot."""
    numbers = {key: values for key, values in arrays.items() if values.ndim == 1}
    seen = {key: values for key, values in arrays.items() if values.ndim == 2 and key != "curve"}
    return Measured(names, numbers, arrays["curve"], seen)


def _save(picture: Tensor, path: Path) -> None:
    """Write a picture (3, H, W), uint8, as PNG: quickly rather than small."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        Image.fromarray(picture.permute(1, 2, 0).cpu().numpy()).save(
            temporary, "PNG", compress_level=1
        )
