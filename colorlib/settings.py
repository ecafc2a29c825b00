"""How big this run may be: what a laptop, a Colab GPU and the paper can afford.

`import colorlib` brings this module, so torch and numpy are imported only when a function needs
them.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["Profile", "cores", "install_hint", "profile", "repository", "revision", "set_seed"]


@dataclass(frozen=True)
class Profile:
    """The size of a run, asked for once at the top of a chapter.

    Parameters
    ----------
    name : str
        ``"quick"``, ``"colab"`` or ``"paper"``.
    size : int
        Side of the square training crops, in pixels.
    batch_size : int
        Photographs in a batch.
    epochs : int
        Epochs of a training cell.
    crops : int
        Crops taken of every photograph in an epoch; more than 1 only for the few photographs of
        installed packages.
    data : str
        ``"package"``, ``"imagenette-160"``, ``"imagenette-320"``, ``"coco-sample"`` or the path of
        a folder; `colorlib.data.training_photographs` turns it into two lists of files.
    device : torch.device
        Where networks and batches live.
    """

    name: str
    size: int
    batch_size: int
    epochs: int
    crops: int
    data: str
    device: torch.device


_PROFILES: dict[str, dict[str, Any]] = {
    "quick": {"size": 64, "batch_size": 8, "epochs": 4, "crops": 16, "data": "package"},
    "colab": {"size": 128, "batch_size": 32, "epochs": 8, "crops": 1, "data": "imagenette-160"},
    "paper": {"size": 256, "batch_size": 16, "epochs": 20, "crops": 1, "data": "coco-sample"},
}


def profile(name: str | None = None) -> Profile:
    """Say how big this run may be.

    Without a name the environment variable ``COLORLIB_PROFILE`` decides, and without that the
    machine does: ``quick`` when there is no GPU, ``colab`` when there is one. ``COLORLIB_DATA``
    replaces the data of any profile, usually by a folder of photographs.

    Parameters
    ----------
    name : str, optional
        ``"quick"`` (photographs that installed packages ship, a training cell under a minute on two
        cores), ``"colab"`` (imagenette at 160 pixels, minutes on a T4) or ``"paper"`` (8,000 and
        2,000 photographs of COCO at 256 pixels, hours).

    Returns
    -------
    Profile
        With the device of this machine filled in.

    Raises
    ------
    ValueError
        When no profile has that name; the message lists them.

    References
    ----------
    Gunnam et al. 2022, the experiments section, for the sizes of ``"paper"``.
    """
    import torch

    has_gpu = torch.cuda.is_available()
    name = name or os.environ.get("COLORLIB_PROFILE") or ("colab" if has_gpu else "quick")
    if name not in _PROFILES:
        raise ValueError(
            f"there is no profile {name!r} (COLORLIB_PROFILE): choose one of {', '.join(_PROFILES)}"
        )
    chosen = Profile(name, **_PROFILES[name], device=torch.device("cuda" if has_gpu else "cpu"))
    data = os.environ.get("COLORLIB_DATA")
    if data:
        # A folder brings photographs enough: one crop of each. Package photographs are few.
        crops = _PROFILES["quick"]["crops"] if data == "package" else 1
        chosen = replace(chosen, data=data, crops=crops)
    return chosen


def set_seed(seed: int = 42) -> None:
    """Start the random numbers of Python, numpy and torch (every device) from one seed.

    Parameters
    ----------
    seed : int
        Any integer; numpy sees its lowest 32 bits.
    """
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def repository() -> str | None:
    """Tell the address of the book's repository, as the installed package's metadata names it.

    Returns
    -------
    str or None
        Without a slash at its end; None when the package is not installed, or names none.
    """
    try:
        entries = importlib.metadata.metadata("colorlib-book").get_all("Project-URL", [])
    except importlib.metadata.PackageNotFoundError:
        return None
    address = dict(entry.split(", ", 1) for entry in entries).get("Repository")
    return address and address.rstrip("/")


def revision() -> str:
    """Tell which revision of the repository the installed package was made from.

    Returns
    -------
    str
        The commit, when pip installed it from git; otherwise ``"main"``.
    """
    try:
        direct = importlib.metadata.distribution("colorlib-book").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        direct = None
    return json.loads(direct or "{}").get("vcs_info", {}).get("commit_id", "main")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def install_hint(extra: str) -> str:
    """Say how to install an optional part of this package, from the address that it names itself.

    Parameters
    ----------
    extra : str
        One of the extras in pyproject.toml.

    Returns
    -------
    str
        A command. Where the address is unknown, because the package was not installed, what to do
        in words.
    """
    address = repository()
    if address is None:
        return f"install this package from its repository, with the extra `{extra}`"
    return f"pip install 'colorlib-book[{extra}] @ git+{address}'"
