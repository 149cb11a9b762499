"""`extern` in `train`: its settings, without its module and without Keras."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.elaborate.program import elaborate
from sqsem_dsl.format.format import format_text
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.ir.settings import plain_setting
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.metrics import OutputFact, gives_numbers, metric_names
from sqsem_dsl.settings.sections import Plain, TrainSettings, check_section, check_setting

LABELS = OutputFact((3,), "softmax")
SPEC = """sqs 1
space own {
  input x: [6]
  output y = x -> dense(2) -> softmax
  train {
    loss      = any [
      extern("my_code:FocalLoss", gamma = any 0.5..3.0), extern("my_code:Other", gamma = any [1, 2]), mse,
    ]
    metrics   = [accuracy, extern("my_code:CohenKappa", weighting = "linear", at = [0.5, 1])]
    optimizer = extern("my_code:Lion", momentum = any [0.0, 0.9])
    callbacks = [extern("my_code:Halve"), extern("my_code:Halve", after = 2)]
  }
}
"""


def extern(target: str, /, **arguments: Any) -> dict[str, Plain]:
    return {"name": "extern", "target": target, **({"arguments": arguments} if arguments else {})}


def graph_of(text: str) -> Graph:
    """The graph of a space, before any module is looked up."""
    compilation = Compilation.from_text(text, allow_extern=True)
    spec = compilation.read.spec
    assert spec is not None
    found = elaborate(compilation.spaces[0], spec, compilation.library, allow_extern=True)
    assert found.diagnostics == ()
    assert found.graph is not None
    return found.graph


def test_choices_in_arguments_have_the_name_of_the_class_in_their_paths() -> None:
    choices = {choice.path: choice for choice in graph_of(SPEC).choices}
    assert list(choices) == [
        "train.loss.FocalLoss.gamma",
        "train.loss.Other.gamma",
        "train.loss",
        "train.optimizer.Lion.momentum",
    ]
    assert choices["train.loss"].domain.values == ("FocalLoss", "Other", "mse")  # type: ignore[union-attr]


def test_an_argument_may_be_a_param_of_the_network() -> None:
    text = SPEC.replace("output y = x -> dense(2)", "param w in [4, 8]  output y = x -> dense(w)")
    graph = graph_of(text.replace("after = 2", "after = w // 4"))
    number = [choice.path for choice in graph.choices].index("w")
    found = [plain_setting(graph.items, dict(graph.train)["callbacks"], {number: width}) for width in (4, 8)]
    assert [callbacks[1]["arguments"] for callbacks in found] == [{"after": 1}, {"after": 2}]  # type: ignore[index,call-overload]


def test_a_class_that_is_listed_twice_is_distinguished_by_its_text() -> None:
    text = SPEC.replace("my_code:Other", "my_code:FocalLoss").replace("gamma = any [1, 2]", "gamma = 2")
    choices = {choice.path: choice for choice in graph_of(text).choices}
    assert choices["train.loss"].domain.values == (  # type: ignore[union-attr]
        "FocalLoss",
        'extern("my_code:FocalLoss", gamma = 2)',
        "mse",
    )


def test_neither_keras_nor_the_module_is_imported_to_format_or_to_refuse(tmp_path) -> None:
    assert format_text(SPEC) == format_text(format_text(SPEC))
    (tmp_path / "own.sqs").write_text(SPEC)
    (tmp_path / "my_code.py").write_text("raise SystemExit(3)")
    code = f"""
import sys
from sqsem_dsl.compiler import check_file
from sqsem_dsl.format.format import format_text
found = check_file({str(tmp_path / "own.sqs")!r})
assert [diagnostic.code for diagnostic in found] == ["SQS117"] * 6, found
format_text(open({str(tmp_path / "own.sqs")!r}).read())
print([name for name in ("keras", "my_code") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.split("\n")[-2] == "[]"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("loss", extern("a:B")),
        ("loss.y", extern("a.b:C", gamma=2.0, target="x")),
        ("metrics", ["accuracy", extern("a:B"), extern("a:B", name="other")]),
        ("optimizer", extern("a:B", momentum=0.9)),
        ("callbacks", [extern("a:B"), extern("a:B", after=2)]),
        ("callbacks", []),
    ],
)
def test_right(key: str, value: Plain) -> None:
    assert check_setting("train", key, value) == []
    train = TrainSettings.from_plain({key: value})
    assert TrainSettings.from_plain(json.loads(json.dumps(train.to_plain()))) == train
    assert check_section("train", {key: value}, ("y",)) == []


