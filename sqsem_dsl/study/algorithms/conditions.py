"""KerasTuner's objects for declarations, and the one condition that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras_tuner.engine import hyperparameters as types
from keras_tuner.src.engine.conditions import Condition as KerasTunerCondition
from keras_tuner.src.engine.conditions import Parent

from sqsem_dsl.study.hyperparameters import Condition, Declaration


@keras.saving.register_keras_serializable(package="sqsem_dsl")
class AnyOf(KerasTunerCondition):  # type: ignore[misc]
    """Active if one of several cubes holds: each is a list of `[name, values]` pairs, all of which must hold."""

    def __init__(self, cubes: list[list[Any]] | tuple[Condition, ...]) -> None:
        self.cubes = [[(str(name), list(values)) for name, values in cube] for cube in cubes]

    def is_active(self, values: Mapping[str, Any]) -> bool:
        return any(all(values.get(name) in allowed for name, allowed in cube) for cube in self.cubes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyOf) and other.cubes == self.cubes

    __hash__ = None  # type: ignore[assignment]

    def get_config(self) -> dict[str, Any]:
        return {"cubes": [[[name, list(values)] for name, values in cube] for cube in self.cubes]}


def hyperparameter(declaration: Declaration) -> Any:
    """The `keras_tuner.engine.hyperparameters` object of a declaration."""
    when = declaration.when
    if not when:  # A choice that is never active: no value of another choice activates it.
        conditions: list[Any] = [AnyOf([])]
    elif any(not cube for cube in when):
        conditions = []
    elif len(when) == 1:
        conditions = [Parent(name, list(values)) for name, values in when[0]]
    else:
        conditions = [AnyOf(when)]
    kind = getattr(types, declaration.type)
    return kind(name=declaration.name, default=declaration.default, conditions=conditions, **declaration.arguments)
