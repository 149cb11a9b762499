"""The hypermodel under KerasTuner's own tuners, and the tuner of a space."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from sqsem_dsl import loads
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import Choice, Continuous
from sqsem_dsl.ir.path import Path
from tests.fakes.algorithm_names import parameters
from tests.fakes.standin import StandIn, chain, choice, data, dataset

pytestmark = pytest.mark.keras
kt = pytest.importorskip("keras_tuner")
import keras  # noqa: E402

from sqsem_dsl.study.kerastuner import hypermodel as hypermodel_module  # noqa: E402
from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel  # noqa: E402
from sqsem_dsl.study.kerastuner.tuner import make_tuner  # noqa: E402

TRAINED = (
    *chain(2, (4, 8)),
    choice("train.batch_size", 16, 32),
    choice("train.learning_rate", Fraction(1, 100), Fraction(1, 10)),
    Choice(Path.parse("train.label_smoothing"), "any", Continuous(Fraction(0), Fraction(1, 5)), "train"),
)
(X, Y), VALIDATION = data(), data(48, 1)


def ours(space, folder, **more):
    tuner = make_tuner(space, directory=folder, **more)
    tuner.search(dataset(), verbose=0)
    return tuner


@pytest.mark.parametrize("name", ["RandomSearch", "Hyperband", "BayesianOptimization", "GridSearch"])
@pytest.mark.parametrize("labels", ["integer", "onehot"])
def test_every_tuner_of_keras_tuner_searches_the_hypermodel(name, labels, tmp_path):
    if labels == "onehot" and name != "RandomSearch":
        pytest.skip("one tuner is enough for the labels")
    limit = {"max_epochs": 3} if name == "Hyperband" else {"max_trials": 3}
    space = StandIn(*TRAINED)
    tuner = getattr(kt, name)(
        space_hypermodel := SpaceHyperModel(space), objective="val_accuracy", directory=tmp_path, seed=1, **limit
    )
    assert [hp.name for hp in tuner.oracle.get_space().space] == [c.path for c in space.choices]
    y, valid = (Y, VALIDATION[1]) if labels == "integer" else (np.eye(3)[Y], np.eye(3)[VALIDATION[1]])
    tuner.search(X, y, validation_data=(VALIDATION[0], valid), verbose=0)
    done = [t for t in tuner.oracle.trials.values() if t.status == "COMPLETED"]
    assert len(done) == len(tuner.oracle.trials) >= 3
    model = tuner.get_best_models()[0]
    assert model.predict(X[:2], verbose=0).shape == (2, 3)
    assert space_hypermodel.architecture(tuner.get_best_hyperparameters()[0]) is not None


def test_grid_search_of_keras_tuner_runs_each_of_39_configurations_once(tmp_path):
    space = StandIn(*chain())
    tuner = kt.GridSearch(SpaceHyperModel(space), objective="val_accuracy", directory=tmp_path)
    # The training does not matter here, only that all trials differ.
    tuner.run_trial = lambda trial, *args, **kwargs: {"val_accuracy": 0.5}
    tuner.search(X, Y, verbose=0)
    tried = [json.dumps(t.hyperparameters.values, sort_keys=True) for t in tuner.oracle.trials.values()]
    assert len(tried) == len(set(tried)) == 39


def test_no_model_is_built_before_the_first_trial(tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(hypermodel_module, "build_model", lambda architecture, scales: built.append(architecture))
    tuner = make_tuner(StandIn(*TRAINED), directory=tmp_path)
    assert built == []
    assert [hp.name for hp in tuner.oracle.get_space().space] == [c.path for c in TRAINED]


def test_stopping_of_the_spec_is_not_for_a_tuner(tmp_path):
    with pytest.warns(UserWarning, match=r"`stopping = asha` applies to `sqsem search` only"):
        make_tuner(StandIn(*TRAINED, stopping="asha"), directory=tmp_path)


@pytest.mark.parametrize("name", ["RandomSearch", "BayesianOptimization", "Hyperband", "GridSearch"])
def test_what_breaks_a_rule_is_exchanged_before_a_model_is_built(name, tmp_path, monkeypatch):
    def rule(choices):
        return sum(v for p, v in choices.items() if p != "depth") <= 32 and choices["depth"] != 1

    space = StandIn(*chain(), rule=rule)
    allowed = [values for values in space.tree.every() if rule(values)]
    limit = {"max_epochs": 9} if name == "Hyperband" else {"max_trials": 12} if name != "GridSearch" else {}
    hypermodel = SpaceHyperModel(space)
    tuner = getattr(kt, name)(hypermodel, objective="val_accuracy", directory=tmp_path, seed=1, **limit)

    def run_trial(trial, *args, **kwargs):
        hypermodel.build(trial.hyperparameters)
        return {"val_accuracy": len(tuner.oracle.trials) / 100}

    tuner.run_trial = run_trial
    monkeypatch.setattr("sqsem_dsl.backends.keras.training.prepare", lambda model, *args, **kwargs: model.compile())
    tuner.search(X, Y, verbose=0)
    trials = tuner.oracle.trials.values()
    done = [t.hyperparameters.values for t in trials if t.status == "COMPLETED"]
    tried = [{k: v for k, v in values.items() if "/" not in k} for values in done]
    failed = len(trials) - len(done)
    assert all(values in allowed for values in tried)
    if name == "GridSearch":
        # KerasTuner looks for the successor of the first trial twice; at the end no allowed one is left.
        assert {str(values) for values in tried} == {str(values) for values in allowed}
        assert len(tried) - len(allowed) <= 1
        assert failed <= 1
    else:
        assert failed == 0


def test_a_space_in_which_nothing_is_allowed_is_said():
    hypermodel = SpaceHyperModel(StandIn(*chain(), rule=lambda choices: False))
    with pytest.raises(kt.errors.FailedTrialError, match="break a rule or a budget"):
        hypermodel.build(kt.HyperParameters())


def test_settings_of_the_call_come_before_the_choices(tmp_path):
    space = StandIn(*chain(1), train={"epochs": 5, "batch_size": 32, "schedule": {"name": "cosine"}})
    hypermodel = SpaceHyperModel(space)
    hp = kt.HyperParameters()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, X, Y, validation_data=VALIDATION, epochs=2, batch_size=48, verbose=0)
    assert history.epoch == [0, 1]
    assert int(model.optimizer.iterations) == 2 * 2
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-6)
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, x=X, y=Y, validation_split=0.25, verbose=0)
    assert history.epoch == [0, 1, 2, 3, 4]
    assert int(model.optimizer.iterations) == 5 * 3


def test_a_callers_early_stopping_replaces_that_of_the_spec():
    stopping = {"name": "patience", "epochs": 1, "monitor": "val_accuracy", "min_delta": 1.0}
    space = StandIn(*chain(1), train={"epochs": 4, "early_stopping": stopping})
    hypermodel, hp = SpaceHyperModel(space), kt.HyperParameters()
    short = hypermodel.fit(hp, hypermodel.build(hp), X, Y, validation_data=VALIDATION, verbose=0)
    own = keras.callbacks.EarlyStopping(patience=10)
    long = hypermodel.fit(hp, hypermodel.build(hp), X, Y, validation_data=VALIDATION, callbacks=[own], verbose=0)
    assert (len(short.epoch), len(long.epoch)) == (2, 4)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:, :7], Y, "the samples of `x` have the shape [7], but [8] is expected"),
        (X, Y + 1, "a class number from 0 to 2 is expected"),
        (X[:-1], Y, "differ in their number of samples"),
        ({"z": X}, Y, "`training data` has no array for the input `x`"),
    ],
)
def test_data_that_do_not_fit_end_the_search_with_what_was_expected(x, y, message, tmp_path):
    tuner = kt.RandomSearch(SpaceHyperModel(StandIn(*chain(1))), objective="val_accuracy", directory=tmp_path)
    with pytest.raises(kt.errors.FatalValueError) as caught:
        tuner.search(x, y, validation_data=VALIDATION, verbose=0)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "algorithm", parameters("random", "grid", "bayesian", "hyperband", "evolution", "tpe", "nsga2")
)
def test_the_tuner_of_the_space_runs_the_algorithm_that_search_names(algorithm, tmp_path):
    space = StandIn(*TRAINED, train={"epochs": 3}, algorithm={"name": algorithm}, trials=4, seed=2)
    tuner = ours(space, tmp_path)
    assert [o.status for o in tuner.outcomes] == ["completed"] * 4
    assert [o.number for o in tuner.outcomes] == [1, 2, 3, 4]
    scores = sorted((o.score for o in tuner.outcomes), reverse=True)
    assert [t.score for t in tuner.oracle.get_best_trials(9)] == scores
    model = tuner.get_best_models()[0]
    labels = model.predict(VALIDATION[0], verbose=0).argmax(axis=1)
    assert np.mean(labels == VALIDATION[1]) == pytest.approx(scores[0])


def test_hyperband_continues_from_the_weights_of_the_promoted_trial(tmp_path):
    space = StandIn(*chain(2), train={"epochs": 3}, algorithm={"name": "hyperband", "factor": 3}, trials=7, seed=1)
    tuner = ours(space, tmp_path)
    promoted = [t for t in tuner.oracle.trials.values() if "tuner/trial_id" in t.hyperparameters.values]
    assert promoted
    by_number = {o.number: o for o in tuner.outcomes}
    for trial in promoted:
        before = by_number[int(trial.hyperparameters.values["tuner/trial_id"]) + 1]
        after = by_number[int(trial.trial_id) + 1]
        assert (before.epochs, after.epochs) == (1, 3)
        assert after.choices == before.choices
        assert after.metrics["val_loss"] < before.metrics["val_loss"]


def test_the_same_seed_gives_the_same_trials_and_scores(tmp_path):
    space = StandIn(*TRAINED, trials=3, seed=4)
    first, second, other = (
        [(o.choices, o.metrics) for o in ours(space, tmp_path / name, seed=seed).outcomes]
        for name, seed in (("a", None), ("b", 4), ("c", 5))
    )
    assert first == second
    assert first != other


@pytest.mark.parametrize("failure", ["raises", "nan"])
def test_a_failed_trial_is_recorded_and_the_search_continues(failure, tmp_path, monkeypatch):
    build = hypermodel_module.build_model

    def broken(architecture, scales=None):
        model = build(architecture, scales=scales)
        if architecture.choices["depth"] == 1:
            if failure == "raises":
                raise RuntimeError("out of\nmemory")
            last = [layer for layer in model.layers if layer.weights][-1]
            last.set_weights([np.full((architecture.widths[0], 3), math.nan), np.zeros(3)])
        return model

    monkeypatch.setattr(hypermodel_module, "build_model", broken)
    tuner = ours(StandIn(*chain(2, (4, 8)), algorithm={"name": "grid"}), tmp_path)
    assert len(tuner.outcomes) == 6
    failed = [o for o in tuner.outcomes if o.status == "failed"]
    assert [o.choices["depth"] for o in failed] == [1, 1]
    expected = "RuntimeError: out of" if failure == "raises" else "the loss was not a finite number"
    assert all(o.reason.startswith(expected) for o in failed)
    assert len(tuner.get_best_hyperparameters(9)) == 4
    assert all(hp["depth"] == 2 for hp in tuner.get_best_hyperparameters(9))


def test_a_search_in_which_all_trials_fail_ends_with_the_reasons(tmp_path, monkeypatch, capsys):
    def broken(architecture, scales=None):
        raise RuntimeError("Graph execution error:\n\nindices[1,0] = 142 is not in [0, 100)")

    monkeypatch.setattr(hypermodel_module, "build_model", broken)
    tuner = make_tuner(StandIn(*chain(1), trials=2), directory=tmp_path)
    with pytest.raises(SqsError) as caught:
        tuner.search(dataset(), verbose=1)
    reason = "RuntimeError: indices[1,0] = 142 is not in [0, 100)"
    (found,) = caught.value.diagnostics
    assert found.code == "SQS754"
    assert found.failures == ((1, reason), (2, reason))
    printed = capsys.readouterr().out
    assert "Complete" not in printed
    assert printed.count(f": {reason}") == 2
    message = tuner.oracle.trials["0"].message
    assert message.startswith(f"{reason}\n\nTraceback")
    again = make_tuner(StandIn(*chain(1), trials=2), directory=tmp_path)
    with pytest.raises(SqsError, match="all 2 trials failed"):
        again.search(dataset(), verbose=0)


def test_a_search_without_any_trial_says_why(tmp_path):
    tuner = make_tuner(StandIn(*chain(1), rule=lambda choices: False), directory=tmp_path)
    with pytest.raises(SqsError, match="no trial was started"):
        tuner.search(dataset(), verbose=0)


def test_executions_are_averaged(tmp_path):
    space = StandIn(*chain(1), algorithm={"name": "grid"}, trials=1, executions=3)
    tuner = ours(space, tmp_path)
    assert len(tuner.outcomes) == 1
    assert tuner.outcomes[0].metrics["val_accuracy"] == pytest.approx(tuner.outcomes[0].score)


def test_an_objective_may_be_a_count(tmp_path):
    objective = {"name": "minimize", "metric": "params"}
    tuner = ours(StandIn(*chain(1), algorithm={"name": "grid"}, objective=objective), tmp_path)
    best = tuner.oracle.get_best_trials(1)[0]
    assert best.hyperparameters.values["w[0]"] == 8
    assert best.score == 8 * 8 + 8 + 8 * 3 + 3


@pytest.mark.parametrize(
    ("objective", "code"),
    [
        ({"name": "maximize", "metric": "val_acuracy"}, "SQS751"),
        ([{"name": "maximize", "metric": "val_accuracy"}, {"name": "minimize", "metric": "params"}], "SQS752"),
    ],
)
def test_objectives_that_cannot_be_are_refused_before_anything_is_trained(objective, code, tmp_path):
    with pytest.raises(SqsError) as caught:
        make_tuner(StandIn(*chain(1), objective=objective), directory=tmp_path)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_a_space_without_choices_is_trained_once(tmp_path):
    space = StandIn(algorithm={"name": "hyperband"}, train={"epochs": 2})
    tuner = ours(space, tmp_path)
    assert [o.epochs for o in tuner.outcomes] == [2]


def test_only_the_weights_of_the_best_trials_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("sqsem_dsl.study.kerastuner.tuner.KEPT", 2)
    tuner = ours(StandIn(*chain(1), algorithm={"name": "grid"}), tmp_path)
    assert len(list(tmp_path.rglob("*.weights.h5"))) == 2
    assert len(tuner.get_best_models(2)) == 2
    with pytest.raises(FileNotFoundError, match="not among the best 2"):
        tuner.get_best_models(3)


def test_data_sets_that_keras_reads_itself_go_to_it_as_they_are():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            part = slice(32 * index, 32 * index + 32)
            return {"x": X[part]}, Y[part]

    hypermodel, hp = SpaceHyperModel(StandIn(*chain(1), train={"epochs": 2})), kt.HyperParameters()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, Batches(), validation_data=({"x": VALIDATION[0]}, VALIDATION[1]), verbose=0)
    assert len(history.history["val_accuracy"]) == 2


def test_without_validation_data_the_search_ends_and_says_so(tmp_path):
    tuner = make_tuner(StandIn(*chain(1)), directory=tmp_path)
    with pytest.raises(kt.errors.FatalValueError, match="give `validation_data`"):
        tuner.search(X, Y, verbose=0)


def test_hyperband_shares_out_the_longest_training_of_a_searched_number_of_epochs(tmp_path):
    space = StandIn(*chain(1), choice("train.epochs", 2, 6, 4), algorithm={"name": "hyperband"})
    assert make_tuner(space, directory=tmp_path).hypermodel.epochs == 6
    assert make_tuner(space, directory=tmp_path, epochs=3, overwrite=True).hypermodel.epochs == 3


def test_sequences_of_different_lengths(tmp_path):
    text = "input x: [12, 2] padded  output y = x -> conv(any [3, 4], 3) -> gmp -> dense(2) -> softmax"
    spec = loads(f"space s {{ {text} train {{ epochs = 1 }} search {{ algorithm = grid  trials = 1 }} }}")
    x = [np.full((1 + n % 12, 2), n % 2, np.float32) for n in range(40)]
    y = np.arange(40) % 2
    scores = []
    for number, (given, more) in enumerate(
        [
            (x, {"validation_data": (x, y)}),
            ({"x": x}, {"validation_data": ({"x": x}, y)}),
            (x, {"validation_split": 0.5}),
        ]
    ):
        tuner = spec.tuner(directory=tmp_path / str(number))
        tuner.search(given, y, verbose=0, **more)
        scores += [outcome.score for outcome in tuner.outcomes]
    assert len(scores) == 3
    assert scores[0] == scores[1]
    wrong = [*x[:-1], np.zeros((13, 2))]
    with pytest.raises(Exception, match=r"SQS920(.|\n)*`x` of `training data` has 13 places in sample 39"):
        spec.tuner(directory=tmp_path / "wrong").search(wrong, y, validation_data=(x, y), verbose=0)
