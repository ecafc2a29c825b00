"""Chapter 2: a split that stays, a leak of crops, and what may be done to a photograph."""

from typing import Any

import numpy as np

from colorlib.teach.compare import choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("same-split")
def _same_split(answer: Any, seed: int = 0) -> str | None:
    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    names = [f"{i:04}.jpg" for i in range(40)]
    mixed = [names[i] for i in np.random.default_rng(seed + 1).permutation(40)]
    train, test = answer(list(names), 30, 10, 42)
    again, other = answer(list(names), 30, 10, 42), None
    if (len(train), len(test)) != (30, 10):
        return f"of 40 photographs 30 and 10 are asked for; there are {len(train)} and {len(test)}."
    if set(train) & set(test):
        return f"{len(set(train) & set(test))} photographs are on both sides."
    if (list(train), list(test)) != tuple(map(list, again)):
        return (
            "the same call gives other lists the second time: chance does not start from the seed."
        )
    other = answer(mixed, 30, 10, 42)
    if (list(train), list(test)) != tuple(map(list, other)):
        return "a disk that lists the same files in another order gets another split."
    if list(train) + list(test) == names:
        return (
            "nothing was shuffled: the first names are for training, "
            "and names often go by subject or date."
        )
    if list(answer(list(names), 30, 10, 7)[0]) == list(train):
        return "another seed gives the same split."
    return None


@exercise("leaked-crops")
def _leaked(answer: Any) -> str | None:
    share = 1 - 4 / 19  # of the other 19 crops 4 are in the test as well
    known = {
        0.75: "that is the share of crops in the training. The other crop is one of the other 19.",
        0.25: "that is the share of crops in the test.",
        0.5: "both crops are as likely on either side only if the sides are equally large.",
        1 - share: "those are the crops whose photograph is *not* in the training.",
    }
    return number(answer, share, 0.015, known, "the share")


@exercise("allowed-augmentation")
def _augmentation(letter: Any, because: Any) -> str | None:
    why = {
        "b": (
            "upside down the sky is below: no photograph in an album looks so, "
            "and what is where is what it learns."
        ),
        "c": (
            "turned hues change the answer and leave the question: "
            "the network is told that grass may be violet."
        ),
        "d": (
            "squashing makes ovals of wheels, "
            "and later photographs are squashed differently or not at all."
        ),
    }
    return choice(letter, because, "a", why)
