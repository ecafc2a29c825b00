"""The statistics against values worked out by hand, and against simulated raters of known preference."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from colorlib.study.scores import agreement, bradley_terry, clustered, rates, strengths, unscorable, wilson

STUDIES = 100


def test_wilson_is_the_printed_formula():
    """Brown, Cai and DasGupta 2001, equation 4, for 7 of 20."""
    z, n, p = 1.959963984540054, 20, 7 / 20
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson(7, 20) == pytest.approx((p, centre - reach, centre + reach))
    assert wilson(0, 5).low == 0
    assert np.isnan(wilson(0, 0)).all()


@pytest.mark.parametrize("truth", [0.05, 0.2, 0.3, 0.5])
def test_wilson_covers_the_truth(truth):
    """In 90 to 98 of 100 studies of 200 answers: counted over every possible number of successes."""
    possible = [wilson(k, 200) for k in range(201)]
    held = [interval.low <= truth <= interval.high for interval in possible]
    covered = binom.pmf(np.arange(201), 200, truth)[held].sum()
    assert 0.90 <= covered <= 0.98


def test_two_methods_have_the_log_odds_of_their_wins():
    """With two methods the maximum-likelihood difference is log(wins / losses)."""
    fitted = bradley_terry(np.array([[0, 30.5], [9.5, 0]]))
    assert fitted[0] - fitted[1] == pytest.approx(np.log(30.5 / 9.5))
    assert fitted.sum() == pytest.approx(0)


def test_a_tie_is_half_a_win_each():
    ties, halves = np.array([[0, 2], [2, 0]]), np.array([[0, 1], [1, 0]])
    assert bradley_terry(ties) == pytest.approx(bradley_terry(halves))


def test_the_first_step_from_the_fit_goes_nowhere_and_the_next_agrees_with_choix():
    rng = np.random.default_rng(0)
    wins = rng.integers(20, 60, (4, 4)) * (1 - np.eye(4))
    fitted = bradley_terry(wins)
    step = strengths(fitted)
    assert step(wins.reshape(1, -1))[0, :4] == pytest.approx(fitted, abs=1e-6)
    other = rng.poisson(wins)
    assert step(other.reshape(1, -1))[0, :4] == pytest.approx(bradley_terry(other), abs=0.02)
    differences = step(other.reshape(1, -1))[0, 4:].reshape(4, 4)
    assert differences == pytest.approx(-differences.T)


def test_what_cannot_be_scored_is_said():
    assert unscorable(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]), "ABC") is None
    apart = np.zeros((4, 4))
    apart[0, 1] = apart[1, 0] = apart[2, 3] = apart[3, 2] = 3
    assert unscorable(apart, "ABCD") == "cannot be scored: nobody compared A with B, nor C with D"
    champion = np.array([[0, 2, 2], [0, 0, 1], [0, 1, 0]])
    assert unscorable(champion, "ABC").startswith("cannot be scored: A never lost against the others")
    pair = np.array([[0, 1, 2], [1, 0, 1], [0, 0, 0]])
    assert unscorable(pair, "ABC").startswith("cannot be scored: A, B never lost")


def simulated(rng, truth, raters, pictures, taste=0.0, difficulty=0.0):
    """Wins of one study in which everybody judges every picture once, on a random pair."""
    m = len(truth)
    rater, picture = np.divmod(np.arange(raters * pictures), pictures)
    own = rng.normal(0, taste, (raters, m))[rater] + rng.normal(0, difficulty, (pictures, m))[picture]
    utility = truth + own
    pairs = np.array([(i, j) for i in range(m) for j in range(m) if i < j])
    first, second = pairs[(rater + picture) % len(pairs)].T
    at = np.arange(len(rater))
    won = rng.random(len(rater)) < expit(utility[at, first] - utility[at, second])
    sums = np.zeros((len(rater), m, m))
    sums[at, np.where(won, first, second), np.where(won, second, first)] = 1
    return sums.reshape(len(rater), -1), rater, picture


def test_bradley_terry_covers_the_truth():
    """Raters who share one preference: each strength is in its interval in 90 to 98 of 100 studies."""
    truth = np.array([0.6, 0.1, -0.7])
    rng = np.random.default_rng(2)
    held = np.zeros(3)
    for study in range(STUDIES):
        sums, rater, picture = simulated(rng, truth, raters=60, pictures=40)
        estimate = strengths(bradley_terry(sums.sum(0).reshape(3, 3)))
        found = clustered(estimate, sums, rater, picture, resamples=200, seed=study)[:3]
        held += [i.low <= t <= i.high for i, t in zip(found, truth, strict=True)]
    assert (held >= 0.90 * STUDIES).all(), held
    assert (held <= 0.98 * STUDIES).all(), held


def test_intervals_stay_honest_when_raters_and_pictures_differ():
    """Equal methods, but each rater and each picture has favourites: who ignores that is often wrong."""
    rng = np.random.default_rng(4)
    held = naive = 0
    for study in range(STUDIES):
        sums, rater, picture = simulated(rng, np.zeros(2), 20, 20, taste=0.7, difficulty=0.7)
        estimate = strengths(bradley_terry(sums.sum(0).reshape(2, 2)))
        difference = clustered(estimate, sums, rater, picture, resamples=200, seed=study)[2 + 1]
        held += difference.low <= 0 <= difference.high
        single = clustered(estimate, sums, range(len(sums)), range(len(sums)), resamples=200)[2 + 1]
        naive += single.low <= 0 <= single.high
    assert 0.90 * STUDIES <= held <= 0.98 * STUDIES
    assert naive < 0.75 * STUDIES


def test_rates_and_their_difference():
    totals = np.array([[3.0, 8.0, 10.0, 10.0]])
    assert rates(totals)[0] == pytest.approx([0.3, 0.8, 0, -0.5, 0.5, 0])


def test_one_rater_gives_no_interval():
    sums = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]])
    found = clustered(rates, sums, ["a", "a"], ["p", "q"])
    assert found[0].value == 1
    assert np.isnan(found[0].low)


def test_agreement_is_krippendorffs():
    """Worked by hand. Units of answers: u xx, v xy, w yyy; one answer alone is no pair.

    Coincidences: o(x,y) = o(y,x) = 1, o(x,x) = 2, o(y,y) = 3, so n = 7, n_x = 3, n_y = 4.
    Observed 2/7, expected 2 * 3 * 4 / (7 * 6) = 4/7, alpha = 1 - (2/7) / (4/7) = 1/2.
    """
    units = {"u": "xx", "v": "xy", "w": "yyy", "alone": "x"}
    ratings = [(unit, value) for unit, values in units.items() for value in values]
    assert agreement(ratings) == pytest.approx(0.5)
    assert agreement([("u", "x"), ("u", "y"), ("v", "y"), ("v", "x")]) < 0
    assert np.isnan(agreement([]))
    assert np.isnan(agreement([("u", "x"), ("v", "y")]))
    assert np.isnan(agreement([("u", "x"), ("u", "x")]))
