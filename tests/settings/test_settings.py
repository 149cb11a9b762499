"""Settings: tables for names, checks of plain values, models of whole sections."""

from __future__ import annotations

import json

import pytest

from sqsem_dsl.settings.optimizers import Cosine, Sgd
from sqsem_dsl.settings.options import Crop, Dice, Flip, Patience
from sqsem_dsl.settings.search import Hyperband, Maximize, Minimize
from sqsem_dsl.settings.sections import (
    SECTIONS,
    MetaSettings,
    Plain,
    SearchSettings,
    TrainSettings,
    check_section,
    check_setting,
)

RIGHT: list[tuple[str, str, Plain]] = [
    ("train", "optimizer", "sgd"),
    ("train", "optimizer", {"name": "sgd", "momentum": 0.9, "nesterov": True}),
    ("train", "optimizer", {"name": "sgd", "momentum": 0}),
    ("train", "learning_rate", 0.1),
    ("train", "learning_rate", 1),
    ("train", "schedule", {"name": "piecewise", "epochs": [2, 5], "factors": [0.1, 0.01]}),
    ("train", "loss", "mse"),
    ("train", "loss.mask", {"name": "dice"}),
    ("train", "metrics", ["accuracy", {"name": "top_k", "k": 3}]),
    ("train", "early_stopping", {"name": "patience", "epochs": 3, "monitor": "val_accuracy"}),
    ("train", "augment", ["flip", {"name": "crop", "pixels": 4}, "flip"]),
    ("train", "augment", []),
    ("train", "precision", "mixed_bfloat16"),
    ("train", "class_weights.label", "balanced"),
    ("train", "class_weights", {"name": "given", "weights": {"0": 1, "1": 12.5}}),
    ("train", "class_weights", {"name": "given", "weights": {"ill": 12.5}}),
    ("search", "algorithm", {"name": "hyperband", "factor": 3}),
    ("search", "objective", {"name": "maximize", "metric": "val_accuracy"}),
    ("search", "objective", [{"name": "maximize", "metric": "val_accuracy"}, {"name": "minimize", "metric": "params"}]),
    ("search", "stopping", "none"),
    ("search", "stopping", "median"),
    ("search", "stopping", {"name": "median", "min_epochs": 3, "min_trials": 1}),
    ("search", "stopping", {"name": "asha", "factor": 2, "min_epochs": 4}),
    ("search", "hours", 2),
    ("search", "target", 0.95),
    ("search", "target", -3),
    ("search", "trial_minutes", 0.5),
    ("search", "algorithm", {"name": "tpe", "n_startup_trials": 5}),
    ("search", "algorithm", {"name": "nsga2", "population_size": 20, "mutation_prob": 0.1}),
    ("meta", "title", "A title"),
    ("meta", "authors", ["A. One", "B. Two"]),
    ("meta", "anything", 3),
]