@pytest.mark.parametrize(
    ("key", "value", "where", "message", "help"),
    [
        ("loss", extern("losses"), ("target",), "does not name a module and a class", 'extern("package.module:Loss")'),
        ("loss", extern("a:B.c"), ("target",), "`a:B.c` does not name", "package.module:Loss"),
        ("optimizer", extern("a:"), ("target",), "`a:` does not name", "package.module:Optimizer"),
        (
            "optimizer",
            extern("a:B", learning_rate=0.1),
            ("arguments", "learning_rate"),
            "`learning_rate` is a setting of `train`",
            "write `learning_rate = …` there",
        ),
        ("metrics", [extern("a:Loss")], (0,), "`loss` cannot be the name of a metric", "give it another name"),
        (
            "metrics",
            [extern("a:B", name="val_b")],
            (0, "arguments", "name"),
            "`val_b` cannot be the name",
            "another name",
        ),
        ("metrics", [extern("a:params")], (0,), "`params` cannot be the name", "another name"),
        ("metrics", [extern("a:B", name="a b")], (0, "arguments", "name"), "`a b` is not a name for", "has letters"),
        ("metrics", [extern("a:B", name=3)], (0, "arguments", "name"), "`3` is not a name for a metric", "has letters"),
        ("metrics", [extern("a:B"), extern("c:B")], (1,), "`b` is listed twice", "give it another name"),
        ("metrics", ["auc", extern("a:auc")], (1,), "`auc` is listed twice", "give it another name"),
        ("metrics", extern("a:B"), (), "`metrics` expects a list", "write `metrics = [extern(…)]`"),
        ("callbacks", extern("a:B"), (), "`callbacks` expects a list", "write `callbacks = [extern(…)]`"),
        ("callbacks", [extern("a:B"), extern("a:B")], (1,), "`B` is listed twice in `callbacks`", "remove one"),
    ],
)
def test_wrong(key: str, value: Plain, where: tuple[str | int, ...], message: str, help: str) -> None:
    (problem,) = check_setting("train", key, value)
    assert problem.where == (key, *where)
    assert message in problem.message
    assert problem.help is not None
    assert help in problem.help


def test_metrics_are_reported_by_name() -> None:
    train = TrainSettings.from_plain(
        {"metrics": [extern("a:CohenKappa"), extern("a:F2Score"), extern("a:B", name="c")]}
    )
    assert {"val_cohen_kappa", "val_f2_score", "val_c", "c"} <= metric_names(train, {"y": LABELS})
    assert {"val_y_cohen_kappa", "z_c"} <= metric_names(train, {"y": LABELS, "z": LABELS})


def test_settings_differ_by_target_arguments_and_their_types() -> None:
    several = [extern("a:B"), extern("a:C"), extern("a:B", n=1), extern("a:B", n=1.0), extern("a:B", n=True)]
    assert len({TrainSettings.from_plain({"loss": one}).model_dump_json() for one in several}) == 5


def test_arguments_are_numbers_flags_texts_and_lists() -> None:
    """As in the language, 2.0 is the whole number 2; a continuous choice is a float at a whole number, too."""
    text = SPEC.replace(
        "after = 2", 'after = 2, rate = 2.5, at = [0.5, 2], on = true, by = "mean", share = any 1.0..2.0'
    )
    graph = graph_of(text)
    number = [choice.path for choice in graph.choices].index("train.callbacks.Halve.share")
    (_, last) = plain_setting(graph.items, dict(graph.train)["callbacks"], {number: Fraction(2)})  # type: ignore[misc]
    arguments = last["arguments"]  # type: ignore[index,call-overload]
    assert repr(arguments) == "{'after': 2, 'rate': 2.5, 'at': [0.5, 2], 'on': True, 'by': 'mean', 'share': 2.0}"


@pytest.mark.parametrize(
    ("settings", "numbers"),
    [
        ({}, False),
        ({"metrics": ["mae"]}, True),
        ({"metrics": [extern("a:B")]}, False),
        ({"metrics": ["mae", "accuracy"]}, False),
        ({"metrics": ["mae"], "class_weights": "balanced"}, False),
    ],
)
def test_a_sigmoid_with_an_own_loss_gives_numbers_if_a_metric_is_for_numbers(
    settings: dict[str, Plain], numbers: bool
) -> None:
    train = TrainSettings.from_plain({"loss": extern("a:B"), **settings})
    assert gives_numbers(train, "y", OutputFact((1,), "sigmoid")) is numbers


def test_its_text_is_that_of_a_spec() -> None:
    one = Extern(target="a:B", arguments={"gamma": 2.0, "on": True, "by": "mean", "at": [1, 2]})
    assert one.text == 'extern("a:B", gamma = 2.0, on = true, by = "mean", at = [1, 2])'


def test_without_own_metrics_those_of_keras_are_left() -> None:
    plain = {
        "metrics": [{"name": "auc"}, extern("my_code:Kappa")],
        "metrics.mask": [extern("my_code:Kappa")],
        "loss.mask": extern("my_code:FocalLoss"),
        "loss.depth": {"name": "mse"},
    }
    train = TrainSettings.from_plain(plain)
    left = train.without_own_metrics()
    assert [metric.name for metric in left.metrics or ()] == ["auc"]
    assert left.by_output["mask"].metrics == ()
    assert left.by_output["mask"].loss == train.by_output["mask"].loss
    assert left.by_output["depth"].metrics is None
    assert TrainSettings().without_own_metrics() == TrainSettings()
