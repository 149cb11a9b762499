"""Checks what an `extern` in `train { }` says, without its module: its target, and names that training uses itself."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.settings.extern import TARGET, Extern
from sqsem_dsl.settings.metrics import COUNTS, OutputFact, metrics_of
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import Patience
from sqsem_dsl.settings.table import Plain, Problem, Where
from sqsem_dsl.settings.train import TrainSettings

GIVEN = ("learning_rate", "weight_decay", "clipnorm")
"""The settings of `train` that an optimizer gets as arguments."""
_EXAMPLES = {"loss": "Loss", "metrics": "Metric", "optimizer": "Optimizer", "callbacks": "Callback"}


def check_extern(setting: str, value: Mapping[str, Plain], where: Where) -> list[Problem]:
    """The problems of an `extern` as the value of a setting (or of one entry of its list)."""
    extern = Extern.model_validate(value)
    if not TARGET.fullmatch(extern.target):
        message = f"`{extern.target}` does not name a module and a class or function in it"
        return [Problem((*where, "target"), message, f'write `extern("package.module:{_EXAMPLES[setting]}")`')]
    match setting:
        case "metrics":
            return _check_name(extern, where)
        case "optimizer":
            return [
                Problem((*where, "arguments", key), f"`{key}` is a setting of `train`", f"write `{key} = …` there")
                for key in extern.arguments
                if key in GIVEN
            ]
        case _:
            return []


def _check_name(extern: Extern, where: Where) -> list[Problem]:
    """The name under which a metric is reported."""
    name = extern.arguments.get("name", extern.reported)
    place = (*where, "arguments", "name") if "name" in extern.arguments else where
    remedy = 'give it another name: `name = "my_metric"`'
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
        return [Problem(place, f"`{name}` is not a name for a metric", "a name has letters, digits and `_`")]
    if name == "loss" or name in COUNTS or name.startswith("val_"):
        message = f"`{name}` cannot be the name of a metric: training reports another value under it"
        return [Problem(place, message, remedy)]
    return []


def extern_metrics(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> set[str]:
    """The names that training reports for metrics of the user: whether more is better is not known."""
    found = {
        f"{output}_{metric.reported}" if len(outputs) > 1 else metric.reported
        for output, fact in outputs.items()
        for metric in metrics_of(train, output, fact)
        if isinstance(metric, Extern)
    }
    return found | {f"val_{name}" for name in found}


def check_monitors(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[Problem]:
    """The `monitor`s of which it is not known whether more is better."""
    own = extern_metrics(train, outputs)
    return [
        Problem(
            (key, "monitor"),
            f"whether more or less of `{value.monitor}` is better is not known: it is a metric of your own",
            f"write `monitor = {value.monitor}, mode = max`, or `mode = min`",
        )
        for key, value in (("early_stopping", train.early_stopping), ("schedule", train.schedule))
        if isinstance(value, Patience | ReduceOnPlateau) and value.mode == "auto" and value.monitor in own
    ]
