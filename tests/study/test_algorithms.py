"""Every algorithm under a study's protocol, with a made-up score instead of training: its coverage, and that it makes
the same proposals after a replay of the recorded trials.
"""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from random import Random

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import decode_choices, encode_choices
from sqsem_dsl.settings.sections import SearchSettings
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Wait
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.objective import Goal

pytestmark = pytest.mark.slow
pytest.importorskip("optuna")

ONE = (Goal("val_accuracy", "max"),)
TWO = (Goal("val_accuracy", "max"), Goal("params", "min"))
ALGORITHMS = {
    "random": {"name": "random"},
    "choices": {"name": "random", "over": "choices"},
    "grid": {"name": "grid"},
    "bayesian": {"name": "bayesian", "num_initial_points": 4},
    "evolution": {"name": "evolution", "population": 6, "sample": 3},
    "hyperband": {"name": "hyperband", "max_epochs": 9},
    "tpe": {"name": "tpe", "n_startup_trials": 4},
    "nsga2": {"name": "nsga2", "population_size": 4},
}
SLOW = ("bayesian", "tpe")

CELL = """sqs 1
block edge(x) {
  out x -> choose op { full: dense(4)  relu: relu  skip: identity  none: zero }
}
space cell {
  input x: [4]
  let a = x -> edge @e01
  let b = add(x -> edge @e02, a -> edge @e12)
  # Some of them let nothing through: `none` on every way.  sqs: allow SQS814
  output y = add(b, x -> edge @e03) -> dense(3) -> softmax
  train { epochs = 2 }
}
"""
MIXED = """sqs 1
space mixed {
  input x: [4]
  output y = x -> repeat layers in 1..2 { dense(any [4, 8, 32]) -> slot drop { dropout(any 0.1..0.5) } }
    -> dense(3) -> softmax
  train { optimizer = any [adam, sgd(momentum = any [0.5, 0.9, 0.99])]  learning_rate = any 1e-4..1e-1 log }
}
"""
TOY = sqs.load("specs/toy.sqs")


class Simulation:
    """A study without trainings: as many trials at once as it has workers, which end in a random order."""

    def __init__(self, space, name, goals=ONE, *, trials=None, workers=1, failures=0.0, seed=3):
        search = SearchSettings.from_plain({"algorithm": ALGORITHMS[name]})
        self.algorithm = make_algorithm(space, search, goals, trials=trials, epochs=None, seed=seed)
        self.space, self.goals, self.workers, self.failures = space, goals, workers, failures
        self.running, self.proposed, self.events, self.ended = {}, [], [], None

    def scores(self, number, architecture, epochs):
        chance = Random(sha256(f"{architecture.id} {epochs} {number}".encode()).digest())
        if chance.random() < self.failures:
            return None
        return (chance.random() + epochs / 20, float(architecture.params))[: len(self.goals)]

    def run(self, most=10_000):
        while self.ended is None or self.running:
            if self.ended is None and len(self.running) < self.workers and len(self.proposed) < most:
                found = self.algorithm.ask(len(self.proposed) + 1)
                if isinstance(found, Exhausted):
                    self.ended = found.reason
                    continue
                if not isinstance(found, Wait):
                    self._begin(found)
                    continue
            if not self.running:
                assert len(self.proposed) == most, "it waits for nothing"
                break
            number = Random(f"{len(self.events)}").choice(sorted(self.running))
            self._end(number, self.running[number])
        return self

    def _begin(self, proposal):
        number = len(self.proposed) + 1
        self.proposed.append(proposal)
        self.running[number] = self.scores(number, proposal.architecture, proposal.epochs)
        self.events.append(("begin", number, proposal))

    def _end(self, number, scores):
        del self.running[number]
        self.algorithm.tell(number, scores)
        self.events.append(("end", number, scores))

    def replay(self, events):
        """Replay the events of another algorithm, as read from a journal."""
        for what, number, more in events:
            if what == "begin":
                recorded = plain(encode_choices(self.space.choices, more.choices))
                self.algorithm.recall(number, decode_choices(self.space.choices, recorded), plain(more.memo))
                self.proposed.append(more)
                self.running[number] = self.scores(number, more.architecture, more.epochs)
                self.events.append((what, number, more))
            else:
                self._end(number, more)
        return self

    def story(self):
        return [
            (what, number, *((dict(m.choices), m.epochs, m.continues, plain(m.memo)) if what == "begin" else (m,)))
            for what, number, m in self.events
        ]


