"""Who sees what: balanced trials for every participant, and how many participants are needed.

Two designs. In `real-or-coloured` a person sees one photograph at a time, half of them originals,
and says whether its colours are its own; a method's *fooling rate* is how often its pictures are
taken for originals. In `which-is-better` a person sees two coloured versions of one photograph and
chooses.

The balance is cyclic. All (picture, pass) places stand in one long row, a participant takes the
next few, and in each pass every picture moves on to its next condition. So whoever stops the study
after any number of participants has shown every picture under every condition equally often, give
or take one, and nobody saw a picture twice, practice and attention checks aside, whose pictures are
not scored.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

__all__ = [
    "CHECK",
    "DESIGNS",
    "ORIGINAL",
    "REAL_OR_COLOURED",
    "WHICH_IS_BETTER",
    "Plan",
    "Stimulus",
    "Trial",
    "conditions",
    "plan_study",
    "raters_needed",
]

REAL_OR_COLOURED, WHICH_IS_BETTER = DESIGNS = ("real-or-coloured", "which-is-better")
ORIGINAL = "original"  # the photograph in its own colours
CHECK = "check"  # the photograph in colours that nobody who looks can take for its own
MOST_TRIALS = 1000  # of one person; a server takes their answers in one piece


class Stimulus(NamedTuple):
    """One version of a photograph: the picture's name, and a method, `ORIGINAL` or `CHECK`."""

    picture: str
    method: str


class Trial(NamedTuple):
    """What a screen shows: `kind` is practice, trial or check; `shown` has one stimulus or two."""

    kind: str
    shown: tuple[Stimulus, ...]


@dataclass(frozen=True)
class Plan:
    """A study: its design, its methods, and for each participant the trials in their order."""

    design: str
    methods: tuple[str, ...]
    slots: tuple[tuple[Trial, ...], ...]

    @property
    def stimuli(self) -> list[Stimulus]:
        """Every version of every picture that somebody sees, sorted."""
        return sorted({s for slot in self.slots for trial in slot for s in trial.shown})


def conditions(design: str, methods: Sequence[str]) -> list[tuple[str, ...]]:
    """List what a picture can be shown as.

    Parameters
    ----------
    design : str
        One of `DESIGNS`.
    methods : sequence of str

    Returns
    -------
    list of tuple of str
        For `real-or-coloured` each method, with the original before each, so that half of what a
        person sees is original. For `which-is-better` all pairs, first in one order, then in the
        other.

    Examples
    --------
    >>> conditions("real-or-coloured", ["A", "B"])
    [('original',), ('A',), ('original',), ('B',)]
    >>> conditions("which-is-better", ["A", "B"])
    [('A', 'B'), ('B', 'A')]
    """
    if design == REAL_OR_COLOURED:
        return [condition for method in methods for condition in ((ORIGINAL,), (method,))]
    pairs = list(combinations(methods, 2))
    return pairs + [pair[::-1] for pair in pairs]


