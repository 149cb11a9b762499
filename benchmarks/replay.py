"""Searches of digits_table.sqs that look trainings up in digits_table.csv: by sqsem and by KerasTuner.

Both sides have the same costs: a trial of the epochs after `first` to `last` scores the best validation accuracy among
them in its architecture's training. (The learning rate has no schedule, so a short training is the start of a long
one.) A trial that continues another pays for the epochs that it adds.

The handwritten space is typical for KerasTuner: a loop over `hp.Int`, and names with the number of their block, each
requested where it is needed. KerasTuner learns a name when a model first requests it, and from then on samples it for
every trial, even if the model does not use it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import sqsem_dsl
from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.settings.search import Asha, SearchSettings
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal
from sqsem_dsl.study.algorithms.asha import AshaAlgorithm
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.stopping.rule import Rule

FOLDER = Path(__file__).resolve().parent
EPOCHS = 9
"""Of a full training."""
ITERATION = 75
"""Epochs of one iteration of hyperband with `max_epochs` 9 and `factor` 3: 23 trials in three brackets."""


@dataclass(frozen=True)
class Entry:
    """An architecture of the table."""

    number: int
    id: str
    params: int
    macs: int
    runs: tuple[tuple[float, ...], ...]
    """For each of its trainings, the validation accuracy after each epoch."""

    @cached_property
    def accuracy(self) -> tuple[float, ...]:
        """The mean of its trainings after each epoch."""
        return tuple(round(sum(epoch) / len(self.runs), 5) for epoch in zip(*self.runs, strict=True))


@dataclass(frozen=True)
class Step:
    """A trial of a search: the number of its architecture, and its epochs, those after `first` to `last`."""

    number: int
    first: int = 0
    last: int = EPOCHS


@dataclass(frozen=True)
class Table:
    space: sqsem_dsl.Space
    entries: tuple[Entry, ...]
    """By number."""

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """By the id of the architecture."""
        return {entry.id: entry.number for entry in self.entries}

    @cached_property
    def scores(self) -> tuple[float, ...]:
        """The score of a full training, by number."""
        return tuple(self.score(Step(entry.number)) for entry in self.entries)

    def score(self, step: Step) -> float:
        return max(self.entries[step.number].accuracy[step.first : step.last])


def read_table() -> Table:
    """The space and the results of its trainings."""
    with (FOLDER / "digits_table.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    trainings: dict[int, list[dict[str, str]]] = {}
    for line in lines:
        trainings.setdefault(int(line["number"]), []).append(line)
    entries = tuple(_entry(number, trainings[number]) for number in range(len(trainings)))
    return Table(sqsem_dsl.load(FOLDER / "digits_table.sqs"), entries)


def _entry(number: int, lines: list[dict[str, str]]) -> Entry:
    columns = [f"val_accuracy_{epoch}" for epoch in range(1, EPOCHS + 1)]
    runs = tuple(tuple(float(line[column]) for column in columns) for line in lines)
    return Entry(number, lines[0]["id"], int(lines[0]["params"]), int(lines[0]["macs"]), runs)


# ---- KerasTuner, with the handwritten space


def by_hand(hp: Any) -> dict[str, Any]:
    """The hyperparameters that a model function requests, and its model as an assignment of digits_table.sqs."""
    model: dict[str, Any] = {"blocks": hp.Int("blocks", 1, 3)}
    for i in range(model["blocks"]):
        kind = model[f"blocks[{i}].kind"] = hp.Choice(f"kind_{i}", ["conv", "fire"])
        if kind == "conv":
            model[f"blocks[{i}].kind.conv.filters"] = hp.Choice(f"filters_{i}", [4, 16])
            model[f"blocks[{i}].kind.conv.se"] = hp.Boolean(f"se_{i}")
        else:
            model[f"blocks[{i}].kind.fire.skip"] = "auto" if hp.Boolean(f"skip_{i}") else "none"
    model["pool"] = hp.Choice("pool", ["max", "avg"])
    return model


def keras_tuner_search(table: Table, algorithm: str, trainings: int, seed: int) -> list[Step]:
    """KerasTuner's `RandomSearch`, `BayesianOptimization` or `Hyperband` with their defaults, for as many trials;
    hyperband for as many iterations as that many full trainings pay for. A search that ends early stays short."""
    import keras_tuner

    steps: list[Step] = []

    class Lookup:
        """Replaces building and training in KerasTuner's class."""

        def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
            hp = trial.hyperparameters
            architecture = table.space.resolve(by_hand(hp))
            assert architecture is not None
            first, last = hp.values.get("tuner/initial_epoch", 0), hp.values.get("tuner/epochs", EPOCHS)
            steps.append(Step(table.numbers[architecture.id], first, last))
            return {"val_accuracy": table.score(steps[-1])}

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
        # KerasTuner treats a seed of 0 as none.
        tuner = make(hypermodel=by_hand, objective="val_accuracy", seed=seed + 1, directory=folder, **limits)
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


# ---- sqsem


def our_search(table: Table, algorithm: str, trainings: int, seed: int) -> list[Step]:
    """An algorithm as set by `search { algorithm = … }`, with its defaults, for as many trials; hyperband for as many
    iterations as that many full trainings pay for."""
    by_epochs = algorithm == "hyperband"
    settings = {"hyperband_iterations": trainings * EPOCHS // ITERATION} if by_epochs else {}
    asked = make_algorithm(
        table.space,
        SearchSettings.from_plain({"algorithm": {"name": algorithm, **settings}}),
        (Goal("val_accuracy", "max"),),
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
    goal = Goal("val_accuracy", "max")
    settings = SearchSettings.from_plain({"algorithm": {"name": algorithm}, "stopping": {"name": stopping}})
    rule = Rule(settings.stopping, goal)
    asked: Algorithm = make_algorithm(table.space, settings, (goal,), trials=trainings, epochs=None, seed=seed)
    if isinstance(settings.stopping, Asha):
        factor = settings.stopping.factor
        asked = AshaAlgorithm(asked, table.space, rule.trainings, factor=factor, trials=None)
    steps: list[Step] = []
    trials: dict[int, Trial] = {}
    while sum(step.last - step.first for step in steps) < trainings * EPOCHS:
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


def _trial(number: int, choices: Mapping[str, object], continues: int | None, stops: tuple[Bar, ...]) -> Trial:
    return Trial(number, choices, "", "", 0, 0, continues=continues, planned=EPOCHS, stops=stops)


def _until_stopped(table: Table, rule: Rule, trial: Trial, number: int, first: int) -> Step:
    """Reports the epochs of a trial, until a bar ends it."""
    bars = {bar.epoch: bar.bar for bar in trial.stops}
    for epoch in range(first + 1, EPOCHS + 1):
        accuracy = table.entries[number].accuracy[epoch - 1]
        rule.trainings.epoch(Epoch(trial.number, 0, epoch, {"val_accuracy": accuracy}, 1.0))
        if -table.score(Step(number, 0, epoch)) >= bars.get(epoch, inf):
            return Step(number, first, epoch)
    return Step(number, first, EPOCHS)


def _done(table: Table, trial: Trial, step: Step) -> Trial:
    score = table.score(Step(step.number, 0, step.last))
    stopped = None if step.last == EPOCHS else "others were better"
    return replace(trial, status="completed", epochs=step.last, scores=(score,), stopped=stopped)
