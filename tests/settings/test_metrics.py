"""The metrics of training and the settings of outputs, without a model."""

from __future__ import annotations

import pytest

from sqsem_dsl.settings.check_with_space import check_objectives, check_train_outputs
from sqsem_dsl.settings.metrics import (
    OutputFact,
    default_objective,
    loss_of,
    metric_names,
    metrics_of,
)
from sqsem_dsl.settings.search import Maximize, Minimize
from sqsem_dsl.settings.sections import Plain, SearchSettings, TrainSettings

LABEL = {"label": OutputFact((10,), "softmax")}
NUMBER = {"size": OutputFact((2,))}
BOTH = {"mask": OutputFact((8, 8, 1), "sigmoid"), "size": OutputFact((2,))}


def train(**values: Plain) -> TrainSettings:
    return TrainSettings.from_plain({key.replace("__", "."): value for key, value in values.items()})


COUNTED = {"params", "macs", "memory", "flash", "latency"}


def test_one_output_reports_its_metrics_by_their_names() -> None:
    assert metric_names(train(), LABEL) == {"loss", "accuracy", "val_loss", "val_accuracy"} | COUNTED
    assert metric_names(train(metrics=["rmse"]), NUMBER) == {"loss", "rmse", "val_loss", "val_rmse"} | COUNTED


def test_several_outputs_report_under_their_own_names() -> None:
    names = metric_names(train(metrics__mask=["mean_iou"]), BOTH) - COUNTED
    plain = {"loss", "mask_loss", "size_loss", "mask_mean_iou", "size_mae"}
    assert names == plain | {f"val_{name}" for name in plain}


@pytest.mark.parametrize(
    ("ending", "loss", "metric"),
    [
        ("softmax", "categorical_crossentropy", "accuracy"),
        ("sigmoid", "binary_crossentropy", "accuracy"),
        (None, "mse", "mae"),
    ],
)
def test_the_ending_of_an_output_gives_loss_and_metric(ending: str | None, loss: str, metric: str) -> None:
    fact = OutputFact((3,), ending)  # type: ignore[arg-type]
    assert loss_of(train(), "y", fact).name == loss
    assert [m.name for m in metrics_of(train(), "y", fact)] == [metric]


def test_an_output_of_its_own_settings_comes_before_those_of_all() -> None:
    settings = train(loss="mse", loss__mask="dice")
    assert loss_of(settings, "mask", BOTH["mask"]).name == "dice"
    assert loss_of(settings, "size", BOTH["size"]).name == "mse"


def test_the_default_objective_is_accuracy_where_there_is_one() -> None:
    assert default_objective(train(), LABEL) == Maximize(metric="val_accuracy")
    assert default_objective(train(), NUMBER) == Minimize(metric="val_loss")
    assert default_objective(train(), BOTH) == Maximize(metric="val_mask_accuracy")


@pytest.mark.parametrize(
    ("settings", "outputs", "where", "message"),
    [
        (train(loss="categorical_crossentropy"), NUMBER, ("loss",), "is for an output that ends with `softmax`"),
        (train(loss__mask="categorical_crossentropy"), BOTH, ("loss.mask",), "but `mask` ends with `sigmoid`"),
        (train(metrics=["mae", "accuracy"]), NUMBER, ("metrics", 1), "ends with neither `softmax` nor `sigmoid`"),
        (train(metrics=[{"name": "top_k", "k": 11}]), LABEL, ("metrics", 0, "k"), "is 11, but `label` has 10 classes"),
        (train(metrics__mask=["f1"]), BOTH, ("metrics.mask", 0), "is for an output that is a vector"),
        (train(label_smoothing=0.1), NUMBER, ("label_smoothing",), "has no effect on the loss `mse`"),
        (train(class_weights="balanced"), NUMBER, ("class_weights",), "weighs classes, but `size` has none"),
        (
            train(class_weights__mask="balanced", loss__mask="dice"),
            BOTH,
            ("class_weights.mask",),
            "`dice` of `mask` is one number",
        ),
        (
            train(class_weights={"name": "given", "weights": {"0": 1.0, "1": 2.0}}),
            LABEL,
            ("class_weights",),
            "`given` has 2 weights, but `label` has 10 classes",
        ),
        (
            train(class_weights__mask={"name": "given", "weights": {"a": 1.0, "b": 2.0, "c": 3.0}}),
            BOTH,
            ("class_weights.mask",),
            "`given` has 3 weights, but `mask` has 2 classes",
        ),
        (
            train(early_stopping={"name": "patience", "epochs": 2, "monitor": "val_acuracy"}),
            LABEL,
            ("early_stopping", "monitor"),
            "does not report `val_acuracy`",
        ),
    ],
)
def test_settings_that_do_not_fit_an_output_are_found(
    settings: TrainSettings, outputs: dict[str, OutputFact], where: tuple[str | int, ...], message: str
) -> None:
    [problem] = check_train_outputs(settings, outputs)
    assert problem.where == where
    assert message in problem.message
    assert problem.help


def test_augmentation_needs_an_image() -> None:
    [problem] = check_train_outputs(train(augment=["flip"]), LABEL, {"points": (468, 3)})
    assert problem.where == ("augment",)
    assert check_train_outputs(train(augment=["flip"]), LABEL, {"image": (8, 8, 1), "points": (468, 3)}) == []


def test_an_objective_must_be_reported() -> None:
    search = SearchSettings.from_plain({"objective": {"name": "maximize", "metric": "val_acc"}})
    [problem] = check_objectives(search, train(), LABEL)
    assert problem.where == ("objective", "metric")
    assert problem.message == "training does not report `val_acc`"
    assert problem.help is not None
    assert "val_accuracy" in problem.help
    assert (
        check_objectives(
            SearchSettings.from_plain({"objective": {"name": "minimize", "metric": "macs"}}), train(), LABEL
        )
        == []
    )