def plan_study(
    design: str,
    pictures: Sequence[str],
    methods: Sequence[str],
    *,
    participants: int = 100,
    trials: int | None = None,
    practice: int = 2,
    checks: int = 2,
    seed: int = 0,
) -> Plan:
    """Plan the trials of every participant.

    Parameters
    ----------
    design : str
        One of `DESIGNS`.
    pictures : sequence of str
        Names of the photographs. As many as practice or checks need, whichever are more, are drawn
        for those and never scored.
    methods : sequence of str
        One or more; two or more for `which-is-better`.
    participants : int
        How many orders to make. Any first part of them is balanced; later participants begin anew.
    trials : int, optional
        Scored trials of one person, at most 1,000; every scored picture once when not given.
    practice, checks : int
        Trials before those that count, and attention checks among them.
    seed : int

    Raises
    ------
    ValueError
        When the design or a method's name is unknown or reserved, or there are too few pictures.
    """
    if design not in DESIGNS:
        raise ValueError(f"--design {design}: choose {' or '.join(DESIGNS)}")
    if len(methods) < (2 if design == WHICH_IS_BETTER else 1):
        raise ValueError(f"{design} compares methods: give at least two, as in A=FOLDER B=FOLDER")
    if taken := {ORIGINAL, CHECK}.intersection(methods):
        raise ValueError(f"a method cannot be called {taken.pop()}, a word of the study: rename it")
    if min(participants, practice + 1, checks + 1) < 1:
        raise ValueError("there must be at least 1 participant, and no less than 0 of the rest")
    rng = random.Random(seed)
    order = rng.sample(list(pictures), len(pictures))
    reserved, scored = order[: max(practice, checks)], order[max(practice, checks) :]
    if not scored:
        raise ValueError(
            f"{len(pictures)} pictures are too few: practice and attention checks take "
            f"{len(reserved)} that are not scored; give more pictures, or fewer of those"
        )
    most = min(len(scored), MOST_TRIALS)
    each = most if trials is None else trials
    if not 1 <= each <= most:
        raise ValueError(f"--trials {each}: choose 1 to {most}; nobody sees a picture twice")
    shown_as = conditions(design, methods)
    rehearsals = [
        Trial("practice", tuple(Stimulus(name, method) for method in rng.choice(shown_as)))
        for name in reserved[:practice]
    ]
    slots = []
    for slot in range(participants):
        real = []
        for place in range(slot * each, (slot + 1) * each):
            turn, picture = divmod(place, len(scored))
            condition = shown_as[(picture + turn) % len(shown_as)]
            real.append(Trial("trial", tuple(Stimulus(scored[picture], m) for m in condition)))
        rng.shuffle(real)
        tests = [_check(design, name, rng) for name in reserved[:checks]]
        slots.append((*rehearsals, *_spread(tests, real, rng)))
    return Plan(design, tuple(methods), tuple(slots))


def _check(design: str, picture: str, rng: random.Random) -> Trial:
    """Return a trial with one right answer: false colours alone, or beside the original."""
    versions = [CHECK] if design == REAL_OR_COLOURED else rng.sample([CHECK, ORIGINAL], 2)
    return Trial("check", tuple(Stimulus(picture, version) for version in versions))


def _spread(tests: list[Trial], real: list[Trial], rng: random.Random) -> list[Trial]:
    """Put each attention check at a random place in its own part of the trials."""
    result: list[Trial] = []
    for part, test in enumerate(tests):
        piece = real[part * len(real) // len(tests) : (part + 1) * len(real) // len(tests)]
        piece.insert(rng.randint(min(1, len(piece)), len(piece)), test)
        result += piece
    return result or real


def raters_needed(
    design: str,
    expected: float,
    against: float,
    *,
    methods: int,
    trials: int,
    icc: float = 0.05,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Calculate how many raters tell two rates apart.

    Normal approximation, two-sided. `real-or-coloured` compares the fooling rates of two methods,
    `which-is-better` the share of wins of one method over another with a fixed share.

    Parameters
    ----------
    design : str
        One of `DESIGNS`.
    expected, against : float
        The rate that you expect and the one to tell it from, between 0 and 1.
    methods : int
        How many methods share the trials.
    trials : int
        Scored trials of one rater.
    icc : float
        Intraclass correlation: how alike the answers of one rater are, 0 to 1. Answers of one rater
        repeat each other, so m of them are worth m / (1 + (m - 1) icc) answers of different people.
    power, alpha : float
        The chance to see the difference when it is there, and to see one when there is none.

    Examples
    --------
    >>> raters_needed("which-is-better", 0.6, 0.5, methods=2, trials=20, icc=0.0)
    10
    """
    rates = (expected, against)
    if not all(0 < rate < 1 for rate in rates) or expected == against:
        raise ValueError(f"{expected} against {against}: give two different rates between 0 and 1")
    if not (0 <= icc <= 1 and 0 < power < 1 and 0 < alpha < 1 and trials > 0):
        raise ValueError("icc lies in 0 to 1, power and alpha between; trials are at least 1")
    if methods < 2:
        raise ValueError("a comparison needs at least 2 methods")
    quantile = NormalDist().inv_cdf
    z_alpha, z_power = quantile(1 - alpha / 2), quantile(power)
    spread, spread_against = (math.sqrt(rate * (1 - rate)) for rate in rates)
    if design == REAL_OR_COLOURED:
        answers = ((z_alpha + z_power) * math.hypot(spread, spread_against)) ** 2
        each = trials / (2 * methods)
    else:
        answers = (z_alpha * spread_against + z_power * spread) ** 2
        each = trials / math.comb(methods, 2)
    answers /= (expected - against) ** 2
    return math.ceil(answers * (1 + max(each - 1, 0) * icc) / each)
