"""Searches that stop trials and continue some of them: whole studies with made-up trainings."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import replace

import pytest

from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.settings.search import Asha
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.asha import STATES, AshaAlgorithm
from sqsem_dsl.study.algorithms.evolution import EvolutionAlgorithm
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.stopping.rule import Rule
from tests.fakes.fake_training import score
from tests.fakes.searching import SPEC, search
from tests.fakes.standin import StandIn, chain

pytestmark = pytest.mark.search
pytest.importorskip("filelock")

LONG = SPEC.replace("epochs = 3", "epochs = 9")
ASHA = "algorithm = random  stopping = asha"


def recorded(folder):
    """The results of a study that do not depend on the clock, with the bars of each trial."""
    with closing(Journal.open(folder)) as journal:
        return [
            (t.number, t.status, t.choices, t.scores, t.epochs, t.planned, t.continues, t.stops, t.stopped)
            for t in journal.trials()
        ]


def run(folder, stopping=ASHA, trials=12, workers=0, spec=LONG, **more):
    return search(folder, search=stopping, trials=trials, workers=workers, spec=spec, **more)


# ---- successive halving


def test_a_search_halves_as_the_paper_does(tmp_path):
    """Each decision of a search with one worker, made again from its results alone."""
    trials = run(tmp_path / "study", trials=20).trials
    at = {1: {}, 3: {}}
    stopped, first = {}, {}  # the epoch at which a trial was stopped, and the first trial of its training
    for trial in trials:
        own = first[trial.number] = trial.number if trial.continues is None else first[trial.continues]
        before = stopped.get(trial.continues, 0)
        # A configuration starts only if no stopped trial may continue; otherwise the best of the furthest continues.
        may = {}
        for number, rung in stopped.items():
            results = sorted(at[rung].items(), key=lambda item: (-item[1], item[0]))
            if [name for name, _ in results].index(first[number]) < len(results) // 3:
                may[number] = (-rung, -at[rung][first[number]], number)
        assert (min(may, key=may.get) if may else None) == trial.continues
        stopped.pop(trial.continues, None)
        for rung in (1, 3):
            if rung <= before:
                continue
            at[rung][own] = score(trial.choices, rung)
            rank = sum(value >= at[rung][own] for value in at[rung].values())
            if rank > len(at[rung]) // 3:
                assert trial.epochs == rung
                assert trial.stopped.startswith(f"after {rung} of 9 epochs: ")
                stopped[trial.number] = rung
                break
        else:
            assert (trial.epochs, trial.stopped) == (9, None)
        assert trial.scores == (score(trial.choices, trial.epochs),)
    assert sum(trial.continues is None for trial in trials) == 20
    assert any(trial.continues is not None for trial in trials)
    assert sum(trial.epochs for trial in trials) < 20 * 9 / 2


def test_the_last_state_of_a_trial_is_continued(tmp_path, monkeypatch):
    """Each epoch of a training is trained once."""
    monkeypatch.setenv("TRAINED", str(tmp_path / "trained"))
    trials = {trial.number: trial for trial in run(tmp_path / "study", trials=20).trials}
    lines = [tuple(map(int, line.split())) for line in (tmp_path / "trained").read_text().splitlines()]
    for trial in trials.values():
        before = 0 if trial.continues is None else trials[trial.continues].epochs
        assert [epoch for number, epoch in lines if number == trial.number] == list(range(before + 1, trial.epochs + 1))


def test_one_training_reaches_its_end_even_if_there_are_few_trials(tmp_path):
    spec = SPEC.replace("epochs = 3", "epochs = 30")
    for trials in (1, 2, 4):
        result = run(tmp_path / str(trials), trials=trials, spec=spec)
        assert [trial.epochs for trial in result.trials if trial.stopped is None] == [30]
        assert result.best.epochs == 30
        assert sum(trial.continues is None for trial in result.trials) == trials
        assert result.ended == ("the one trial is done" if trials == 1 else f"all {trials} trials are done")


def test_a_space_is_searched_until_nothing_may_go_on(tmp_path):
    result = run(tmp_path / "all", trials=100)
    assert sum(trial.continues is None for trial in result.trials) == 39
    assert "39" in result.ended
    assert (result.best.epochs, result.best.stopped) == (9, None)


def test_states_that_no_trial_continues_are_removed(tmp_path):
    class Watched:
        most = 0

        def __getattr__(self, name):
            def look(*_):
                Watched.most = max(Watched.most, len(list((tmp_path / "study" / "running").glob("*.final"))))

            return look

    run(tmp_path / "study", trials=39, progress=Watched())
    assert 1 < Watched.most <= 2 * STATES + 1
    assert not (tmp_path / "study" / "running").exists()


def test_a_trial_whose_state_is_missing_is_trained_from_the_beginning(tmp_path, monkeypatch):
    run(tmp_path / "undisturbed")
    monkeypatch.setattr("sqsem_dsl.study.algorithms.asha.STATES", 0)
    monkeypatch.setenv("TRAINED", str(tmp_path / "trained"))
    result = run(tmp_path / "study")
    assert recorded(tmp_path / "study") == recorded(tmp_path / "undisturbed")
    lines = (tmp_path / "trained").read_text().splitlines()
    continuing = [trial.number for trial in result.trials if trial.continues is not None]
    assert continuing
    assert all(f"{number} 1" in lines for number in continuing)


# ---- any algorithm


class Killed(BaseException):
    """Simulates the end of the process in the middle of a search."""


class KilledAfter(NullProgress):
    def __init__(self, trials):
        self.left = trials

    def ended(self, trial, view):
        self.left -= 1
        if not self.left:
            raise Killed


@pytest.mark.parametrize(
    "algorithm",
    ["grid", "evolution(population = 4, sample = 2)", "tpe", pytest.param("bayesian", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("stopping", ["asha(factor = 2)", "median(min_trials = 2)"])
def test_with_any_algorithm(algorithm, stopping, tmp_path):
    if algorithm == "tpe":
        pytest.importorskip("optuna")
    if algorithm == "bayesian":
        pytest.importorskip("keras_tuner")
    how = f"algorithm = {algorithm}  stopping = {stopping}"
    trials = run(tmp_path / "study", how, trials=14).trials
    firsts = [trial for trial in trials if trial.continues is None]
    assert len(firsts) == 14
    assert len({trial.architecture for trial in firsts}) == 14
    assert any(trial.stopped for trial in trials)
    for _ in range(2):
        with pytest.raises(Killed):
            run(tmp_path / "cut", how, trials=14, progress=KilledAfter(4))
    run(tmp_path / "cut", how, trials=14)
    assert recorded(tmp_path / "cut") == recorded(tmp_path / "study")


def test_starting_points_are_counted(tmp_path):
    points = tuple({"n": 1, "n[0].dense.units": units} for units in (4, 8, 16))
    result = run(tmp_path / "study", trials=2, start_from=({"n": 1}, *points))
    assert sum(trial.continues is None for trial in result.trials) == 2


class Asked:
    """An algorithm that remembers its calls."""

    skipped = 0

    def __init__(self, space, most=100):
        self.space, self.most, self.calls = space, most, []

    def ask(self, number):
        self.calls.append(("ask", number))
        if sum(what == "ask" for what, *_ in self.calls) > self.most:
            return Exhausted("that was all")
        architecture = self.space.sample_one(number)
        return Proposal(architecture.choices, architecture, 9, memo={"own": number})

    def tell(self, number, scores, share=1.0):
        self.calls.append(("tell", number, scores, share))

    def recall(self, number, choices, memo):
        self.calls.append(("recall", number, choices, memo))

    def still_needed(self):
        return frozenset()


class Study:
    """The part of a driver that an algorithm sees."""

    def __init__(self, most=100, trials=None):
        self.space = StandIn(*chain())
        self.rule = Rule(Asha(), Goal("val_accuracy", "max"))
        self.inner = Asked(self.space, most)
        self.algorithm = AshaAlgorithm(self.inner, self.space, self.rule.trainings, factor=3, trials=trials)
        self.trials = {}

    def ask(self):
        number = len(self.trials) + 1
        found = self.algorithm.ask(number)
        if isinstance(found, Proposal):
            after = 0 if found.continues is None else self.trials[found.continues].epochs
            facts = {"continues": found.continues, "planned": found.epochs, "stops": self.rule.bars(9, after)}
            choices = encode_choices(self.space.choices, found.choices)
            self.trials[number] = Trial(number, choices, "a", "", 0, 0, **facts)
            self.rule.trainings.begin(self.trials[number])
        return found

    def end(self, number, epochs, accuracy):
        for epoch in range(1, epochs + 1):
            self.rule.trainings.epoch(Epoch(number, 0, epoch, {"val_accuracy": accuracy}, 1.0))
        stopped = None if epochs == 9 else "others were better"
        done = replace(self.trials[number], status="completed", epochs=epochs, scores=(accuracy,), stopped=stopped)
        self.trials[number] = done
        self.rule.trainings.end(done)
        self.algorithm.tell(number, done.scores, epochs / 9)


def test_the_wrapped_algorithm_sees_a_continuation_as_one_more_trial():
    study = Study()
    for number, accuracy in enumerate((0.3, 0.5, 0.4), 1):
        assert study.ask().continues is None
        study.end(number, 1, accuracy)
    continued = study.ask()
    assert (continued.continues, continued.epochs, continued.memo) == (2, 9, {})
    assert encode_choices(study.space.choices, continued.choices) == study.trials[2].choices
    assert study.algorithm.still_needed() >= {1, 2, 3, 4}, "trial 2 may have to be continued again"
    study.end(4, 3, 0.6)
    assert study.inner.calls[-2:] == [("recall", 4, continued.choices, {}), ("tell", 4, (0.6,), 3 / 9)]
    assert study.ask().continues is None
    assert study.inner.calls[-1] == ("ask", 5)
    study.algorithm.recall(6, {"depth": 1}, {"own": 6})
    assert study.inner.calls[-1] == ("recall", 6, {"depth": 1}, {"own": 6})


@pytest.mark.parametrize(("most", "trials", "why"), [(2, None, "that was all"), (9, 2, "all 2 trials are done")])
def test_the_end_waits_for_running_trials(most, trials, why):
    study = Study(most, trials)
    study.ask(), study.ask()
    assert isinstance(study.ask(), Wait)
    study.end(1, 1, 0.3)
    assert isinstance(study.ask(), Wait), "the other may be better"
    study.end(2, 1, 0.5)
    assert study.ask().continues == 2
    assert isinstance(study.ask(), Wait)
    study.end(3, 9, 0.6)
    assert study.ask() == Exhausted(why)


def test_evolution_learns_from_both_scores():
    space, goals = StandIn(*chain()), (Goal("val_accuracy", "max"),)
    rule = Rule(Asha(), goals[0])
    inner = EvolutionAlgorithm(space, goals, population=4, sample=2, trials=9, seed=1, epochs=9)
    algorithm = AshaAlgorithm(inner, space, rule.trainings, factor=3, trials=9)
    found = algorithm.ask(1)
    algorithm.tell(1, (0.5,))
    algorithm.recall(2, found.choices, {})
    algorithm.tell(2, (0.7,))
    assert [losses for losses, _ in inner._alive] == [(-0.5,), (-0.7,)]


# ---- interruptions


@pytest.mark.parametrize("stopping", ["asha", "median(min_trials = 3)"])
def test_the_same_seed_gives_the_same_trials(stopping, tmp_path):
    for name in ("one", "two"):
        run(tmp_path / name, f"algorithm = random  stopping = {stopping}", workers=0 if name == "one" else 1)
    assert recorded(tmp_path / "one") == recorded(tmp_path / "two")


@pytest.mark.parametrize("committed", [False, True])
def test_killed_at_each_write(committed, tmp_path, monkeypatch):
    """Killed before or after the end of a journal write, again and again: it continues as it would have, with the same
    bars and the same promotions."""
    run(tmp_path / "undisturbed", trials=12)
    folder, before = tmp_path / "killed", Journal._transaction
    left = 0

    def transaction(self, work):
        nonlocal left

        def killed(connection):
            work(connection)
            if not left and not committed:
                raise Killed

        left -= 1
        before(self, killed)
        if not left:
            raise Killed

    monkeypatch.setattr(Journal, "_transaction", transaction)
    for kills in range(100):
        left = 3 + kills * 5 % 17  # a resumed trial reports its epochs once more
        try:
            run(folder, trials=12)
            break
        except Killed:
            pass
    assert kills >= 8
    assert recorded(folder) == recorded(tmp_path / "undisturbed")
    assert any(trial[6] is not None for trial in recorded(folder))


def test_several_workers(tmp_path, monkeypatch):
    """Bars are of the results known when a trial starts: nothing waits, and every decision is in the journal."""
    monkeypatch.setenv("EPOCH_SECONDS", "0.01")
    result = run(tmp_path / "study", trials=24, workers=2)
    trials = {trial.number: trial for trial in result.trials}
    assert sum(trial.continues is None for trial in result.trials) == 24
    for number, _, choices, _, epochs, _, continues, stops, stopped in recorded(tmp_path / "study"):
        for bar in stops:
            if bar.epoch < epochs:
                assert -score(choices, bar.epoch) < bar.bar
            elif bar.epoch == epochs:
                assert not -score(choices, epochs) < bar.bar
                assert stopped == f"after {epochs} of 9 epochs: {bar.reason}"
        if continues is not None:
            assert trials[number].choices == trials[continues].choices
            assert all(bar.epoch > trials[continues].epochs for bar in stops)
    assert result.best.epochs == 9


def test_another_rule_applies_to_the_next_trials(tmp_path):
    run(tmp_path / "study", "algorithm = random", trials=4)
    run(tmp_path / "study", ASHA, trials=8)
    run(tmp_path / "study", "algorithm = random  stopping = median(min_trials = 1)", trials=12)
    run(tmp_path / "study", "algorithm = random", trials=14)
    trials = recorded(tmp_path / "study")
    firsts = [trial for trial in trials if trial[6] is None]
    assert len(firsts) == 14
    assert [trial[8] for trial in firsts[:4]] == [None] * 4
    assert any("best third of" in str(trial[8]) for trial in firsts[4:8])
    assert all(trial[7] for trial in firsts[4:12])
    assert any("median of" in str(trial[8]) for trial in firsts[8:12])
    assert [(trial[7], trial[8]) for trial in firsts[12:]] == [((), None)] * 2


def test_an_edited_spec_keeps_its_stopped_trials(tmp_path):
    run(tmp_path / "study", trials=6)
    before = recorded(tmp_path / "study")
    result = run(tmp_path / "study", trials=9, spec=LONG.replace("any [4, 8, 16]", "any [4, 8, 16, 32]"))
    assert [trial.stopped for trial in result.trials[: len(before)]] == [trial[8] for trial in before]
    assert sum(trial.continues is None for trial in result.trials) == 9


def test_results_of_stopped_trials_are_not_reused(tmp_path):
    run(tmp_path / "before", trials=12)
    result = run(tmp_path / "now", "algorithm = random", trials=12, reuse=(tmp_path / "before",))
    for trial in result.trials:
        assert trial.scores == (score(trial.choices, 9),)
    assert 0 < sum(trial.origin == "reused" for trial in result.trials) < 12


def test_what_a_search_says(tmp_path, capsys):
    from sqsem_dsl.report.text.trials import summary, trials_table

    result = run(tmp_path / "study", trials=6, quiet=False)
    said = capsys.readouterr().err.splitlines()
    assert any(line.startswith("trial 1: val_accuracy ") and ", stopped at 1/9; best " in line for line in said)
    assert any(line.startswith("trial 4, continuing trial 2: ") and "stopped at 3/9" in line for line in said)
    table = trials_table(result.trials, result.goals)
    assert "  1/9  " in table
    assert "stopped after 1 of 9 epochs: " in table
    lines = summary(result.trials, result.goals, 1.0, result.ended, {}, tmp_path)
    assert "stopped early, 2 continuing one of them)" in lines
    rows = (tmp_path / "study" / "trials.csv").read_text()
    assert "stopped after 1 of 9 epochs: not among the best third of" in rows
    best = json.loads((tmp_path / "study" / "best.json").read_text())
    assert best.get("stopped") == result.best.stopped
    assert os.path.exists(tmp_path / "study" / "best.keras")
