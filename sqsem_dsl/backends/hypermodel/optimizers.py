"""The optimizer and its learning rate as code, as `backends.keras.optimizers` makes them."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.backends.hypermodel.schedules import schedule_code
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.graph import CallValue, ChoiceValue, Const, ScalarOf, SettingValue
from sqsem_dsl.settings.optimizers import WITHOUT_LENGTH
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
    for name, value in options:
        if name not in CLASSES:
            made.append(settings.own("optimizer", value, common))
            continue
        arguments = value.arguments if isinstance(value, CallValue) else ()
        own = [f"{key}={settings.code('optimizer', each)}" for key, each in arguments]
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


def _options(settings: Settings) -> Iterator[tuple[str, SettingValue]]:
    """The optimizers, each with its name."""

    def one(value: SettingValue) -> tuple[str, SettingValue]:
        if isinstance(value, CallValue):
            return value.name, value
        item = settings.graph.items[value.item] if isinstance(value, ScalarOf) else None
        return (str(item.value) if isinstance(item, Const) else ""), value

    match settings.given.get("optimizer"):
        case None:
            yield "adam", CallValue("adam", ())
        case ChoiceValue(options=options):
            yield from (one(option) for _, option in options)
        case value:
            yield one(value)


def has_length(settings: Settings) -> bool:
    """Whether a schedule needs the number of steps of an epoch."""
    return any(not isinstance(each.option, WITHOUT_LENGTH) for each in settings.options("schedule"))


def _rate(writer: Writer, settings: Settings, train: TrainSettings, names: list[str]) -> str | None:
    """The learning rate or its schedule; None for Keras's default."""
    rate = settings.code("learning_rate") if "learning_rate" in settings.given else None
    schedules = settings.options("schedule")
    if not has_length(settings):
        return rate
    defaults = {RATES.get(name, "0.001") for name in names}
    if rate is None and len(defaults) > 1:
        remedy = "set `learning_rate`"
        settings.refuse(settings.given["schedule"].span, "schedule", "each optimizer has its own first rate", remedy)
        return None
    first, epochs = rate or defaults.pop(), epochs_code(settings, train)
    for at, schedule in enumerate(schedules):
        test = settings.test("schedule", schedule)
        if test is None:
            writer.write(f"learning_rate = {schedule_code(writer, schedule, first, epochs)}")
            continue
        with writer.block("else" if at == len(schedules) - 1 else f"{'elif' if at else 'if'} {test}"):
            writer.write(f"learning_rate = {schedule_code(writer, schedule, first, epochs)}")
    return "learning_rate"


def epochs_code(settings: Settings, train: TrainSettings) -> str:
    return settings.code("epochs") if "epochs" in settings.given else str(train.epochs)
