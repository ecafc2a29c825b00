"""The statistics of a study: rates, strengths, their uncertainty, and whether people agree.

Answers are not independent. One rater likes blue skies, one picture is easy; both make answers
alike. So differences get their uncertainty from resampling raters, and from resampling pictures.
The two variances are added and the variance of resampled single answers, which both contain, is
taken off once (two-way clustering: Cameron, Gelbach and Miller 2011, Journal of Business & Economic
Statistics 29).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import choix
import numpy as np
from scipy import stats
from scipy.sparse.csgraph import connected_components

__all__ = [
    "Interval",
    "agreement",
    "bradley_terry",
    "clustered",
    "rates",
    "strengths",
    "unscorable",
    "wilson",
]

RESAMPLES = 1000


class Interval(NamedTuple):
    """An estimate with the ends of its interval."""

    value: float
    low: float
    high: float


def wilson(successes: float, answers: int, level: float = 0.95) -> Interval:
    """Estimate a rate with its Wilson interval.

    Parameters
    ----------
    successes, answers : int
    level : float
        How often such an interval holds the truth.

    Returns
    -------
    Interval
        Not a number when there are no answers.

    Examples
    --------
    >>> [round(float(x), 3) for x in wilson(8, 10)]
    [0.8, 0.49, 0.943]
    """
    if not answers:
        return Interval(np.nan, np.nan, np.nan)
    ends = stats.binomtest(successes, answers).proportion_ci(level, method="wilson")
    return Interval(successes / answers, float(ends.low), float(ends.high))


def unscorable(wins: np.ndarray, methods: Sequence[str]) -> str | None:
    """Say why wins cannot be turned into strengths, or None when they can.

    The maximum-likelihood strengths exist just when every group of methods has won, and lost,
    against the rest (Ford 1957): the directed graph of wins is strongly connected.

    Parameters
    ----------
    wins : ndarray, (m, m)
        How often the row's method won against the column's; a tie is half a win for each.
    methods : sequence of str, m
    """
    together, group = connected_components(wins + wins.T > 0, directed=False)
    if together > 1:
        parts = [
            " with ".join(m for m, g in zip(methods, group, strict=True) if g == part)
            for part in range(together)
        ]
        return f"cannot be scored: nobody compared {', nor '.join(parts)}"
    strong, group = connected_components(wins > 0, directed=True, connection="strong")
    if strong == 1:
        return None
    for part in range(strong):
        inside = group == part
        names = ", ".join(m for m, here in zip(methods, inside, strict=True) if here)
        if not wins[np.ix_(~inside, inside)].any():
            return (
                f"cannot be scored: {names} never lost against the others, "
                "so there is no telling by how much"
            )
    raise AssertionError("a graph of groups without a circle has a first one")


def bradley_terry(wins: np.ndarray) -> np.ndarray:
    """Estimate strengths such that i wins against j with probability 1 / (1 + exp(s_j - s_i)).

    Parameters
    ----------
    wins : ndarray, (m, m)
        Scorable, see `unscorable`.

    Returns
    -------
    ndarray, (m,)
        Maximum likelihood, with mean 0.
    """
    return choix.ilsr_pairwise_dense(np.asarray(wins, dtype=float), max_iter=10_000)


def strengths(fitted: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Make the function that turns resampled wins into strengths and all their differences.

    It takes one Newton step from the strengths of all answers, which is close to the whole way,
    quick, and finite even where a resample lets one method win everything.

    Parameters
    ----------
    fitted : ndarray, (m,)
        As `bradley_terry` returns them.

    Returns
    -------
    callable
        Takes wins (b, m * m), returns (b, m + m * m): strengths, then differences row minus column.
    """
    m = len(fitted)
    chance = 1 / (1 + np.exp(fitted[None] - fitted[:, None]))  # of the row against the column

    def estimate(flat: np.ndarray) -> np.ndarray:
        wins = flat.reshape(-1, m, m)
        played = wins + wins.transpose(0, 2, 1)
        gradient = (wins - played * chance).sum(2)
        information = -played * (chance * (1 - chance))
        diagonal = np.arange(m)
        information[:, diagonal, diagonal] = 0
        information[:, diagonal, diagonal] = -information.sum(2)
        # Strengths are defined up to a constant: adding 1 everywhere makes the mean of a step 0.
        step = np.linalg.solve(information + 1, gradient[:, :, None])[:, :, 0]
        return _with_differences(fitted + step - step.mean(1, keepdims=True))

    return estimate


