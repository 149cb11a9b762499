"""Searches that look trainings up in the table of a task: by sqsem, by KerasTuner and by Optuna.

All sides have the same costs: a trial of the epochs after `first` to `last` has the best score among them in its
architecture's training. (The learning rate has no schedule, so a short training is the start of a long one.) A trial
that continues another pays for the epochs that it adds, and a trial that is stopped for those until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from math import inf
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tasks import EPOCHS, Step, Table

from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.settings.search import Asha, SearchSettings
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal
from sqsem_dsl.study.algorithms.asha import AshaAlgorithm
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.stopping.rule import Rule

ITERATION = 75
"""Epochs of one iteration of hyperband with `max_epochs` 9 and `factor` 3: 23 trials in three brackets."""
APART = 100_000
"""Between the seeds of KerasTuner's searches. It adds 1 to its seed for each value that it samples, so a search with
the next seed would sample the same values again, one later. A search samples a few thousand."""


# ---- KerasTuner, with the handwritten space


def keras_tuner_search(table: Table, algorithm: str, trainings: int, seed: int) -> list[Step]:
    """KerasTuner's `RandomSearch`, `BayesianOptimization` or `Hyperband` with their defaults, for as many trials;
    hyperband for as many iterations as that many full trainings pay for. A search that ends early stays short."""
    import keras_tuner

    goal = table.task.goal
    steps: list[Step] = []

    class Lookup:
        """Replaces building and training in KerasTuner's class."""

        def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
            hp = trial.hyperparameters
            number = table.number_by_hand(hp)
            first, last = hp.values.get("tuner/initial_epoch", 0), hp.values.get("tuner/epochs", EPOCHS)
            steps.append(Step(number, first, last))
            return {goal.metric: table.score(steps[-1])}

    tuners: dict[str, tuple[type, dict[str, int]]] = {
        "random": (keras_tuner.RandomSearch, {"max_trials": trainings}),
        "bayesian": (keras_tuner.BayesianOptimization, {"max_trials": trainings}),
        "hyperband": (
            keras_tuner.Hyperband,
            {"max_epochs": EPOCHS, "factor": 3, "hyperband_iterations": trainings * EPOCHS // ITERATION},
        ),
    }
    base, limits = tuners[algorithm]
    make: Callable[..., Any] = type("Tuner", (Lookup, base), {})
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()), unchecked_predictions():
        objective = keras_tuner.Objective(goal.metric, goal.direction)
        start = APART * seed + 1  # KerasTuner treats a seed of 0 as none.
        tuner = make(hypermodel=table.task.by_hand, objective=objective, seed=start, directory=folder, **limits)
        tuner.search(verbose=0)
    return steps


@contextmanager
def unchecked_predictions() -> Iterator[None]:
    """Within it, scikit-learn's Gaussian process does not validate its input. KerasTuner requests 28,000 predictions of
    one point each per trial, and two thirds of their time is validation; no number changes."""
    from sklearn.gaussian_process import _gpr

    def unchecked(_: Any, x: Any, y: Any = None, **__: Any) -> Any:
        return x if y is None else (x, y)

    with patch.object(_gpr, "validate_data", unchecked):
        yield


# ---- Optuna, with the handwritten space


@dataclass(frozen=True)
class Suggest:
    """The hyperparameters of KerasTuner as Optuna's users write them."""

    trial: Any

    def Int(self, name: str, low: int, high: int) -> Any:  # noqa: N802
        return self.trial.suggest_int(name, low, high)

    def Choice(self, name: str, values: Sequence[Any]) -> Any:  # noqa: N802
        return self.trial.suggest_categorical(name, values)

    def Boolean(self, name: str) -> Any:  # noqa: N802
        return self.trial.suggest_categorical(name, [False, True])


