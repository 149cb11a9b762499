"""The losses, metrics, optimizers and callbacks that `extern` names in `train { }`, as objects of Keras.

Each function imports Keras and the user's module, and raises `Misfit` if the target or its arguments cannot be used,
and ModuleNotFoundError if Keras is not installed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sqsem_dsl.operators.extern_import import constructed, imported
from sqsem_dsl.operators.row import Misfit
from sqsem_dsl.settings.extern import Extern

if TYPE_CHECKING:
    import keras

Function = Callable[[Any, Any], Any]
"""A function (y_true, y_pred) that gives a number for each sample."""


def extern_loss(extern: Extern) -> keras.losses.Loss | Function:
    """A new loss, or a function with its arguments."""
    import keras

    return _loss_or_metric(extern, keras.losses.Loss, "Loss")


def extern_metric(extern: Extern) -> keras.metrics.Metric | Function:
    """A new metric, or a function with its arguments. Its name is for the caller to set (`Extern.reported`)."""
    import keras

    named = {key: value for key, value in extern.arguments.items() if key != "name"}
    made = _loss_or_metric(extern.model_copy(update={"arguments": named}), keras.metrics.Metric, "Metric")
    if isinstance(made, keras.metrics.Metric):
        _check_call(made.update_state, extern.target, "update_state", {"sample_weight": None})
    return made


def extern_optimizer(extern: Extern, settings: Mapping[str, Any]) -> keras.optimizers.Optimizer:
    """A new optimizer. `settings` are the settings of `train` that it gets as further arguments: `learning_rate`, a
    number or a schedule, and `weight_decay` and `clipnorm` if they are set."""
    made = _optimizer_class(extern.target)
    parameters = inspect.signature(made).parameters
    lacking = [name for name in settings if name not in parameters]
    if lacking and not _takes_any(parameters):
        remedy = f"add `{lacking[0]}` to its constructor, and pass it to that of `keras.optimizers.Optimizer`"
        raise Misfit(f"`{extern.target}` does not take `{lacking[0]}`, which `train` sets", remedy)
    return constructed(extern.target, made, {**extern.arguments, **settings})


def default_rate(extern: Extern) -> float:
    """The learning rate of an optimizer if `train` sets none: the default of its constructor."""
    parameter = inspect.signature(_optimizer_class(extern.target)).parameters.get("learning_rate")
    if parameter is None or not isinstance(parameter.default, int | float):
        remedy = "set `learning_rate`, or give the argument of its constructor a number as default"
        raise Misfit(f"`{extern.target}` has no default learning rate", remedy)
    return float(parameter.default)


def extern_callback(extern: Extern) -> keras.callbacks.Callback:
    """A new callback."""
    import keras

    made = imported(extern.target, "Callback")
    _check_class(made, keras.callbacks.Callback, extern.target, "callback")
    return constructed(extern.target, made, extern.arguments)


def _loss_or_metric(extern: Extern, base: type, kind: str) -> Any:
    made = imported(extern.target, kind)
    _check_labels(made, extern.target)
    if isinstance(made, (type, base)) or not callable(made):
        _check_class(made, base, extern.target, kind.lower(), "nor a function (y_true, y_pred)")
        return constructed(extern.target, made, extern.arguments)
    _check_call(made, extern.target, "the function", extern.arguments)
    return partial(made, **extern.arguments)


def _check_labels(made: Any, target: str) -> None:
    """Raises Misfit for Keras's losses and metrics of class numbers, and what is derived from them: labels of classes
    are one-hot."""
    for each in made.__mro__ if isinstance(made, type) else [made]:
        name = str(getattr(each, "__name__", ""))
        if name.lower().startswith("sparse") and str(getattr(each, "__module__", "")).startswith("keras."):
            other = name[len("sparse") :].removeprefix("_")
            remedy = f"use `{other}` of Keras in its place, or `argmax(y_true, axis=-1)` in code of your own"
            raise Misfit(f"`{target}` takes class numbers, but labels of classes are one-hot vectors here", remedy)


def _optimizer_class(target: str) -> Any:
    import keras

    made = imported(target, "Optimizer")
    _check_class(made, keras.optimizers.Optimizer, target, "optimizer")
    return made


def _check_class(made: Any, base: type, target: str, kind: str, otherwise: str = "") -> None:
    if isinstance(made, type) and issubclass(made, base):
        return
    place = f"keras.{'losses' if kind == 'loss' else f'{kind}s'}.{base.__name__}"
    if isinstance(made, base):
        raise Misfit(f"`{target}` is an object, not a class", f"name its class, `{type(made).__name__}`")
    wrong = f"neither a Keras {kind} {otherwise}" if otherwise else f"not a Keras {kind}"
    raise Misfit(f"`{target}` is {wrong}", f"derive it from `{place}`")


def _check_call(function: Callable[..., Any], target: str, what: str, arguments: Mapping[str, Any]) -> None:
    """Checks that a function takes labels, predictions and these arguments."""
    try:
        inspect.signature(function).bind(None, None, **arguments)
    except TypeError as error:
        named = ", ".join(["y_true", "y_pred", *arguments])
        raise Misfit(
            f"`{target}` does not take these arguments: {error}", f"{what} is called with ({named})"
        ) from error
    except ValueError:  # a function without a signature
        return


def _takes_any(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
