"""Priors in a search: every algorithm draws by them, and a Gaussian process learns to do without them."""

from __future__ import annotations

from random import Random

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.settings.sections import SearchSettings
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.objective import Goal

GOALS = (Goal("val_accuracy", "max"),)
LAYERS = 12
SPEC = (
    "sqs 1 space s { input x: [4] output y = x -> repeat deep in 1..2 { dense(any 1..60) -> relu } -> "
    + " -> ".join(f"dense(any [4, 5, 6, 7] PRIOR) @d{i}" for i in range(LAYERS))
    + " -> dropout(any 0.0..0.8 PRIOR_OF_RATE) -> dense(3) -> softmax train { epochs = 1 } }"
)
BELIEVED = sqs.loads(SPEC.replace("PRIOR_OF_RATE", "prior 0.2").replace("PRIOR", "prior 7"))
PLAIN = sqs.loads(SPEC.replace("PRIOR_OF_RATE", "").replace("PRIOR", ""))


def algorithm(space, name, trials=40, seed=3, **arguments):
    search = SearchSettings.from_plain({"algorithm": {"name": name, **arguments}})
    return make_algorithm(space, search, GOALS, trials=trials, epochs=None, seed=seed)


def proposals(made, count, score=lambda choices: 0.5):
    found = []
    for number in range(1, count + 1):
        found.append(dict(made.ask(number).choices))
        made.tell(number, (score(found[-1]),))
    return found


def share_of_sevens(several):
    widths = [choices[f"d{i}.units"] for choices in several for i in range(LAYERS)]
    return widths.count(7) / len(widths)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("random", {}),
        ("evolution", {"population": 200}),
        ("hyperband", {"max_epochs": 81}),
        pytest.param("bayesian", {"num_initial_points": 200}, marks=pytest.mark.slow),
        ("tpe", {"n_startup_trials": 200}),
        ("nsga2", {"population_size": 200}),
    ],
)
def test_every_algorithm_starts_with_draws_by_the_priors(name, arguments):
    if name in ("tpe", "nsga2"):
        pytest.importorskip("optuna")
    trials = 600 if name == "evolution" else 200
    found = proposals(algorithm(BELIEVED, name, trials=trials, **arguments), 80)
    plain = proposals(algorithm(PLAIN, name, trials=trials, **arguments), 80)
    # 960 draws of one in two, or of one in four; without priors, bayesian starts with trials that differ much.
    assert share_of_sevens(found) == pytest.approx(0.5, abs=0.05)
    assert share_of_sevens(plain) == pytest.approx(0.25, abs=0.1 if name == "bayesian" else 0.05)
    near = [abs(float(choices["dropout.rate"]) - 0.2) <= 0.16 for choices in found]
    assert sum(near) / len(near) == pytest.approx(0.5 * 0.957 + 0.5 * 0.4, abs=0.16)


@pytest.mark.parametrize(("name", "arguments"), [("grid", {}), ("random", {"over": "assignments"})])
def test_an_order_of_all_assignments_does_not_read_priors(name, arguments):
    text = "sqs 1 space s { input x: [4] output y = x -> dense(any 1..9 PRIOR) -> slot a PRIORS { relu } -> dense(2) }"
    believed = sqs.loads(text.replace("PRIORS", "prior true").replace("PRIOR", "prior 5"))
    plain = sqs.loads(text.replace("PRIORS", "").replace("PRIOR", ""))
    assert proposals(algorithm(believed, name, **arguments), 18) == proposals(algorithm(plain, name, **arguments), 18)


def test_a_space_with_priors_is_covered_without_a_repeat():
    text = (
        "sqs 1 space s { input x: [4] output y = x -> dense(any 1..9 prior [0, 0, 1, 0, 0, 0, 0, 0, 5]) -> dense(2) }"
    )
    for name in ("random", "evolution", "bayesian"):
        found = [choices["dense.units"] for choices in proposals(algorithm(sqs.loads(text), name), 9)]
        assert sorted(found) == list(range(1, 10))
        assert set(found[:2]) == {3, 9}


def test_a_change_of_a_choice_is_sampled_by_its_prior():
    parent = {path: 4 if path.startswith("d") and path != "dropout.rate" else value for path, value in
              BELIEVED.default().choices.items()}  # fmt: skip
    parent["deep"] = 1
    made, random = Proposals(BELIEVED, seed=1), Random(4)
    changed = [made.changed(parent, random) for _ in range(3_000)]
    others = [c[f"d{i}.units"] for c in changed for i in range(LAYERS) if c[f"d{i}.units"] != 4]
    # Without 4, the weights of 5, 6 and 7 are 1, 1 and 3.
    assert others.count(7) / len(others) == pytest.approx(0.6, abs=0.04)
    assert {c["deep"] for c in changed} == {1, 2}


def test_the_influence_of_a_prior_on_bayesian_optimization_fades():
    """Its author believes in the worst values: the first proposals follow the belief, the later ones the scores."""
    space = sqs.loads(
        "sqs 1 space s { input x: [4] output y = x -> dense(any 1..60) -> "
        + " -> ".join(f"dense(any [4, 5, 6, 7] prior 7) @d{i}" for i in range(3))
        + " -> dense(3) -> softmax train { epochs = 1 } }"
    )

    def sevens(choices):
        return sum(choices[f"d{i}.units"] == 7 for i in range(3))

    found = proposals(algorithm(space, "bayesian", num_initial_points=4), 16, lambda choices: -float(sevens(choices)))
    first, last = (sum(map(sevens, part)) / (3 * len(part)) for part in (found[:6], found[-6:]))
    assert first > 0.5
    assert last < 0.2


def test_bayesian_optimization_prefers_what_its_author_believes_in():
    made = algorithm(BELIEVED, "bayesian", num_initial_points=4)
    plain = algorithm(PLAIN, "bayesian", num_initial_points=4)
    chance = Random(1)

    def score(choices):
        return chance.random()

    assert share_of_sevens(proposals(made, 9, score)[4:]) > share_of_sevens(proposals(plain, 9, score)[4:]) + 0.2


def test_beliefs_are_compared_with_uniform_draws():
    tree = Proposals(BELIEVED, seed=0).tree
    choices = dict(BELIEVED.default().choices)
    sevens = {**choices, **{f"d{i}.units": 7 for i in range(LAYERS)}}
    # 7 is sampled in 1/2 instead of 1/4 of the cases, 4 in 1/6.
    assert tree.belief(sevens) - tree.belief(choices) == pytest.approx(LAYERS * 1.0986, abs=1e-3)
    assert Proposals(PLAIN, seed=0).tree.belief(sevens) == 0.0
