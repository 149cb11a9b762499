"""Checks that the losses, metrics, optimizers and callbacks that `extern` names exist and take their arguments.

It imports Keras and the user's modules, only if a space that was allowed to has an `extern` in `train { }`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.elaborate.errors.statements import ExternUnusable
from sqsem_dsl.ir.graph import CallValue, ChoiceValue, Graph, ListValue, SettingValue
from sqsem_dsl.ir.settings import place_of, plain_setting, ways
from sqsem_dsl.operators.row import Misfit
from sqsem_dsl.settings.check_extern import GIVEN
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.sections import TrainSettings
from sqsem_dsl.utils.keras_backend import load_keras


def check_extern(graph: Graph) -> Iterator[Diagnostic]:
    """What is wrong with each `extern` of `train`, for each way to make the choices in its arguments. Assumes settings
    without other errors."""
    entries = {key: value for key, value in graph.train if _has_extern(value)}
    settings = {key: value for key, value in graph.train if key in GIVEN and "optimizer" in entries}
    known: dict[str, Misfit | None] = {}
    for assignment in ways(graph.items, graph.choices, [*entries.values(), *settings.values()]):
        plain = {k: plain_setting(graph.items, v, assignment) for k, v in (entries | settings).items()}
        train = TrainSettings.from_plain(plain)
        for key, value in entries.items():
            several = plain[key] if isinstance(plain[key], list) else [plain[key]]
            for position, one in enumerate(several):  # type: ignore[arg-type]
                if not isinstance(one, dict) or one["name"] != "extern":
                    continue
                name = repr((key.partition(".")[0], one, [plain.get(each) for each in GIVEN]))
                if name not in known:
                    known[name] = _misfit(key.partition(".")[0], Extern.model_validate(one), train)
                misfit = known[name]
                if misfit is not None:
                    where = (position,) if isinstance(plain[key], list) else ()
                    span = place_of(graph.items, value, where, assignment)
                    yield ExternUnusable(span, key, misfit.message, misfit.help)


def _has_extern(value: SettingValue) -> bool:
    match value:
        case CallValue(name=name):
            return name == "extern"
        case ListValue(items=items):
            return any(map(_has_extern, items))
        case ChoiceValue(options=options):
            return any(_has_extern(option) for _, option in options)
        case _:
            return False


def _misfit(setting: str, extern: Extern, train: TrainSettings) -> Misfit | None:
    """Why an object cannot be made; None if it can."""
    from sqsem_dsl.operators import extern_objects

    load_keras()
    try:
        match setting:
            case "loss":
                extern_objects.extern_loss(extern)
            case "metrics":
                extern_objects.extern_metric(extern)
            case "optimizer":
                rate = train.learning_rate or extern_objects.default_rate(extern)
                extern_objects.extern_optimizer(extern, {"learning_rate": rate, **train.optimizer_settings})
            case _:
                extern_objects.extern_callback(extern)
    except Misfit as misfit:
        return misfit.with_traceback(None)
    return None
