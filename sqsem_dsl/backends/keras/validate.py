"""Translation validation: architectures of a space, each built in Keras and compared with the compiler's results.

for one in validations(space, 50):
    one.problems        # () if names, shapes, weights and MACs agree, and a training step succeeds
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random
from time import monotonic
from traceback import extract_tb

import keras

from sqsem_dsl.backends.keras.compare import Disagreement, disagreements
from sqsem_dsl.backends.keras.errors import BadPass, Choices, Disagrees, NotBuilt, Unread
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.smoke_test import flaws
from sqsem_dsl.backends.keras.training import policy_scope
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.new_weights import with_new_weights
from sqsem_dsl.network.unread import unread
from sqsem_dsl.operators.extern import EXTERN
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.exceptions import in_a_line

Problem = Disagrees | NotBuilt | BadPass

TRIES = 20
"""Samples for each requested architecture, until so many different ones are found."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The result for one architecture."""

    architecture: Architecture
    problems: tuple[Problem, ...]
    warnings: tuple[Unread, ...]
    seconds_built: float
    """Time for building and comparing."""
    seconds_passed: float
    """Time for the passes."""


def is_whole(space: Space, number: int) -> bool:
    """Whether `number` architectures are all architectures of a space."""
    finite = all(isinstance(c.domain, Categorical) for c in space.choices if c.section == "architecture")
    return finite and space.count is not None and space.count <= number


def sampled(space: Space, number: int, seed: int = 0) -> Iterator[Architecture]:
    """At most `number` different architectures within rules and budgets: the default, then random ones; all of a space
    that has no more.

    Raises SqsError if none is within the budgets.
    """
    if is_whole(space, number):
        assert space.count is not None
        yield from (each for each in map(space.at, range(space.count)) if space.is_feasible(each))
        return
    default = space.default()
    generator = Random(seed)
    candidates = (space.sample_one(generator.getrandbits(48)) for _ in range(TRIES * number))
    known: set[frozenset[tuple[str, object]]] = set()
    for architecture in chain([default] if space.is_feasible(default) else [], candidates):
        key = frozenset(architecture.choices.items())
        if key not in known:
            known.add(key)
            yield architecture
        if len(known) == number:
            return


def validations(space: Space, number: int, seed: int = 0) -> Iterator[Validation]:
    """Validates architectures one after another; only one model is kept in memory. Raises SqsError like `drawn`."""
    for architecture in sampled(space, number, seed):
        yield validate(architecture, seed)
        keras.utils.clear_session(free_memory=False)
        gc.collect()  # a model has reference cycles, and commands switch the garbage collector off


def validate(architecture: Architecture, seed: int = 0) -> Validation:
    """Builds an architecture, compares it layer by layer, and if all agrees runs it forward and backward."""
    began = monotonic()
    choices = tuple((path, show(value)) for path, value in architecture.choices.items())
    with policy_scope(architecture.train, seed):
        try:
            # The gradient of a penalty would hide that none of the loss arrives.
            model = build_model(with_new_weights(architecture), regularized=False)
        except Exception as error:  # any exception of Keras
            problem = NotBuilt(NOWHERE, _described(error), choices)
            return Validation(architecture, (problem,), (), monotonic() - began, 0.0)
        problems: list[Problem] = [_disagrees(each, choices) for each in disagreements(architecture, model)]
        built = monotonic()
        if not problems:
            try:
                problems += [BadPass(NOWHERE, f.where, f.what, choices) for f in flaws(architecture, model, seed)]
            except Exception as error:  # of the loss, the optimizer, or a custom layer
                problems.append(BadPass(NOWHERE, None, f"a pass on random data fails: {_described(error)}", choices))
    vain = tuple(Unread(each.span, each.name, choices) for each in unread(architecture) if each.weights)
    return Validation(architecture, tuple(problems), vain, built - began, monotonic() - built)


def _disagrees(found: Disagreement, choices: Choices) -> Disagrees:
    layer = found.layer
    span, name = (NOWHERE, None) if layer is None else (layer.span, layer.name)
    extern = layer is not None and layer.operator == EXTERN
    return Disagrees(span, name, found.what, found.compiler, found.keras, extern, choices)


def _described(error: Exception) -> str:
    """An exception in one line, with the place where it was raised."""
    last = extract_tb(error.__traceback__)[-1]
    at = f"{last.filename.replace(chr(92), '/').rpartition('/')[2]}:{last.lineno}"
    return f"{in_a_line(error)} ({at})"
