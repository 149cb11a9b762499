"""Studies with a known truth, for tests of reports: random architectures of a spec's space with made-up scores, in a
journal as a search leaves it. Nothing is trained.

    python -m tests.fakes.made_study FOLDER SPEC TRIALS [--seed 0] [--baseline SPEC]
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from math import exp, log10
from pathlib import Path
from typing import Any

import numpy as np

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.api.study import load_study
from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.study.objective import Goal, goals_of
from sqsem_dsl.study.spec_snapshot import Sources

Choices = Mapping[str, Any]
Score = Callable[[Choices, np.random.Generator], float]
"""The score of a trial's choices, as plain data, by the first objective, with noise."""

BEGAN = 1_700_000_000.0
TRIES = 200
"""After so many samples without a new architecture, the space counts as exhausted."""


def made_study(
    folder: Path,
    spec_path: str | Path,
    trials: int,
    score: Score,
    *,
    seed: int = 0,
    epochs: int = 5,
    failed: int = 1,
    baseline: str | Path | None = None,
    trained_as: str | Path | None = None,
    **notes: Any,
) -> Study:
    """A study of as many completed trials, or as the space has, with `failed` failed ones among them.

    Each choice is sampled uniformly when it is reached, as in random search. `baseline` is a spec whose first
    architecture is a fixed network beside them; with `trained_as` all trials have the first training settings of that
    spec, as a baseline has; `notes` are facts of the journal that replace those that a search would write.
    """
    compilation = Compilation.from_file(Path(spec_path))
    space = compilation.space
    goals = goals_of(space.search_settings, space.default().train, space.outputs)
    generator = np.random.default_rng(seed)
    architectures = _sampled(space, trials + failed, seed)
    wrong = {3 + 7 * i for i in range(failed)} if len(architectures) > trials else set()
    made: list[Trial] = []
    fixed = None
    if baseline is not None:
        network = Compilation.from_file(Path(baseline)).space.default()
        training = space.default().train.model_dump_json()  # that of the space, as a search trains it
        running = replace(_started(1, network, {}, epochs), training=training)
        fixed = network.space, _completed(running, score({}, generator), goals, generator)
    for at, architecture in enumerate(architectures, 1):
        trial = _started(len(made) + 1, architecture, encode_choices(space.choices, architecture.choices), epochs)
        if trained_as is not None:
            settings = Compilation.from_file(Path(trained_as)).space.default().train
            trial = replace(trial, training=settings.model_dump_json())
        value = score(trial.choices, generator)
        made.append(_failed(trial) if at in wrong else _completed(trial, value, goals, generator))
    facts = {
        "space": space.name,
        "spec": Path(spec_path).read_text(encoding="utf-8"),
        "sources": Sources.of(compilation).to_plain(),
        "data": "made up: 700 training, 150 validation, 150 test samples",
        "fingerprint": "0123456789abcdef",
        "seed": seed,
        "executions": 1,
        "goals": [[goal.metric, goal.direction] for goal in goals],
        "algorithm": {"name": "random"},
        "keras": "3.15.1",
        "backend": "tensorflow",
        "created": BEGAN,
        "elapsed": sum(trial.seconds for trial in made),
        "ended": f"all {len(made)} trials are done",
        "limit": len(made),
        "skipped": 0,
        **notes,
    }
    _write(folder, facts, made, goals, generator)
    if fixed is not None:
        name, trial = fixed
        _write(folder / "baselines" / name, {**facts, "space": name, "sources": None}, [trial], goals, generator)
    return load_study(folder)


def _write(
    folder: Path,
    facts: Mapping[str, Any],
    trials: list[Trial],
    goals: tuple[Goal, ...],
    generator: np.random.Generator,
) -> None:
    """A journal of finished trials."""
    with closing(Journal.create(folder, facts)) as journal:
        for trial in trials:
            journal.begin(replace(trial, status="running", scores=(), metrics={}, seconds=0.0, ended=None))
            for epoch in _epochs(trial, goals, generator):
                journal.epoch(epoch)
            journal.update(trial, ends=True)


def _sampled(space: Space, count: int, seed: int) -> list[Architecture]:
    """Different assignments within rules and budgets."""
    tree = ChoiceTree(space.choices)
    position = random.Random(seed).random
    found: dict[tuple[Any, ...], Architecture] = {}
    tries = 0
    while len(found) < count and tries < TRIES:
        architecture = space.resolve(tree.draw(position))
        key = () if architecture is None else tuple(architecture.choices.items())
        tries += 1
        if architecture is not None and key not in found:
            found[key], tries = architecture, 0
    return list(found.values())


