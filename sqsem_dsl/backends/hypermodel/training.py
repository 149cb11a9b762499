"""`train { }` as code: `compile` in `build`, and a method `fit` with the length of the training."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sqsem_dsl.backends.hypermodel.losses import Foreign, loss_code, metric_codes, wants_one_hot
from sqsem_dsl.backends.hypermodel.optimizers import epochs_code, optimizer
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.metrics import OutputFact, class_weights_of, loss_weight_of
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import L1, L1L2, L2, EqualClasses, GivenWeights, NoPenalty, Patience
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import AtOnce

SEARCHED = ("optimizer", "learning_rate", "weight_decay", "clipnorm", "label_smoothing", "batch_size", "epochs")
"""The settings that may have choices."""
COUNTED = {
    "params": "model.count_params()",
    "trainable_params": "sum(weight.size for weight in model.trainable_weights)",
}
"""The quantities of budgets that a model knows."""


def check_settings(settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> None:
    """Records the settings that the module cannot have."""
    changes = {
        "class_weights": (class_weight(train, outputs) is None, "Keras would need the labels of your data"),
        "callbacks": (bool(train.callbacks), "the module would need your package"),
        "unfreeze": (not isinstance(train.unfreeze, AtOnce), "it trains in two phases"),
        "precision": (train.precision != "float32", "it is a setting of the whole program"),
    }
    remedies = {
        "class_weights": "remove it, and give `class_weight` to `tuner.search`, or use `space.hypermodel()`",
        "precision": "remove it, and call `keras.config.set_dtype_policy` in your program",
        "unfreeze": "remove it, or use `space.hypermodel()`, which trains in phases",
    }
    for key, value in settings.given.items():
        own = key.partition(".")[0]
        if own == "augment":
            continue  # `inputs.check_augmentation`
        if own in changes and (changes[own][0] or settings.searched(key)):
            remedy = remedies.get(own, "remove it and do the same to your data, or use `space.hypermodel()`")
            settings.refuse(value.span, key, changes[own][1], remedy)
        elif settings.searched(key) and key not in (*SEARCHED, "schedule") and own not in changes:
            remedy = "set it, or use `space.hypermodel()`, which searches every setting"
            settings.refuse(value.span, key, "it is searched", remedy)


def class_weight(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> dict[int, float] | None:
    """Keras's `class_weight`, empty if classes are not weighted; None if Keras has nothing like the setting."""
    several = {name: class_weights_of(train, name) for name in outputs}
    if all(isinstance(each, EqualClasses) for each in several.values()):
        return {}
    (fact, *others), given = outputs.values(), next(iter(several.values()))
    classes = {("softmax", 1): fact.shape[-1], ("sigmoid", 1): 2}.get((fact.ending or "", len(fact.shape)))
    if others or classes is None or (fact.ending == "sigmoid" and fact.shape[-1] > 1):
        return None
    if not isinstance(given, GivenWeights) or not given.by_number:
        return None
    return {number: float(given.weights.get(str(number), 1.0)) for number in range(classes)}


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
        try:
            losses[name] = loss_code(train, name, fact, smoothing)
            metrics[name] = f"[{', '.join(metric_codes(train, name, fact, smoothing))}]"
        except Foreign:
            for key in ("loss", f"loss.{name}", "metrics", f"metrics.{name}"):
                if key in settings.given and "extern" in settings.given[key].span.text:
                    reason, remedy = "the module would need your package", "use one of Keras's"
                    settings.refuse(settings.given[key].span, key, reason, remedy)
            return
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
            with writer.block(f"if {_broken(budget)}"):
                text = " ".join(budget.text.split())
                writer.write(f"raise keras_tuner.errors.FailedTrialError({literal(f'require {text}')})")
    batch = settings.code("batch_size") if "batch_size" in settings.given else str(train.batch_size)
    writer.write(f'kwargs.setdefault("batch_size", {batch})')
    writer.write(f'kwargs.setdefault("epochs", {epochs_code(settings, train)})')
    weights = class_weight(train, outputs)
    if weights:
        listed = ", ".join(f"{each}: {number(weight)}" for each, weight in weights.items())
        writer.write(f'kwargs.setdefault("class_weight", {{{listed}}})')
    callbacks = _callbacks(train)
    if callbacks:
        listed = ", ".join([*callbacks, '*kwargs.get("callbacks", [])'])
        writer.write(f'kwargs["callbacks"] = [{listed}]')
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


def _callbacks(train: TrainSettings) -> list[str]:
    found = []
    match train.schedule:
        case ReduceOnPlateau(monitor=monitor, factor=factor, patience=patience) as plateau:
            more = [f'mode="{"max" if plateau.rises else "min"}"']
            more += [f"min_delta={number(plateau.min_delta)}"] if plateau.min_delta != 1e-4 else []
            more += [f"min_lr={number(plateau.min_rate)}"] if plateau.min_rate else []
            arguments = [f'"{monitor}"', f"factor={number(factor)}", f"patience={patience}", *more]
            found.append(f"keras.callbacks.ReduceLROnPlateau({', '.join(arguments)})")
        case _:
            pass
    match train.early_stopping:
        case Patience(epochs=patience, monitor=monitor, min_delta=min_delta) as stopping:
            more = [f"min_delta={number(min_delta)}"] if min_delta else []
            more += [f'mode="{"max" if stopping.rises else "min"}"', "restore_best_weights=True"]
            arguments = [f'"{monitor}"', f"patience={patience}", *more]
            found.append(f"keras.callbacks.EarlyStopping({', '.join(arguments)})")
        case _:
            pass
    return found
