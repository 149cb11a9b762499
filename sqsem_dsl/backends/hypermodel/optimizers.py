"""The optimizer and its learning rate as code, as `backends.keras.optimizers` makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.graph import CallValue, ChoiceValue, Const, ScalarOf, SettingValue
from sqsem_dsl.settings.optimizers import (
    WITHOUT_LENGTH,
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Step,
)
from sqsem_dsl.settings.train import TrainSettings

CLASSES = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "lion": "Lion",
    "ftrl": "Ftrl",
}
RATES = {"sgd": "0.01"}
"""Keras's learning rates by default, where they are not 0.001."""


def optimizer(writer: Writer, settings: Settings, train: TrainSettings) -> str:
    """Writes what the optimizer needs; the expression for it."""
    options = list(_options(settings))
    rate = _rate(writer, settings, train, [name for name, _ in options])
    common = [] if rate is None else [f"learning_rate={rate}"]
    common += [f"{key}={settings.code(key)}" for key in ("weight_decay", "clipnorm") if key in settings.given]
    made = []
    for name, arguments in options:
        if name not in CLASSES:
            span = settings.given["optimizer"].span
            settings.refuse(span, "optimizer", "the module would need your package", "use one of Keras's optimizers")
            return "None"
        own = [f"{key}={settings.code('optimizer', value)}" for key, value in arguments.items()]
        made.append(f"keras.optimizers.{CLASSES[name]}({', '.join([*common, *own])})")
    if len(made) == 1:
        return made[0]
    choice = settings.given["optimizer"]
    assert isinstance(choice, ChoiceValue)
    for at, ((name, _), code) in enumerate(zip(choice.options, made, strict=True)):
        head = f'{"elif" if at else "if"} {settings.choice(choice)} == "{name}"'
        with writer.block("else" if at == len(made) - 1 else head):
            writer.write(f"optimizer = {code}")
    return "optimizer"


def _options(settings: Settings) -> Iterator[tuple[str, Mapping[str, SettingValue]]]:
    """The optimizers with their arguments."""

    def one(value: SettingValue) -> tuple[str, Mapping[str, SettingValue]]:
        if isinstance(value, CallValue):
            return value.name, dict(value.arguments)
        item = settings.graph.items[value.item] if isinstance(value, ScalarOf) else None
        return (str(item.value) if isinstance(item, Const) else ""), {}

    match settings.given.get("optimizer"):
        case None:
            yield "adam", {}
        case ChoiceValue(options=options):
            yield from (one(option) for _, option in options)
        case value:
            yield one(value)


def _rate(writer: Writer, settings: Settings, train: TrainSettings, names: list[str]) -> str | None:
    """The learning rate or its schedule; None for Keras's default."""
    rate = settings.code("learning_rate") if "learning_rate" in settings.given else None
    if settings.searched("schedule"):
        remedy = "set one schedule"
        settings.refuse(settings.given["schedule"].span, "schedule", "it is searched", remedy)
        return rate
    if isinstance(train.schedule, WITHOUT_LENGTH):
        return rate
    defaults = {RATES.get(name, "0.001") for name in names}
    if rate is None and len(defaults) > 1:
        remedy = "set `learning_rate`"
        settings.refuse(settings.given["schedule"].span, "schedule", "each optimizer has its own first rate", remedy)
        return None
    writer.write(f"learning_rate = {_schedule(settings, train, rate or defaults.pop())}")
    return "learning_rate"


def epochs_code(settings: Settings, train: TrainSettings) -> str:
    return settings.code("epochs") if "epochs" in settings.given else str(train.epochs)


def _schedule(settings: Settings, train: TrainSettings, first: str) -> str:
    steps, epochs = "self.steps_per_epoch", epochs_code(settings, train)

    def length(number_of: int) -> str:
        return steps if number_of == 1 else f"{number_of} * {steps}"

    kind = "keras.optimizers.schedules."
    match train.schedule:
        case Cosine(warmup=0, alpha=alpha):
            return f"{kind}CosineDecay({first}, {epochs} * {steps}{_unless(0.0, alpha=alpha)})"
        case Cosine(warmup=warmup, alpha=alpha):
            rise = f"warmup_target={first}, warmup_steps={length(warmup)}"
            decay = f"({epochs} - {warmup}) * {steps}"
            if epochs.isdigit():
                decay = length(max(int(epochs) - warmup, 1))
            return f"{kind}CosineDecay(0.0, {decay}{_unless(0.0, alpha=alpha)}, {rise})"
        case CosineRestarts(first=period, t_mul=t_mul, m_mul=m_mul, alpha=alpha):
            more = _unless(2.0, t_mul=t_mul) + _unless(1.0, m_mul=m_mul) + _unless(0.0, alpha=alpha)
            return f"{kind}CosineDecayRestarts({first}, {length(period)}{more})"
        case Exponential(rate=rate, every=every):
            return f"{kind}ExponentialDecay({first}, {length(every)}, {number(rate)})"
        case Step(every=every, factor=factor):
            return f"{kind}ExponentialDecay({first}, {length(every)}, {number(factor)}, staircase=True)"
        case Piecewise(epochs=ends, factors=factors):
            boundaries = ", ".join(f"{end} * {steps} - 1" for end in ends)
            rates = ", ".join([first, *(f"{first} * {number(factor)}" for factor in factors)])
            return f"{kind}PiecewiseConstantDecay([{boundaries}], [{rates}])"
        case Polynomial(power=power, end=end):
            last = f"end_learning_rate={first} * {number(end)}"
            return f"{kind}PolynomialDecay({first}, {epochs} * {steps}, {last}{_unless(1.0, power=power)})"
        case InverseTime(rate=rate, every=every):
            return f"{kind}InverseTimeDecay({first}, {length(every)}, {number(rate)})"
        case Constant() | ReduceOnPlateau():
            raise AssertionError("the rate has no schedule")
        case other:
            assert_never(other)


def _unless(default: float, **given: float) -> str:
    """Arguments that do not have Keras's default."""
    return "".join(f", {key}={number(value)}" for key, value in given.items() if value != default)
