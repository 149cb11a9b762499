"""A space under one assignment: the resulting network."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.domains import Made, Network
from sqsem_dsl.diagram.evaluate import Evaluator
from sqsem_dsl.diagram.exceeded import Long
from sqsem_dsl.diagram.frontier import ErrorValue
from sqsem_dsl.diagram.item_values import Options
from sqsem_dsl.ir.context import draws, value_of
from sqsem_dsl.ir.graph import CallValue, ChoiceValue, Graph, ItemId, ListValue, MapValue, ScalarOf, SettingValue
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.settings import plain_setting
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.sections import TrainSettings
from sqsem_dsl.utils.effort import Effort, Exhausted
from sqsem_dsl.utils.recursion import with_recursion_limit


class Chooser(Protocol):
    """Decides each choice when it is read; it may raise."""

    def __call__(self, choice: int) -> Value: ...


@dataclass(frozen=True)
class Walked:
    """The network as written, before it is reduced, with the choices in draw order."""

    choices: Mapping[int, Value]
    layers: tuple[Layer, ...]
    outputs: Mapping[str, int]


@dataclass(frozen=True)
class Trained:
    """The training settings for the choices of `train`, with these choices by path, in draw order."""

    choices: Mapping[str, Value]
    settings: TrainSettings


class Cut(Exception):
    """The choices break rules of the space, given by their items."""

    def __init__(self, choices: Mapping[int, Value], rules: frozenset[ItemId] = frozenset()) -> None:
        super().__init__(choices, rules)
        self.choices, self.rules = choices, rules


@with_recursion_limit
def walk(graph: Graph, liveness: Liveness, chooser: Chooser, effort: Effort | None = None) -> Walked:
    """Evaluates the space with one option for each choice.

    Raises `Cut` if a rule is broken, `SqsError` if something does not fit, `Exhausted` if `effort` does not suffice,
    and any exception of the chooser.
    """
    decided: dict[int, Value] = {}

    def option(choice: int) -> Sequence[tuple[int, Value]]:
        if choice not in decided:
            decided[choice] = chooser(choice)
        return ((0, decided[choice]),)

    maker: Network[Any] = Network()
    evaluator = Evaluator(graph, maker, option, liveness, effort=effort or Effort(sys.maxsize))
    try:
        front = evaluator.run(item for _, item in graph.outputs)
    except Long:
        raise Exhausted(evaluator.effort.most) from None
    if not front:
        raise Cut(decided, frozenset(evaluator.rules.broken))
    ((_, stack),) = front
    tensors = []
    for value in stack:
        if isinstance(value, ErrorValue):
            raise SqsError(value.faults)
        assert isinstance(value, Made)
        tensors.append(value.position)
    outputs = {name: position for (name, _), position in zip(graph.outputs, tensors, strict=True)}
    return Walked(decided, tuple(maker.layers), outputs)


def walk_training(graph: Graph, chooser: Chooser) -> Trained:
    """Evaluates `train` with one option for each choice that it reads, also those of the network."""
    decided: dict[int, Value] = {}

    def option(choice: int) -> Sequence[tuple[int, Value]]:
        if choice not in decided:
            decided[choice] = chooser(choice)
        return ((0, decided[choice]),)

    for _, setting in graph.train:
        _draw_setting(graph, setting, option)
    plain = {key: plain_setting(graph.items, setting, decided) for key, setting in graph.train}
    choices = {graph.choices[choice].path: value for choice, value in decided.items()}
    return Trained(choices, TrainSettings.from_plain(plain))


def _draw_setting(graph: Graph, setting: SettingValue, option: Options) -> None:
    """Draws the choices that a setting reads; the choices inside an option only if it is selected."""

    def draw(item: int) -> Value:
        found: set[int] = set()
        draws(graph.items, item, found)
        values = {choice: option(choice)[0][1] for choice in sorted(found)}
        return value_of(graph.items, item, values)

    match setting:
        case ScalarOf(item=item):
            draw(item)
        case CallValue(arguments=named) | MapValue(entries=named):
            for _, argument in named:
                _draw_setting(graph, argument, option)
        case ListValue(items=items):
            for each in items:
                _draw_setting(graph, each, option)
        case ChoiceValue(test=test, options=options):
            _draw_setting(graph, dict(options)[str(draw(test))], option)
        case _:
            assert_never(setting)
