"""Traced functions for the updates of weights, shared between them, on TensorFlow.

Keras adds the optimizer's operations to the graph for each weight: for Adam, 25 each, more than half of the graph of a
training step. Here they are traced for all weights of one rank, and called for each weight. The same kernels run on the
same numbers, so weights are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import keras

from sqsem_dsl.backends.keras.optimizers import CLASSES

_INTERNALS = ("_distributed_tf_update_step", "_get_variable_index", "_trainable_variables", "update_step")
"""The parts of Keras's optimizers that this relies on. Another release of Keras may lack them."""


def share_update(optimizer: keras.optimizers.Optimizer) -> None:
    """Makes a built optimizer share its traced update between weights.

    Nothing changes on other backends, with a GPU, within a distribution, for optimizers that are not in the language,
    and with a release of Keras whose optimizers work otherwise.
    """
    if keras.config.backend() != "tensorflow" or type(optimizer) not in CLASSES.values():
        return
    if not all(hasattr(optimizer, name) for name in _INTERNALS):
        return
    tensorflow = import_module("tensorflow")
    if tensorflow.distribute.has_strategy() or tensorflow.config.list_physical_devices("GPU"):
        return
    # Only this optimizer, which stays one of Keras's, so that a saved model can be loaded without this package.
    vars(optimizer)["_distributed_tf_update_step"] = _SharedUpdate(optimizer, tensorflow)


class _SharedUpdate:
    """In place of the optimizer's method that updates all weights."""

    def __init__(self, optimizer: keras.optimizers.Optimizer, tensorflow: Any) -> None:
        self._optimizer, self._tensorflow = optimizer, tensorflow
        self._slots = _slots(optimizer)
        self._by_rank: dict[int, Any] = {}

    def __call__(self, distribution: Any, pairs: Sequence[tuple[Any, Any]], learning_rate: Any) -> None:
        rate = self._tensorflow.convert_to_tensor(learning_rate)
        for gradient, variable in pairs:
            at = self._optimizer._get_variable_index(variable)
            slots = [variables[at].value for variables in self._slots.values()]
            self._of_rank(len(variable.shape))(gradient, variable, slots, rate)

    def _of_rank(self, rank: int) -> Any:
        """The traced update: the first weight is traced with its shape, the second for any shape of that rank."""
        if rank not in self._by_rank:
            self._by_rank[rank] = self._tensorflow.function(self._update, autograph=False, reduce_retracing=True)
        return self._by_rank[rank]

    def _update(self, gradient: Any, variable: Any, slots: Sequence[Any], learning_rate: Any) -> None:
        with _with_slots(self._optimizer, dict(zip(self._slots, slots, strict=True))):
            self._optimizer.update_step(gradient, variable, learning_rate)


def _slots(optimizer: keras.optimizers.Optimizer) -> dict[str, Sequence[Any]]:
    """The optimizer's lists of variables with one for each weight, such as its momentums, by the name of their
    attribute."""
    count, own = len(optimizer._trainable_variables), {id(variable) for variable in optimizer.variables}
    return {
        name: held
        for name, held in vars(optimizer).items()
        if isinstance(held, list) and len(held) == count and all(id(each) in own for each in held)
    }


@contextmanager
def _with_slots(optimizer: keras.optimizers.Optimizer, slots: Mapping[str, Any]) -> Iterator[None]:
    """Within this context, the optimizer finds these variables for every weight."""
    held = vars(optimizer)
    before = {name: held[name] for name in slots}
    held.update({name: [slot] for name, slot in slots.items()}, _get_variable_index=lambda variable: 0)
    try:
        yield
    finally:
        held.update(before)
        del held["_get_variable_index"]
