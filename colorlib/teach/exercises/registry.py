"""Which exercises there are, by name."""

import importlib
import pkgutil
from collections.abc import Callable
from inspect import signature
from typing import Any

Looks = Callable[..., str | None]
EXERCISES: dict[str, Looks] = {}


def exercise(name: str) -> Callable[[Looks], Looks]:
    """Name a function that looks at the answer of an exercise.

    Parameters
    ----------
    name : str
        As chapters and students write it, such as ``"unet-skip"``.

    Returns
    -------
    callable
        A decorator, which returns the function as it is.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def keep(looks: Looks) -> Looks:
        if name in EXERCISES:
            raise ValueError(f"two exercises are named {name!r}")
        seeded = "seed" in signature(looks).parameters

        def ask(*answers: Any, seed: int = 0) -> str | None:
            return looks(*answers, seed=seed) if seeded else looks(*answers)

        EXERCISES[name] = ask
        return looks

    return keep


def exercises() -> dict[str, Looks]:
    """List all exercises.

    Returns
    -------
    dict of str to callable
        Name to the function that looks at an answer.
    """
    package = importlib.import_module("colorlib.teach.exercises")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return EXERCISES
