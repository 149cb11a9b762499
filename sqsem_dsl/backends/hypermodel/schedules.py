"""Schedules of the learning rate as code, as `backends.keras.optimizers` makes them."""

from __future__ import annotations

from typing import assert_never

from sqsem_dsl.backends.hypermodel.settings_code import Coded
from sqsem_dsl.backends.hypermodel.values import number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.settings.optimizers import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Schedule,
    Step,
)

STEPS = "self.steps_per_epoch"
KIND = "keras.optimizers.schedules."


def schedule_code(writer: Writer, coded: Coded, first: str, epochs: str) -> str:
    """The schedule that starts at a rate, or the rate itself if it is constant. `epochs` is the code of the length of
    the training."""
    schedule: Schedule = coded.option

    def length(argument: str) -> str:
        return _length(_epochs(writer, coded, argument))

    match schedule:
        case Cosine():
            return _cosine(writer, coded, first, epochs)
        case CosineRestarts():
            more = coded.given("t_mul", 2.0) + coded.given("m_mul", 1.0) + coded.given("alpha", 0.0)
            return f"{KIND}CosineDecayRestarts({first}, {length('first')}{more})"
        case Exponential():
            return f"{KIND}ExponentialDecay({first}, {length('every')}, {coded.code('rate')})"
        case Step():
            arguments = f"{length('every')}, {coded.code('factor')}, staircase=True"
            return f"{KIND}ExponentialDecay({first}, {arguments})"
        case Piecewise(epochs=ends, factors=factors):
            boundaries = ", ".join(f"{end} * {STEPS} - 1" for end in ends)
            rates = ", ".join([first, *(f"{first} * {number(factor)}" for factor in factors)])
            return f"{KIND}PiecewiseConstantDecay([{boundaries}], [{rates}])"
        case Polynomial():
            last = f"end_learning_rate={first} * {coded.code('end')}"
            return f"{KIND}PolynomialDecay({first}, {epochs} * {STEPS}, {last}{coded.given('power', 1.0)})"
        case InverseTime():
            return f"{KIND}InverseTimeDecay({first}, {length('every')}, {coded.code('rate')})"
        case Constant() | ReduceOnPlateau():
            return first
        case other:
            assert_never(other)


def _length(epochs: str) -> str:
    return STEPS if epochs == "1" else f"{epochs} * {STEPS}"


def _epochs(writer: Writer, coded: Coded, argument: str) -> str:
    """A number of epochs; a variable for it if it is a choice."""
    code = coded.code(argument)
    return code if code.isdigit() else writer.held(argument, code)


def _cosine(writer: Writer, coded: Coded, first: str, epochs: str) -> str:
    warmup, alpha = _epochs(writer, coded, "warmup"), coded.given("alpha", 0.0)
    if warmup == "0":
        return f"{KIND}CosineDecay({first}, {epochs} * {STEPS}{alpha})"
    decay = f"({epochs} - {warmup}) * {STEPS}"
    if epochs.isdigit() and warmup.isdigit():
        decay = _length(str(max(int(epochs) - int(warmup), 1)))
    elif not warmup.isdigit():
        decay = f"max({epochs} - {warmup}, 1) * {STEPS}"
    rise = f"warmup_target={first}, warmup_steps={_length(warmup)}"
    return f"{KIND}CosineDecay(0.0, {decay}{alpha}, {rise})"