def _started(number: int, architecture: Architecture, choices: Choices, epochs: int) -> Trial:
    return Trial(
        number,
        choices=choices,
        architecture=architecture.id,
        training=architecture.train.model_dump_json(),
        params=architecture.params,
        macs=architecture.macs,
        planned=epochs,
        started=BEGAN + 60.0 * number,
        attempts=1,
        worker="local:1",
    )


def _completed(trial: Trial, score: float, goals: tuple[Goal, ...], generator: np.random.Generator) -> Trial:
    metrics = {**_reported(score, goals), "params": float(trial.params), "macs": float(trial.macs)}
    seconds = trial.planned * _seconds(trial) * float(generator.uniform(0.9, 1.2))
    return replace(
        trial,
        status="completed",
        epochs=trial.planned,
        metrics=metrics,
        scores=tuple(metrics[goal.metric] for goal in goals),
        seconds=seconds,
        ended=trial.started + seconds,
    )


def _failed(trial: Trial) -> Trial:
    reason = "the loss was not a finite number in any epoch"
    return replace(trial, status="failed", error="diverged", reason=reason, seconds=1.5, ended=trial.started + 1.5)


def _reported(score: float, goals: tuple[Goal, ...]) -> dict[str, float]:
    """The metrics that training would report with the first objective that it changes at `score`."""
    metric = next(goal.metric for goal in goals if goal.metric not in COUNTS)
    share = min(max(score, 0.02), 0.98)
    return {"loss": 2.0 - 1.8 * share, "accuracy": share, "val_loss": 2.1 - 1.7 * share, "val_accuracy": share} | {
        metric: score
    }


def _epochs(trial: Trial, goals: tuple[Goal, ...], generator: np.random.Generator) -> list[Epoch]:
    """A learning curve that ends at the trial's score, its best."""
    if trial.status == "failed":
        return [Epoch(trial.number, 0, 1, {"loss": float("nan")}, 1.4)]
    metric = next(goal.metric for goal in goals if goal.metric not in COUNTS)
    last, best = trial.metrics[metric], next(goal for goal in goals if goal.metric == metric).direction
    first = last - 0.4 if best == "max" else last + 1.0
    rate = 4.0 / trial.planned
    curve = []
    for epoch in range(1, trial.planned + 1):
        left = (exp(-rate * epoch) - exp(-rate * trial.planned)) * float(generator.uniform(0.8, 1.2))
        metrics = _reported(last - (last - first) * left, goals)
        curve.append(Epoch(trial.number, 0, epoch, metrics, trial.seconds / trial.planned))
    return curve


def _seconds(trial: Trial) -> float:
    """For an epoch."""
    return 0.5 + trial.macs / 1e9


# ---- a truth that fits most spaces

BASE, NOISE = 0.55, 0.02


def plausible(choices: Choices, generator: np.random.Generator) -> float:
    """An accuracy: blocks, inserted blocks and a second input help; the first two of an index interact."""
    return truth(choices) + float(generator.normal(0.0, NOISE))


def truth(choices: Choices) -> float:
    """The accuracy of `plausible` without its noise."""
    value = BASE
    for path, chosen in choices.items():
        last = path.rpartition(".")[2]
        if path == "use_depth":
            value += 0.08 * chosen
        elif path.startswith("use_") and isinstance(chosen, bool):
            value += 0.03 * chosen
        elif last in ("se", "first", "second") and chosen in (True, "se"):
            value += 0.03 if "[0]" in path else 0.01
        elif last in ("fires", "pooled", "flat"):
            value += 0.03 * chosen
        elif chosen in ("auto", "identity"):
            value += 0.01
        elif last == "learning_rate":
            value -= 0.02 * abs(log10(chosen) + 3.0)
        elif last == "optimizer":
            value -= 0.05 * (chosen == "sgd")
    both = choices.get("use_depth") and choices.get("use_landmarks")
    return value + 0.04 * bool(both)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.made_study", description="a study of made-up scores")
    parser.add_argument("folder", type=Path)
    parser.add_argument("spec", type=Path)
    parser.add_argument("trials", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--algorithm", default="random")
    given = parser.parse_args()
    study = made_study(
        given.folder,
        given.spec,
        given.trials,
        plausible,
        seed=given.seed,
        epochs=12,
        failed=2,
        baseline=given.baseline,
        algorithm={"name": given.algorithm},
    )
    print(study)


if __name__ == "__main__":
    main()
