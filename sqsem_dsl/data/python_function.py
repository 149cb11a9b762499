"""`python:module:function`: data of any other kind, from user code that was allowed to run."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sqsem_dsl.data.arrays import canonical, other_values
from sqsem_dsl.data.dataset import Dataset, Held, Loaded, divisor
from sqsem_dsl.data.errors import DataError, UnequalLengths
from sqsem_dsl.data.errors_sets import UnknownGroup
from sqsem_dsl.data.errors_sources import FunctionFailed, NeedsExtern
from sqsem_dsl.data.labels import numbered_texts
from sqsem_dsl.data.npz import texts_of
from sqsem_dsl.data.objects import checked
from sqsem_dsl.data.split import RANDOM, Splitting
from sqsem_dsl.data.table import ID
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.exceptions import in_a_line

FORM = "write it as `python:package.module:function`"
RETURNS = "return a dict of arrays, one for each input and output by name, or a `Dataset`"


def load_function(
    target: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    *,
    allow_extern: bool,
    weight: str | None = None,
    known: Mapping[str, tuple[str, ...]] | None = None,
) -> Dataset | Loaded:
    """The result of `module:function`, called without arguments: a dict of arrays (or `Samples`) by the names of inputs
    and outputs, and perhaps of the name `weight`, which are then split; or a `Dataset` that is already split, which is
    used unchanged. `known` are the class names that labels as text must have.

    Raises DataError if that was not allowed, for any exception of the function, and for data that do not fit the space.
    """
    module, separator, function = target.partition(":")
    if not (separator and module and function):
        raise DataError([FunctionFailed(NOWHERE, target, "it does not name a function", FORM)])
    if not allow_extern:
        raise DataError([NeedsExtern(NOWHERE, target)])
    found = _called(target, module, function)
    match found:
        case Dataset():
            return _own(target, found, inputs, outputs, splitting)
        case Mapping():
            arrays, classes = numbered_texts(target, outputs, _arrays(found), known)
            part = canonical(target, inputs, outputs, arrays, weight=weight)
            plain = {name: held for name, held in arrays.items() if isinstance(held, np.ndarray)}
            groups, ids = texts_of(splitting.group, plain), texts_of(ID, plain) if splitting.by_file else None
            if splitting.group is not None and (groups is None or len(groups) != len(part)):
                raise DataError([UnknownGroup(NOWHERE, f"python:{target}", splitting.group, tuple(arrays))])
            if ids is not None and len(ids) != len(part):
                raise DataError([UnequalLengths(NOWHERE, ((next(iter(inputs)), len(part)), (ID, len(ids))))])
            part = replace(part, ids=ids)
            return Loaded(target, part, classes | other_values(arrays, outputs), groups=groups)
        case _:
            reason = f"it returns {type(found).__name__}"
            raise DataError([FunctionFailed(NOWHERE, target, reason, RETURNS)])


def _called(target: str, module: str, function: str) -> Any:
    try:
        called = getattr(import_module(module), function, None)
        if called is None:
            reason = f"`{module}` has no `{function}`"
            raise DataError([FunctionFailed(NOWHERE, target, reason, FORM)])
        return called()
    except DataError:
        raise
    except ModuleNotFoundError as error:
        reason = f"there is no module `{error.name}`"
        remedy = "install it, or put the folder that holds it on PYTHONPATH"
        raise DataError([FunctionFailed(NOWHERE, target, reason, remedy)]) from error
    except Exception as error:  # user code may raise any exception
        raise DataError([FunctionFailed(NOWHERE, target, _described(error, module), "fix the function")]) from error


def _described(error: Exception, module: str) -> str:
    """An exception in one line, with the last line of the module in its traceback."""
    text = in_a_line(error)
    if isinstance(error, SyntaxError):
        return f"{text.split(' (')[0]} ({Path(error.filename or module).name}, line {error.lineno})"
    own = getattr(sys.modules.get(module), "__file__", None)
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if f.filename == own or Path(f.filename).stem == module.rpartition(".")[2]]
    place = (inside or frames)[-1]
    return f"{text} ({Path(place.filename).name}, line {place.lineno})"


def _arrays(found: Mapping[Any, Any]) -> dict[str, Held]:
    return {str(name): held if hasattr(held, "contents") else np.asarray(held) for name, held in found.items()}


def _own(
    target: str,
    dataset: Dataset,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
) -> Dataset:
    """A data set as the function split it, in the canonical form."""
    if dataset.folds:
        reason = "it returns a `Dataset` with folds of its own"
        raise DataError([FunctionFailed(NOWHERE, target, reason, "return a dict of arrays, and use `--folds`")])
    other = splitting.group is not None or splitting.split != RANDOM
    if splitting.folds or splitting.fraction < 1 or other:
        asked = "folds were" if splitting.folds else "another split was" if other else "a fraction was"
        reason = f"it returns a `Dataset`, which is already split, but {asked} requested"
        raise DataError(
            [FunctionFailed(NOWHERE, target, reason, "return a dict of arrays, which is then split as requested")]
        )

    own = checked(dataset, inputs, outputs)
    for name in inputs:
        if len({divisor(part.inputs[name]) for part in own.sets.values()}) > 1:
            reason = f"`{name}` has bytes in one set of its `Dataset`, and other numbers in another"
            raise DataError([FunctionFailed(NOWHERE, target, reason, "use the same type of numbers in all sets")])
    return own