def rates(totals: np.ndarray) -> np.ndarray:
    """Turn (b, 2 m) totals, successes before answers, into (b, m + m * m) rates and differences."""
    successes, answers = np.split(totals, 2, axis=1)
    with np.errstate(invalid="ignore"):
        return _with_differences(successes / answers)


def _with_differences(values: np.ndarray) -> np.ndarray:
    """(b, m) values, followed by the (b, m * m) differences row minus column."""
    differences = values[:, :, None] - values[:, None, :]
    return np.concatenate([values, differences.reshape(len(values), -1)], axis=1)


def clustered(
    estimate: Callable[[np.ndarray], np.ndarray],
    sums: np.ndarray,
    raters: Sequence[Hashable],
    pictures: Sequence[Hashable],
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Interval]:
    """Estimate with intervals that know that answers of one rater, and on one picture, are alike.

    Parameters
    ----------
    estimate : callable
        Takes totals (b, q), returns estimates (b, k).
    sums : ndarray, (n, q)
        What each answer adds to the totals.
    raters, pictures : sequence, n
        Whose answer it is, and on which picture.
    level : float
    resamples : int
    seed : int

    Returns
    -------
    list of Interval, k
        Symmetric, with the t quantile for the fewer of raters and pictures. Their ends are not a
        number when there is only one rater or one picture.
    """
    rng = np.random.default_rng(seed)
    value = estimate(sums.sum(0, keepdims=True))[0]
    groups = [_codes(raters), _codes(pictures)]
    fewest = min(int(group.max(initial=-1)) + 1 for group in groups)
    if fewest < 2:
        return [Interval(float(x), np.nan, np.nan) for x in value]
    both = np.unique(np.stack(groups), axis=1, return_inverse=True)[1].ravel()
    variances = []
    for group in (*groups, both):
        totals = np.zeros((group.max() + 1, sums.shape[1]))
        np.add.at(totals, group, sums)
        count = len(totals)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples)
        # A resample of G clusters varies by (G - 1) / G less than the study does.
        spread = np.nanvar(estimate(drawn @ totals), axis=0) * count / (count - 1)
        variances.append(spread)
    by_rater, by_picture, by_answer = variances
    variance = np.maximum(by_rater + by_picture - by_answer, np.maximum(by_rater, by_picture))
    reach = stats.t.ppf((1 + level) / 2, fewest - 1) * np.sqrt(variance)
    return [
        Interval(*map(float, ends))
        for ends in zip(value, value - reach, value + reach, strict=True)
    ]


def _codes(names: Sequence[Hashable]) -> np.ndarray:
    """Return a number for each different name, in order of appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=int)


def agreement(ratings: Iterable[tuple[Hashable, Hashable]]) -> float:
    """Measure how far raters agree: Krippendorff's alpha for categories, raters may lack answers.

    1 is agreement, 0 what chance would give, less is disagreement.

    Parameters
    ----------
    ratings : iterable of (unit, category)
        One for each answer: what was judged, and how.

    Returns
    -------
    float
        Not a number when no unit has two answers, or all answers are equal.

    Examples
    --------
    >>> agreement([("sky", "real"), ("sky", "real"), ("cat", "fake"), ("cat", "fake")])
    1.0
    """
    pairs = list(ratings)
    if not pairs:
        return np.nan
    units, categories = (_codes(column) for column in zip(*pairs, strict=True))
    counts = np.zeros((units.max() + 1, categories.max() + 1))
    np.add.at(counts, (units, categories), 1)
    counts = counts[counts.sum(1) > 1]
    answers, total = counts.sum(1), counts.sum()
    by_category = counts.sum(0)
    # Pairs of different answers: within units, each answer weighing the same, and in all.
    observed = ((answers**2 - (counts**2).sum(1)) / np.maximum(answers - 1, 1)).sum() / max(
        total, 1
    )
    expected = (total**2 - (by_category**2).sum()) / max(total * (total - 1), 1)
    return float(1 - observed / expected) if expected else np.nan