def optuna_search(table: Table, trainings: int, seed: int) -> list[Step]:
    """Optuna's `TPESampler` with its `MedianPruner`, both with their defaults, until as many epochs are paid for as so
    many full trainings take. The objective reports each epoch and ends where it is pruned."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    steps: list[Step] = []

    def objective(trial: Any) -> float:
        number = table.number_by_hand(Suggest(trial))
        for epoch, value in enumerate(table.entries[number].curve):
            trial.report(value, epoch)
            if trial.should_prune():
                steps.append(Step(number, 0, epoch + 1))
                raise optuna.TrialPruned
        steps.append(Step(number))
        return table.score(steps[-1])

    def end(study: Any, _: Any) -> None:
        if _paid(steps) >= trainings * EPOCHS:
            study.stop()

    study = optuna.create_study(
        direction="minimize" if table.task.goal.direction == "min" else "maximize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(),
    )
    study.optimize(objective, callbacks=[end])
    return steps


# ---- sqsem


def our_search(table: Table, algorithm: str, trainings: int, seed: int) -> list[Step]:
    """An algorithm as set by `search { algorithm = … }`, with its defaults, for as many trials; hyperband for as many
    iterations as that many full trainings pay for."""
    by_epochs = algorithm == "hyperband"
    settings = {"hyperband_iterations": trainings * EPOCHS // ITERATION} if by_epochs else {}
    asked = make_algorithm(
        table.space,
        SearchSettings.from_plain({"algorithm": {"name": algorithm, **settings}}),
        (table.task.goal,),
        trials=None if by_epochs else trainings,
        epochs=None,
        seed=seed,
    )
    steps: list[Step] = []
    while by_epochs or len(steps) < trainings:
        number = len(steps) + 1
        match asked.ask(number):
            case Proposal(architecture=architecture, epochs=last, continues=earlier):
                first = steps[earlier - 1].last if earlier is not None else 0
                steps.append(Step(table.numbers[architecture.id], first, last))
                asked.tell(number, (table.score(steps[-1]),))
            case Exhausted():
                break
            case waits:
                raise AssertionError(f"{waits}, where no trial runs")
    return steps


def stopping_search(table: Table, algorithm: str, stopping: str, trainings: int, seed: int) -> list[Step]:
    """An algorithm with `stopping`, until as many epochs are paid for as so many full trainings take. A trial that is
    stopped pays for the epochs until then; a continuation pays for those that it adds."""
    goal = table.task.goal
    settings = SearchSettings.from_plain({"algorithm": {"name": algorithm}, "stopping": {"name": stopping}})
    rule = Rule(settings.stopping, goal)
    asked: Algorithm = make_algorithm(table.space, settings, (goal,), trials=trainings, epochs=None, seed=seed)
    if isinstance(settings.stopping, Asha):
        factor = settings.stopping.factor
        asked = AshaAlgorithm(asked, table.space, rule.trainings, factor=factor, trials=None)
    steps: list[Step] = []
    trials: dict[int, Trial] = {}
    while _paid(steps) < trainings * EPOCHS:
        number = len(steps) + 1
        match asked.ask(number):
            case Proposal(choices=choices, architecture=architecture, continues=earlier):
                first = steps[earlier - 1].last if earlier is not None else 0
                trial = _trial(number, encode_choices(table.space.choices, choices), earlier, rule.bars(EPOCHS, first))
                rule.trainings.begin(trial)
                steps.append(_until_stopped(table, rule, trial, table.numbers[architecture.id], first))
                trials[number] = done = _done(table, trial, steps[-1])
                rule.trainings.end(done)
                asked.tell(number, done.scores, done.share)
            case Exhausted():
                break
            case waits:
                raise AssertionError(f"{waits}, where no trial runs")
    return steps


def _paid(steps: Sequence[Step]) -> int:
    """The epochs of these trials."""
    return sum(step.last - step.first for step in steps)


def _trial(number: int, choices: Mapping[str, object], continues: int | None, stops: tuple[Bar, ...]) -> Trial:
    return Trial(number, choices, "", "", 0, 0, continues=continues, planned=EPOCHS, stops=stops)


def _until_stopped(table: Table, rule: Rule, trial: Trial, number: int, first: int) -> Step:
    """Reports the epochs of a trial, until a bar ends it."""
    goal = table.task.goal
    bars = {bar.epoch: bar.bar for bar in trial.stops}
    for epoch in range(first + 1, EPOCHS + 1):
        value = table.entries[number].curve[epoch - 1]
        rule.trainings.epoch(Epoch(trial.number, 0, epoch, {goal.metric: value}, 1.0))
        if goal.sign * table.score(Step(number, 0, epoch)) >= bars.get(epoch, inf):
            return Step(number, first, epoch)
    return Step(number, first, EPOCHS)


def _done(table: Table, trial: Trial, step: Step) -> Trial:
    score = table.score(Step(step.number, 0, step.last))
    stopped = None if step.last == EPOCHS else "others were better"
    return replace(trial, status="completed", epochs=step.last, scores=(score,), stopped=stopped)
