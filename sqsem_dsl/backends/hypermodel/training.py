"""`train { }` as code: `compile` in `build`, and a method `fit` with the length of the training."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sqsem_dsl.backends.hypermodel.class_weights import check_class_weights, class_weight_lines
from sqsem_dsl.backends.hypermodel.losses import loss_code, metric_codes, wants_one_hot
from sqsem_dsl.backends.hypermodel.optimizers import epochs_code, optimizer
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.graph import Budget, ListValue
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.metrics import OutputFact, loss_weight_of
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import L1, L1L2, L2, NoPenalty, Patience
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import AtOnce

SEARCHED = (
    *("optimizer", "learning_rate", "schedule", "weight_decay", "clipnorm", "label_smoothing", "batch_size", "epochs"),
    *("early_stopping", "callbacks", "precision"),
)
"""The settings that may have choices."""
COUNTED = {
    "params": "model.count_params()",
    "trainable_params": "sum(math.prod(weight.shape) for weight in model.trainable_weights)",
}
"""The quantities of budgets that a model knows."""


def check_settings(settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> None:
    """Records the settings that the module cannot have."""
    check_class_weights(settings, outputs)
    if not isinstance(train.unfreeze, AtOnce):
        remedy = "remove it, or use `space.hypermodel()`, which trains in phases"
        settings.refuse(settings.given["unfreeze"].span, "unfreeze", "it trains in two phases", remedy)
    for key, value in settings.given.items():
        own = key.partition(".")[0]
        if own in ("augment", "class_weights", "unfreeze"):
            continue  # `inputs.check_augmentation`, and above
        if settings.searched(key) and key not in SEARCHED:
            remedy = "set it, or use `space.hypermodel()`, which searches every setting"
            settings.refuse(value.span, key, "it is searched", remedy)


def regularizer(train: TrainSettings) -> str | None:
    """The penalty of kernels."""
    match train.regularize:
        case NoPenalty():
            return None
        case L1(l1=l1):
            return f"keras.regularizers.L1({number(l1)})"
        case L2(l2=l2):
            return f"keras.regularizers.L2({number(l2)})"
        case L1L2(l1=l1, l2=l2):
            return f"keras.regularizers.L1L2({number(l1)}, {number(l2)})"


def smoothing_code(settings: Settings) -> str:
    return settings.code("label_smoothing") if "label_smoothing" in settings.given else "0.0"


def one_hot_outputs(settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[str]:
    """The outputs whose labels must be one-hot vectors."""
    smoothing = smoothing_code(settings)
    return [name for name, fact in outputs.items() if wants_one_hot(train, name, fact, smoothing)]


def compile_lines(writer: Writer, settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> None:
    """Writes the optimizer and `model.compile`."""
    made = optimizer(writer, settings, train)
    smoothing = smoothing_code(settings)
    losses, metrics = {}, {}
    for name, fact in outputs.items():
        losses[name] = loss_code(writer.module, train, name, fact, smoothing)
        metrics[name] = f"[{', '.join(metric_codes(writer.module, train, name, fact, smoothing))}]"
    weights = {name: loss_weight_of(train, name) for name in outputs}
    arguments = [f"optimizer={made}", f"loss={_each(losses)}"]
    if any(weight != 1 for weight in weights.values()):
        codes = {name: number(weight) for name, weight in weights.items()}
        arguments.append(f"loss_weights={_each(codes) if len(codes) > 1 else f'[{_each(codes)}]'}")
    arguments.append(f"metrics={_each(metrics)}")
    writer.write(f"model.compile({', '.join(arguments)})")


def _each(codes: Mapping[str, str]) -> str:
    """One value, or a dict by output."""
    if len(codes) == 1:
        return next(iter(codes.values()))
    return "{" + ", ".join(f'"{name}": {code}' for name, code in codes.items()) + "}"


def fit_lines(
    writer: Writer,
    settings: Settings,
    train: TrainSettings,
    budgets: tuple[Budget, ...],
    outputs: Mapping[str, OutputFact],
) -> None:
    """Writes the body of `fit`."""
    for budget in budgets:
        if all(name in COUNTED for name, _ in budget.terms):
            writer.module.imports |= {"math"} if any("math." in COUNTED[name] for name, _ in budget.terms) else set()
            with writer.block(f"if {_broken(budget)}"):
                text = " ".join(budget.text.split())
                writer.write(f"raise keras_tuner.errors.FailedTrialError({literal(f'require {text}')})")
    batch = settings.code("batch_size") if "batch_size" in settings.given else str(train.batch_size)
    writer.write(f'kwargs.setdefault("batch_size", {batch})')
    writer.write(f'kwargs.setdefault("epochs", {epochs_code(settings, train)})')
    class_weight_lines(writer, settings, outputs)
    callbacks = _callbacks(settings)
    always = ", ".join(code for test, code in callbacks if test is None)
    if len(callbacks) > len([test for test, _ in callbacks if test is None]):
        writer.write(f"callbacks = [{always}]")
        for test, code in callbacks:
            if test is not None:
                with writer.block(f"if {test}"):
                    writer.write(f"callbacks.append({code})")
        always = "*callbacks"
    if callbacks:
        writer.write(f'kwargs["callbacks"] = [{always}, *kwargs.get("callbacks", [])]')
    writer.write("return model.fit(*args, **kwargs)")


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _broken(budget: Budget) -> str:
    """The condition under which a budget is not met: sum of terms + constant, compared with 0."""
    terms = [COUNTED[name] if factor == 1 else f"{_literal(factor)} * {COUNTED[name]}" for name, factor in budget.terms]
    assert isinstance(budget.constant, int | Fraction)
    return f"{' + '.join(terms)} {_OPPOSITE[budget.relation]} {_literal(-budget.constant)}"


def _literal(value: Value) -> str:
    if isinstance(value, Fraction) and value.denominator == 1:
        return literal(value.numerator)
    return literal(value)


def _callbacks(settings: Settings) -> list[tuple[str | None, str]]:
    """The callbacks, each with the condition under which a training has it, or None."""
    found: list[tuple[str | None, str]] = []
    own = settings.given.get("callbacks")
    if own is not None:
        assert isinstance(own, ListValue)
        found += [(None, settings.own("callbacks", each)) for each in own.items]
    for coded in settings.options("schedule"):
        match coded.option:
            case ReduceOnPlateau(monitor=monitor) as plateau:
                more = f'mode="{"max" if plateau.rises else "min"}"{coded.given("min_delta", 1e-4)}'
                more += coded.given("min_rate", 0.0).replace("min_rate", "min_lr")
                arguments = f'"{monitor}", factor={coded.code("factor")}, patience={coded.code("patience")}, {more}'
                test = settings.test("schedule", coded)
                found.append((test, f"keras.callbacks.ReduceLROnPlateau({arguments})"))
            case _:
                pass
    for coded in settings.options("early_stopping"):
        match coded.option:
            case Patience(monitor=monitor) as stopping:
                more = f'{coded.given("min_delta", 0.0)}, mode="{"max" if stopping.rises else "min"}"'
                arguments = f'"{monitor}", patience={coded.code("epochs")}{more}, restore_best_weights=True'
                test = settings.test("early_stopping", coded)
                found.append((test, f"keras.callbacks.EarlyStopping({arguments})"))
            case _:
                pass
    return found