WRONG: list[tuple[str, str, Plain, tuple[str | int, ...], str, str | None]] = [
    ("train", "optimizer", "adm", (), "unknown value `adm` of `optimizer`", "similar name exists: `adam`"),
    ("train", "optimizer", "xyz", (), "unknown value `xyz` of `optimizer`", "is one of `sgd`, `rmsprop`"),
    ("train", "optimizer", ["sgd"], (), "expects one value, not a list of 1", "is one of `sgd`"),
    ("train", "optimizer", 3, (), "`optimizer` expects one of its options, not 3", "is one of `sgd`"),
    (
        "train",
        "optimizer",
        {"name": "sgd", "momentum": 1.2},
        ("momentum",),
        "`momentum` of `sgd` is 1.2, but must be below 1",
        None,
    ),
    (
        "train",
        "optimizer",
        {"name": "sgd", "nesterov": 3},
        ("nesterov",),
        "expects `true` or `false`, not 3",
        "`true`, `false`",
    ),
    ("train", "optimizer", {"name": "adam", "beta_1": True}, ("beta_1",), "expects a number, not true", None),
    ("train", "learning_rate", 0, (), "`learning_rate` is 0, but must be above 0", None),
    ("train", "learning_rate", "fast", (), "`learning_rate` expects a number, not `fast`", None),
    ("train", "learning_rate", float("inf"), (), "must be finite", None),
    ("train", "epochs", 2.5, (), "`epochs` expects a whole number, not 2.5", None),
    ("train", "epochs", 0, (), "`epochs` is 0, but must be at least 1", None),
    ("train", "label_smoothing", 1, (), "`label_smoothing` is 1, but must be below 1", None),
    ("train", "precision", "float23", (), "not `float23`", "similar name exists: `float32`"),
    ("train", "precision", "int8", (), "not `int8`", "one of `float32`, `mixed_bfloat16`, `mixed_float16`"),
    ("train", "schedule", "step", (), "`step` needs `every`", "write `step(every = …)`"),
    (
        "train",
        "schedule",
        {"name": "piecewise", "epochs": [3, 2], "factors": [0.1, 0.1]},
        ("epochs", 1),
        "`epochs` must rise, but 2 follows 3",
        "sort",
    ),
    (
        "train",
        "schedule",
        {"name": "piecewise", "epochs": [3], "factors": [0.1, 0.1]},
        ("factors",),
        "has 1 entries and `factors` 2",
        "one factor",
    ),
    (
        "train",
        "schedule",
        {"name": "piecewise", "epochs": [3, 0], "factors": [1, 1]},
        ("epochs", 1),
        "must be at least 1",
        None,
    ),
    ("train", "augment", "flip", (), "`augment` expects a list, not `flip`", "write `augment = [flip]`"),
    ("train", "augment", ["flip", {"name": "crop", "pixels": 0}], (1, "pixels"), "must be at least 1", None),
    ("train", "metrics", ["accuracy", "accuracy"], (1,), "`accuracy` is listed twice in `metrics`", "remove one"),
    ("train", "loss.mask", "dicee", (), "unknown value `dicee` of `loss`", "`dice`"),
    ("search", "objective", [], (), "`objective` is an empty list", "maximize(val_accuracy)"),
    ("search", "objective", {"name": "maximize"}, (), "`maximize` needs `metric`", "write `maximize(metric = …)`"),
    ("search", "objective", {"name": "maximize", "metric": 3}, ("metric",), "expects a name, not 3", None),
    ("search", "algorithm", {"name": "hyperband", "factor": 1}, ("factor",), "must be at least 2", None),
    ("search", "algorithm", {"name": "nsga2", "population_size": 1}, ("population_size",), "must be at least 2", None),
    ("search", "stopping", {"name": "asha", "factor": 1}, ("factor",), "`factor` of `asha` is 1", None),
    ("search", "stopping", {"name": "median", "min_trials": 0}, ("min_trials",), "must be at least 1", None),
    ("search", "stopping", "MedianPruner", (), "unknown value `MedianPruner`", "write `stopping = median`"),
    ("search", "algorithm", "asha", (), "unknown value `asha` of `algorithm`", "write `stopping = asha`"),
    ("search", "target", float("inf"), (), "`target` is inf, but must be finite", None),
    ("search", "trial_minutes", 0, (), "`trial_minutes` is 0, but must be above 0", None),
    ("search", "seed", -1, (), "`seed` is -1, but must be at least 0", None),
    ("meta", "title", 3, (), "`title` expects text, not 3", "quotes"),
    ("meta", "title", ["a", "b"], (), "`title` expects one text, not a list of 2", "join"),
    ("meta", "venue", {"name": "f"}, (), "`venue` expects text", "quotes"),
]


@pytest.mark.parametrize(("section", "key", "value"), RIGHT)
def test_a_right_value_has_no_problem(section: str, key: str, value: Plain) -> None:
    assert check_setting(section, key, value) == []


@pytest.mark.parametrize(("section", "key", "value", "where", "message", "help"), WRONG)
def test_a_wrong_value_has_one_problem_at_its_place(
    section: str, key: str, value: Plain, where: tuple[str | int, ...], message: str, help: str | None
) -> None:
    [problem] = check_setting(section, key, value)
    assert problem.where == (key, *where)
    assert message in problem.message
    if help is not None:
        assert problem.help is not None
        assert help in problem.help


def test_every_option_that_needs_no_argument_is_right_as_a_bare_word() -> None:
    for section, rows in SECTIONS.items():
        for row in rows.values():
            for word, arguments in row.options.items():
                rest = row.rest(word)
                needed = any(row.argument(word, name).required for name in arguments)
                if not needed and not (rest is not None and rest.value.required):
                    assert check_setting(section, row.name, [word] if row.list_only else word) == []


def test_the_table_says_arguments_in_order_and_what_may_be_continuous() -> None:
    train, search = SECTIONS["train"], SECTIONS["search"]
    assert train["optimizer"].options["sgd"] == ("momentum", "nesterov")
    assert train["early_stopping"].options["patience"] == ("epochs", "monitor", "min_delta", "mode")
    assert search["objective"].options["maximize"] == ("metric",)
    assert train["optimizer"].argument("sgd", "momentum").real_ok
    assert not train["schedule"].argument("cosine", "warmup").real_ok
    continuous = {name for name, row in train.items() if row.real_ok}
    assert continuous == {"learning_rate", "weight_decay", "clipnorm", "loss_weight", "label_smoothing"}
    assert {name for name, row in train.items() if row.takes_qualifier} == {
        "loss",
        "metrics",
        "loss_weight",
        "class_weights",
        "scale_targets",
        "standardize",
    }
    assert train["precision"].words == ("float32", "mixed_bfloat16", "mixed_float16")
    assert train["optimizer"].argument("sgd", "nesterov").kind == "flag"
    assert search["objective"].argument("maximize", "metric").kind == "name"