def plain(value):
    return json.loads(json.dumps(dict(value)))


@pytest.fixture(scope="module")
def cell():
    return sqs.loads(CELL)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_space_of_39_is_covered_without_a_repeat(name, workers):
    run = Simulation(TOY, name, trials=1_000, workers=workers).run()
    first_trials = [p.architecture.id for p in run.proposed if p.continues is None]
    assert len(first_trials) == len(set(first_trials)) == TOY.count == 39
    assert run.ended == "all 39 architectures of the space were tried"
    assert run.algorithm.skipped == 0


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_space_of_256_is_covered_and_equal_networks_are_trained_once(name, cell):
    networks = {cell.at(i).id for i in range(cell.count)}
    run = Simulation(cell, name, trials=1_000).run()
    first_trials = [p.architecture.id for p in run.proposed if p.continues is None]
    assert len(first_trials) == len(set(first_trials))
    assert set(first_trials) == networks
    assert cell.count == 256
    assert run.algorithm.skipped == 256 - len(networks)
    assert (
        run.ended
        == f"all {len(networks)} architectures of the space were tried: its 256 configurations give no further ones"
    )


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("space", ["toy", "cell", "mixed"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_was_replayed_continues_as_if_nothing_had_happened(name, space, workers, cell):
    made = {"toy": TOY, "cell": cell, "mixed": sqs.loads(MIXED)}[space]
    arguments = {"trials": 30, "workers": workers, "failures": 0.2}
    most = 14 if name in SLOW else 45
    whole = Simulation(made, name, **arguments).run(most)
    cuts = range(1, len(whole.events), 7 if name in SLOW else 5)
    for cut in cuts:
        again = Simulation(made, name, **arguments).replay(whole.events[:cut])
        assert again.algorithm.skipped <= whole.algorithm.skipped
        again.run(most)
        assert again.story() == whole.story(), cut
        assert (again.ended, again.algorithm.skipped) == (whole.ended, whole.algorithm.skipped)


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "hyperband"])
def test_several_goals_are_replayed_too(name, cell):
    most = 14 if name in SLOW else 30
    whole = Simulation(cell, name, TWO, workers=2).run(most)
    again = Simulation(cell, name, TWO, workers=2).replay(whole.events[: most // 2]).run(most)
    assert again.story() == whole.story()


def test_no_framework_is_loaded():
    code = (
        "import sys, sqsem_dsl as sqs\n"
        "from sqsem_dsl.settings.sections import SearchSettings\n"
        "from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm\n"
        "from sqsem_dsl.study.objective import Goal\n"
        "space, goals = sqs.load('specs/toy.sqs'), (Goal('val_accuracy', 'max'),)\n"
        f"for name in {sorted({each['name'] for each in ALGORITHMS.values()})}:\n"
        "    search = SearchSettings.from_plain({'algorithm': {'name': name}})\n"
        "    make_algorithm(space, search, goals, trials=3, epochs=None, seed=0).ask(1)\n"
        "print({'keras', 'keras_tuner', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_without_optuna_its_algorithms_are_refused_with_the_extra_to_install(monkeypatch, cell):
    monkeypatch.setattr("sqsem_dsl.study.algorithms.make_algorithm.find_spec", lambda name: None)
    with pytest.raises(sqs.SqsError) as caught:
        Simulation(cell, "nsga2")
    assert [(d.code, d.extra) for d in caught.value.diagnostics] == [("SQS753", "optuna")]


def test_hyperband_refuses_several_goals(cell):
    with pytest.raises(ValueError, match="one objective"):
        Simulation(cell, "hyperband", TWO)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_seed_decides(name):
    if name == "grid":
        pytest.skip("a grid has one order")
    first, again, other = (Simulation(TOY, name, seed=seed).run(8).story() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("name", ["random", "evolution", "nsga2", "tpe", "hyperband", "bayesian"])
def test_points_that_others_chose_are_known_and_not_tried_again(name):
    run = Simulation(TOY, name, trials=1_000)
    for number in (1, 2):
        architecture = TOY.at(number)
        run.algorithm.recall(number, dict(architecture.choices), {})
        run.proposed.append(None)
        run.algorithm.tell(number, (0.5,))
    run.run()
    first_trials = [p.architecture.id for p in run.proposed if p is not None and p.continues is None]
    assert len(first_trials) == len(set(first_trials)) == 37
    assert not {TOY.at(1).id, TOY.at(2).id} & set(first_trials)
    assert run.ended == "all 39 architectures of the space were tried"


@pytest.mark.parametrize("failures", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_hyperband_ends_whatever_fails(failures, workers, cell):
    for seed in range(6):
        run = Simulation(cell, "hyperband", workers=workers, failures=failures, seed=seed).run()
        assert run.ended == "all 3 brackets of hyperband are finished"
        assert run.algorithm.still_needed() == frozenset()
        first_trials = [p for p in run.proposed if p.continues is None]
        assert len(first_trials) == 9 + 5 + 3


@pytest.mark.parametrize("workers", [1, 4])
def test_hyperband_keeps_the_states_that_it_continues_from(workers, cell):
    run = Simulation(cell, "hyperband", trials=40, workers=workers, failures=0.2)
    needed, tell, ask = [], run.algorithm.tell, run.algorithm.ask

    def asked(number):
        before = run.algorithm.still_needed()
        found = ask(number)
        if not isinstance(found, Exhausted | Wait) and found.continues is not None:
            assert found.continues in before
            assert found.continues in run.algorithm.still_needed()
            past = run.proposed[found.continues - 1]
            assert found.architecture.choices == past.architecture.choices
            assert found.epochs > past.epochs
        needed.append(len(run.algorithm.still_needed()))
        return found

    run.algorithm.ask, run.algorithm.tell = asked, tell
    run.run(most=60)
    assert {p.schedule_epochs for p in run.proposed} == {9}
    assert {p.epochs for p in run.proposed} == {1, 3, 9}
    assert max(needed) < 30


def test_conditional_choices_are_proposed_only_where_they_exist():
    mixed = sqs.loads(MIXED)
    for name in ("tpe", "nsga2"):
        for proposal in Simulation(mixed, name).run(15).proposed:
            assert proposal.choices == proposal.architecture.choices
            assert all(
                isinstance(proposal.choices[f"layers[{i}].dense.units"], int) for i in range(proposal.choices["layers"])
            )


@pytest.mark.parametrize("name", ["bayesian", "evolution", "tpe", "nsga2"])
def test_guided_searches_find_more_of_a_front_than_chance(name):
    space = sqs.loads(
        "sqs 1 space s { input x: [4] output y = x -> "
        + " -> ".join(f"dense(any 4..11) @d{i}" for i in range(4))
        + " -> dense(3) -> softmax }"
    )

    def volume(name):
        total = 0.0
        for seed in range(6):
            run = Simulation(space, name, TWO, trials=40, seed=seed)
            # Wide layers first and narrow ones last are best, and few parameters are better.
            run.scores = lambda number, a, epochs: (
                float(a.layers[1].shape[0] - a.layers[-3].shape[0]),
                float(a.params),
            )
            found = sorted({s for what, _, s in run.run(40).events if what == "end"}, key=lambda s: s[1])
            best = -8.0
            for i, (good, params) in enumerate(found):
                best = max(best, good)
                following = found[i + 1][1] if i + 1 < len(found) else 500.0
                total += (best + 8.0) * max(0.0, following - params)
        return total

    assert volume(name) > volume("random")


def test_random_over_choices_draws_small_networks_as_often_as_large_ones():
    space = sqs.loads("""sqs 1
space deep {
  input x: [4]
  output y = x -> repeat n in 1..4 { dense(any [4, 5, 6, 7, 8]) -> relu } -> dense(3) -> softmax
  train { epochs = 1 }
}""")
    shares = {}
    for over in ("assignments", "choices"):
        search = SearchSettings.from_plain({"algorithm": {"name": "random", "over": over}, "trials": 200})
        algorithm = make_algorithm(space, search, ONE, trials=200, epochs=None, seed=3)
        depths = [algorithm.ask(number).architecture.choices["n"] for number in range(1, 201)]
        shares[over] = [depths.count(n) / 200 for n in (1, 2, 3, 4)]
    assert shares["assignments"][3] > 0.7  # 625 of 780 assignments
    # Of one layer there are five networks, of two twenty-five: all of them occur, then no more.
    assert shares["choices"][:2] == [5 / 200, 25 / 200]
    assert 0.3 < shares["choices"][2] < 0.55
