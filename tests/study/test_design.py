"""Who sees what is balanced, whatever the numbers; and how many raters are needed is enough."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorlib.study.design import (
    CHECK,
    DESIGNS,
    ORIGINAL,
    REAL_OR_COLOURED,
    WHICH_IS_BETTER,
    Stimulus,
    conditions,
    plan_study,
    raters_needed,
)


@st.composite
def plans(draw):
    """A plan of any size, and what it was made of."""
    design = draw(st.sampled_from(DESIGNS))
    methods = [f"m{n}" for n in range(draw(st.integers(2, 4)))]
    practice, checks = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    scored = draw(st.integers(1, 17))
    pictures = [f"p{n}" for n in range(max(practice, checks) + scored)]
    numbers = {
        "participants": draw(st.integers(1, 25)),
        "trials": draw(st.integers(1, scored)),
        "practice": practice,
        "checks": checks,
        "seed": draw(st.integers(0, 9)),
    }
    return plan_study(design, pictures, methods, **numbers), pictures, scored, numbers


def scored_trials(slot):
    return [trial for trial in slot if trial.kind == "trial"]


def spread(counts, cases):
    """The most often minus the least often, of all cases."""
    return max(counts[case] for case in cases) - min(counts[case] for case in cases)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_every_participant_sees_as_many_pictures_and_none_twice(made):
    plan, _, _, numbers = made
    assert len(plan.slots) == numbers["participants"]
    for slot in plan.slots:
        kinds = Counter(trial.kind for trial in slot)
        assert kinds == Counter(practice=numbers["practice"], trial=numbers["trials"], check=numbers["checks"])
        assert all(trial.kind == "practice" for trial in slot[: numbers["practice"]])
        seen = [trial.shown[0].picture for trial in scored_trials(slot)]
        assert len(seen) == len(set(seen))
        rehearsed = {s.picture for trial in slot if trial.kind != "trial" for s in trial.shown}
        assert not rehearsed & set(seen)
        assert all(len({s.picture for s in trial.shown}) == 1 for trial in slot)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_any_first_participants_are_balanced(made):
    """Every picture was shown equally often, and so under each condition, give or take one."""
    plan, pictures, scored, _ = made
    cases = conditions(plan.design, plan.methods)
    weight = Counter(cases)  # the original stands before each method
    counts, names = (
        Counter(),
        set(pictures) - {s.picture for trial in plan.slots[0] if trial.kind != "trial" for s in trial.shown},
    )
    used = {s.picture for slot in plan.slots for t in scored_trials(slot) for s in t.shown}
    assert used <= names or len(names) < scored
    for slot in plan.slots:
        for trial in scored_trials(slot):
            counts[trial.shown[0].picture, tuple(s.method for s in trial.shown)] += 1
        shown = Counter()
        for (picture, _), count in counts.items():
            shown[picture] += count
        everywhere = [shown[f"p{n}"] for n in range(len(pictures)) if f"p{n}" in used]
        assert max(everywhere) - min(everywhere) <= 1
        for picture in used:
            rounds = shown[picture] // len(cases)
            for case, times in weight.items():
                assert rounds * times <= counts[picture, case] <= (rounds + 1) * times


@settings(max_examples=60, deadline=None)
@given(plans())
def test_one_participant_sees_all_conditions(made):
    plan, _, _, _ = made
    for slot in plan.slots:
        shown = Counter(tuple(s.method for s in trial.shown) for trial in scored_trials(slot))
        if plan.design == REAL_OR_COLOURED:
            originals, coloured = shown.pop((ORIGINAL,), 0), shown.total()
            assert abs(originals - coloured) <= 2
            assert spread(shown, [(method,) for method in plan.methods]) <= 2
        else:
            assert spread(shown, conditions(plan.design, plan.methods)) <= 2


@settings(max_examples=30, deadline=None)
@given(plans())
def test_attention_checks_are_apart_and_have_one_right_answer(made):
    plan, _, _, numbers = made
    for slot in plan.slots:
        body = slot[numbers["practice"] :]
        places = [place for place, trial in enumerate(body) if trial.kind == "check"]
        for trial in (body[place] for place in places):
            versions = [s.method for s in trial.shown]
            wanted = [CHECK] if plan.design == REAL_OR_COLOURED else [CHECK, ORIGINAL]
            assert sorted(versions) == wanted
        if numbers["trials"] >= 2 * max(numbers["checks"], 1):
            assert all(after - before > 1 for before, after in pairwise([-1, *places]))


def test_the_order_is_of_chance_and_the_seed_decides():
    def orders(seed):
        plan = plan_study(REAL_OR_COLOURED, [f"p{n}" for n in range(12)], ["A"], participants=5, seed=seed)
        return [tuple(t.shown[0].picture for t in scored_trials(slot)) for slot in plan.slots]

    assert orders(1) == orders(1) != orders(2)
    assert len(set(orders(1))) == 5


def test_both_sides_are_used_equally():
    plan = plan_study(WHICH_IS_BETTER, [f"p{n}" for n in range(8)], ["A", "B", "C"], participants=6)
    left = Counter(t.shown[0].method for slot in plan.slots for t in scored_trials(slot))
    right = Counter(t.shown[1].method for slot in plan.slots for t in scored_trials(slot))
    assert left == right
    assert Stimulus("p0", "A") in plan.stimuli or Stimulus("p1", "A") in plan.stimuli


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"design": "any"}, "--design any: choose real-or-coloured or which-is-better"),
        ({"methods": ["A"]}, "give at least two"),
        ({"methods": ["A", "original"]}, "cannot be called original"),
        ({"pictures": ["p1", "p2"]}, "2 pictures are too few"),
        ({"trials": 4}, "--trials 4: choose 1 to 3"),
        ({"participants": 0}, "at least 1 participant"),
    ],
)
def test_what_cannot_be_planned_is_said(change, message):
    wanted = {"design": WHICH_IS_BETTER, "pictures": ["p1", "p2", "p3", "p4", "p5"], "methods": ["A", "B"]}
    with pytest.raises(ValueError, match=message):
        plan_study(**wanted | change)


@pytest.mark.parametrize(
    ("design", "expected", "against", "methods"),
    [(WHICH_IS_BETTER, 0.6, 0.5, 2), (REAL_OR_COLOURED, 0.4, 0.25, 3)],
)
def test_so_many_raters_see_the_difference_in_four_of_five_studies(design, expected, against, methods):
    """Answers of one rater are alike: each rater's own rate is drawn from a beta distribution."""
    icc, trials, studies = 0.1, 24, 3000
    raters = raters_needed(design, expected, against, methods=methods, trials=trials, icc=icc)
    rng = np.random.default_rng(3)
    each = trials // (2 * methods if design == REAL_OR_COLOURED else 1)

    def shares(rate):
        concentration = 1 / icc - 1
        own = rng.beta(rate * concentration, (1 - rate) * concentration, (studies, raters))
        return rng.binomial(each, own) / each

    difference = shares(expected) - (shares(against) if design == REAL_OR_COLOURED else against)
    z = difference.mean(1) / (difference.std(1, ddof=1) / np.sqrt(raters))
    assert 0.76 <= (z > 1.96).mean() <= 0.88


@pytest.mark.parametrize("rates", [(0.5, 0.5), (0.0, 0.5), (0.5, 1.2)])
def test_rates_that_cannot_be_told_apart_are_refused(rates):
    with pytest.raises(ValueError, match="two different rates between 0 and 1"):
        raters_needed(WHICH_IS_BETTER, *rates, methods=2, trials=20)
