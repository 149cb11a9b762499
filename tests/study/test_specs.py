"""Real specs under KerasTuner's own tuners, and the search command from end to end."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import search
from sqsem_dsl.diagnostics.errors import SqsError

pytestmark = [pytest.mark.keras, pytest.mark.search]
kt = pytest.importorskip("keras_tuner")

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture(scope="module")
def digits():
    from sqsem_dsl.data.load import load_data

    space = sqs.load(SPECS / "digits.sqs")
    data = load_data("digits", space.inputs, space.outputs, 0)
    few = range(128)
    x, y = data.train.inputs["image"][few], data.train.labels["digit"][few]
    return space, x, y, (data.validation.inputs["image"], data.validation.labels["digit"])


@pytest.mark.parametrize("name", ["RandomSearch", "Hyperband", "BayesianOptimization"])
def test_keras_tuners_own_tuners_search_the_digits(name, digits, tmp_path):
    space, x, y, validation = digits
    # Hyperband with one epoch runs one trial, which is enough to check its arguments.
    limit = {"max_epochs": 1} if name == "Hyperband" else {"max_trials": 2}
    tuner = getattr(kt, name)(
        space.hypermodel(),
        objective="val_accuracy",
        directory=tmp_path,
        seed=1,
        **limit,
    )
    assert [hp.name for hp in tuner.oracle.get_space().space] == [choice.path for choice in space.choices]
    more = {} if name == "Hyperband" else {"epochs": 1}
    tuner.search(x, y, validation_data=validation, verbose=0, **more)
    for trial in tuner.oracle.trials.values():
        assert trial.status == "COMPLETED"
        architecture = tuner.hypermodel.architecture(trial.hyperparameters)
        assert space.is_feasible(architecture)
        active = {hp.name for hp in trial.hyperparameters.space if trial.hyperparameters.is_active(hp)}
        assert active == set(architecture.choices)


@pytest.mark.parametrize("tuner", ["theirs", "ours"])
def test_the_grid_of_the_toy_has_39_configurations(tuner, tmp_path):
    space = sqs.load(SPECS / "toy.sqs")
    if tuner == "ours":
        made = space.tuner(directory=tmp_path)
    else:
        made = kt.GridSearch(space.hypermodel(), objective="val_accuracy", directory=tmp_path)
    tried = []

    def run_trial(trial, *args, **kwargs):
        architecture = space.hypermodel().architecture(trial.hyperparameters)
        tried.append(frozenset(architecture.choices.items()))
        return {made.oracle.objective.name: float(len(tried))}

    made.run_trial = run_trial
    made.search(verbose=0)
    assert len(tried) == len(set(tried)) == 39


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.sqs")), ids=lambda path: path.stem)
def test_the_choices_of_every_spec_are_declared_and_active_exactly_when_they_exist(spec):
    from sqsem_dsl.study.kerastuner.hyperparameters import Declarations

    space = sqs.load(spec)
    items = Declarations.of(space.choices)
    hp = kt.HyperParameters()
    items.declare(hp)
    assert [h.name for h in hp.space] == [choice.path for choice in space.choices]
    wide = {choice.path for choice in space.choices if not choice.exact}
    for seed in range(3):
        architecture = space.sample_one(seed)
        hp.values = items.encode(architecture.choices)
        hp.ensure_active_values()
        active = {h.name for h in hp.space if hp.is_active(h)}
        assert active == set(hp.values)
        assert active - wide == set(architecture.choices) - wide
        assert space.resolve(items.decode(hp.values)).choices == architecture.choices


def command(*arguments):
    parser = argparse.ArgumentParser(prog="sqsem")
    search.add_parser(parser.add_subparsers())
    return parser.parse_args(["search", *map(str, arguments)])


def test_the_command_searches_and_prints_the_best(tmp_path, capsys):
    arguments = command(
        SPECS / "digits.sqs", "--data", "digits", "--trials", 2, "--epochs", 1, "--seed", 3, "-o", tmp_path / "out"
    )
    assert arguments.run(arguments) == 0
    shown = capsys.readouterr()
    head, _, first, *_ = shown.out.splitlines()
    assert head.split() == ["trial", "val_accuracy", "parameters", "MACs", "seconds"]
    assert "trial 2/2: val_accuracy" in shown.err
    assert f"its model, choices and all trials are in {tmp_path / 'out'}" in shown.out
    best = json.loads((tmp_path / "out" / "best.json").read_text())
    assert best["seed"] == 3
    assert best["trial"] == int(first.split()[0])
    assert best["params"] <= 30_000
    assert (tmp_path / "out" / "spec.sqs").read_text() == (SPECS / "digits.sqs").read_text()
    rows = list(csv.DictReader((tmp_path / "out" / "trials.csv").open()))
    assert [row["epochs"] for row in rows] == ["1", "1"]
    space = sqs.load(SPECS / "digits.sqs")
    assert space.resolve(best["choices"]).params == best["params"]


def test_wrong_data_are_refused_before_anything_is_trained(tmp_path):
    arguments = command(SPECS / "digits.sqs", "--data", "digitz", "-o", tmp_path / "out")
    with pytest.raises(SqsError) as caught:
        arguments.run(arguments)
    assert [d.code for d in caught.value.diagnostics] == ["SQS701"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [("--trials", "0"), ("--epochs", "x"), ("--seed", "-1")])
def test_wrong_numbers_are_usage_errors(wrong, capsys):
    with pytest.raises(SystemExit) as caught:
        command("x.sqs", "--data", "digits", *wrong)
    assert caught.value.code == 2