def test_whole_sections_become_models_and_back() -> None:
    values: dict[str, Plain] = {
        "optimizer": {"name": "sgd", "momentum": 0.9},
        "schedule": {"name": "cosine", "warmup": 2},
        "early_stopping": {"name": "patience", "epochs": 3, "monitor": "val_accuracy"},
        "augment": [{"name": "flip"}, {"name": "crop", "pixels": 4}],
        "loss.mask": {"name": "dice"},
        "class_weights.mask": {"name": "given", "weights": {"0": 1.0, "1": 12.5}},
    }
    train = TrainSettings.from_plain(values)
    assert train.optimizer == Sgd(momentum=0.9)
    assert train.schedule == Cosine(warmup=2)
    assert train.early_stopping == Patience(epochs=3, monitor="val_accuracy")
    assert train.augment == (Flip(), Crop(pixels=4))
    assert train.by_output["mask"].loss == Dice()
    assert (train.epochs, train.batch_size, train.learning_rate) == (10, 32, None)
    plain = json.loads(json.dumps(train.to_plain()))
    assert TrainSettings.from_plain(plain) == train


def test_bare_words_become_options() -> None:
    assert TrainSettings.from_plain({"optimizer": "sgd", "loss.mask": "dice", "augment": ["flip"]}) == (
        TrainSettings.from_plain(
            {"optimizer": {"name": "sgd"}, "loss.mask": {"name": "dice"}, "augment": [{"name": "flip"}]}
        )
    )
    assert SearchSettings.from_plain({"algorithm": "hyperband"}).algorithm == Hyperband()


def test_an_objective_may_be_one_or_several() -> None:
    one = SearchSettings.from_plain({"objective": {"name": "maximize", "metric": "val_accuracy"}})
    assert one.objectives == (Maximize(metric="val_accuracy"),)
    both: dict[str, Plain] = {
        "objective": [{"name": "maximize", "metric": "a"}, {"name": "minimize", "metric": "params"}]
    }
    search = SearchSettings.from_plain(both)
    assert search.objectives == (Maximize(metric="a"), Minimize(metric="params"))
    assert SearchSettings.from_plain(search.to_plain()) == search


def test_meta_keeps_any_key() -> None:
    meta = MetaSettings.from_plain({"title": "T", "year": 2023, "authors": ["A", "B"]})
    assert meta.to_plain() == {"title": "T", "year": 2023, "authors": ["A", "B"]}


def test_settings_that_contradict_each_other_are_found() -> None:
    [late] = check_section("train", {"schedule": {"name": "cosine", "warmup": 5}, "epochs": 5})
    assert late.where == ("schedule", "warmup")
    assert "takes 5 epochs, but training has 5" in late.message
    objectives: Plain = [{"name": "maximize", "metric": "a"}, {"name": "minimize", "metric": "params"}]
    [several] = check_section("search", {"algorithm": "hyperband", "objective": objectives})
    assert several.where == ("objective",)
    [sample] = check_section("search", {"algorithm": {"name": "evolution", "population": 5, "sample": 6}})
    assert sample.where == ("algorithm", "sample")
    [points] = check_section("search", {"algorithm": {"name": "bayesian", "num_initial_points": 9}, "trials": 5})
    assert points.where == ("algorithm", "num_initial_points")


@pytest.mark.parametrize("stopping", ["median", "asha"])
def test_trials_are_stopped_by_one_objective_that_training_changes(stopping: str) -> None:
    accuracy: Plain = {"name": "maximize", "metric": "val_accuracy"}
    size: Plain = {"name": "minimize", "metric": "params"}
    assert check_section("search", {"stopping": stopping}) == []
    assert check_section("search", {"stopping": stopping, "objective": accuracy, "algorithm": "tpe"}) == []
    assert check_section("search", {"stopping": "none", "objective": size, "algorithm": "hyperband"}) == []
    for values, said in (
        ({"algorithm": "hyperband"}, "`hyperband` decides itself how long each trial trains"),
        ({"objective": [accuracy, size]}, "by one objective, but 2 are named"),
        ({"objective": size}, "but the objective is `params`"),
    ):
        [problem] = check_section("search", {"stopping": stopping, **values})
        assert problem.where == ("stopping",)
        assert said in problem.message
        assert "remove `stopping`" in str(problem.help)


def test_a_qualifier_must_name_an_output() -> None:
    [problem] = check_section("train", {"loss.masks": "dice"}, outputs=["mask", "label"])
    assert problem.where == ("loss.masks",)
    assert problem.help == "an output with a similar name exists: `mask`"
    assert check_section("train", {"loss.mask": "dice"}, outputs=["mask"]) == []
