"""Invalid settings are reported at compile time, with their place."""

from __future__ import annotations

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.settings.metrics import OutputFact

CLASSES = "space s { input image: [8, 8, 1]  output y = image -> flatten -> dense(3) -> softmax "
NUMBERS = "space s { input x: [8]  output y = x -> dense(3) "
BOTH = "space s { input x: [8]  output a = x -> dense(3) -> softmax  output b = x -> dense(1) "
SHARE = "space s { input x: [8]  output y = x -> dense(1) -> sigmoid  "


def found(text: str) -> list[Diagnostic]:
    return list(Compilation.from_text(text).diagnostics)


@pytest.mark.parametrize(
    "text",
    [
        CLASSES + "}",
        CLASSES + "train { metrics = [accuracy, f1]  label_smoothing = 0.1  augment = [flip] } }",
        CLASSES + "search { objective = [maximize(val_accuracy), minimize(params)] } }",
        NUMBERS + "train { loss = huber(0.5) } search { objective = minimize(val_mae) } }",
        BOTH + "train { loss.b = mae  early_stopping = patience(2, monitor = val_a_accuracy) } }",
        CLASSES + "train { loss = any [categorical_crossentropy, focal(gamma = any 0.5..2.0)] } }",
        SHARE + "train { loss = any [mse, huber(0.5)] } search { objective = minimize(val_mae) } }",
        SHARE + "train { loss = any [mse, binary_crossentropy] } search { objective = maximize(val_accuracy) } }",
    ],
)
def test_settings_that_fit_say_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("train", "ending"),
    [
        ("", "sigmoid"),
        ("loss = binary_crossentropy", "sigmoid"),
        ("loss = mse", None),
        ("loss.y = mae", None),
        ("loss = any [poisson, log_cosh]  metrics = [rmse]", None),
        ("loss = any [mse, binary_crossentropy]", "sigmoid"),
        ("loss = mse  metrics = [accuracy]", "sigmoid"),
        ("loss = mse  class_weights = balanced", "sigmoid"),
    ],
)
def test_a_loss_for_numbers_makes_a_sigmoid_one_of_numbers(train: str, ending: str | None) -> None:
    space = Compilation.from_text(SHARE + f"train {{ {train} }} }}").space
    assert space.outputs["y"] == OutputFact((1,), ending)


@pytest.mark.parametrize(
    ("text", "title", "place"),
    [
        (NUMBERS + "train { loss = focal } }", "`focal` is for an output that ends with", "focal"),
        (NUMBERS + "train { metrics = [mae, accuracy] } }", "`accuracy` is for an output that ends", "accuracy"),
        (NUMBERS + "train { loss = any [mse, dice] } }", "`dice` is for an output that ends with", "dice"),
        (NUMBERS + "train { augment = [noise(0.1)] } }", "`augment` is for images", "[noise(0.1)]"),
        (CLASSES + "train { metrics = [top_k(k = 7)] } }", "`k` of `top_k` is 7, but `y` has 3 classes", "7"),
        (BOTH + "train { loss.b = binary_crossentropy } }", "but `b` ends with neither", "binary_crossentropy"),
        (CLASSES + "search { objective = maximize(val_acuracy) } }", "does not report `val_acuracy`", "val_acuracy"),
        (BOTH + "search { objective = maximize(val_accuracy) } }", "does not report `val_accuracy`", "val_accuracy"),
        (
            CLASSES + "train { early_stopping = patience(3, monitor = val_acc) } }",
            "does not report `val_acc`",
            "val_acc",
        ),
    ],
)
def test_settings_that_cannot_work_are_found_at_their_place(text: str, title: str, place: str) -> None:
    [problem] = found(text)
    assert title in problem.title
    assert problem.span.text == place
    assert problem.help
