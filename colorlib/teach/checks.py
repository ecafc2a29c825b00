"""Check one answer to one exercise, anywhere: no network, no files but the package's own."""

import difflib
from dataclasses import dataclass
from typing import Any

from colorlib.teach.exercises import exercises


@dataclass(frozen=True)
class Judgement:
    """What a check found.

    Parameters
    ----------
    name : str
        Of the exercise.
    passed : bool
    message : str
        What is wrong, and where to look; for what passed, one word.
    """

    name: str
    passed: bool
    message: str


def judge(name: str, *answers: Any, seed: int = 0) -> Judgement:
    """Judge an answer.

    Parameters
    ----------
    name : str
        Of the exercise, as the chapter gives it.
    *answers : object
        A number, an array, a function, or a letter with a reason, as the exercise asks.
    seed : int
        Draws the inputs on which functions are tried. Students have 0; a teacher's key has its own.

    Returns
    -------
    Judgement
        Not passed, with the error in the message, when the answer itself fails.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    known = exercises()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        raise ValueError(f"no exercise {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if all(answer is None or answer is ... for answer in answers):
        return Judgement(
            name, False, "nothing to check yet: write your answer into the cell above, and run it."
        )
    try:
        message = known[name](*answers, seed=seed)
    except Exception as error:
        message = f"the answer could not be looked at: {type(error).__name__}: {str(error)[:200]}"
    return Judgement(name, message is None, message or "right.")


def check(name: str, *answers: Any) -> None:
    """Check an answer and print what is wrong with it, or that it holds.

    The solution is never printed. Numbers have a tolerance. What differs is named: shape, sign,
    scale, place.

    Parameters
    ----------
    name : str
        Of the exercise.
    *answers : object
        As the exercise asks.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> check("levin-row", [0, 10, 20, 30, 40])
    levin-row: not yet: that is the straight line of equal weights; here one pair is less alike ...
    """
    found = judge(name, *answers)
    print(f"{name}: {'' if found.passed else 'not yet: '}{found.message}")
