"""Positions and a first place of a sequence `[length, channels]`."""

from __future__ import annotations

from math import prod

from sqsem_dsl.operators.arguments import show, symbol
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Weight

POSITIONS, CLASS_TOKEN = "positions", "class_token"
LEARNED, SINE = "learned", "sine"


def _sequence(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        remedy = f"make it one: `reshape([1, {shape[0]}])`"
        if len(shape) > 2:
            remedy = f"make one place of each pixel: `reshape({show((prod(shape[:-1]), shape[-1]))})`"
        raise Misfit(f"`{name}` needs a sequence, [length, channels], but gets {show(shape)}", remedy)


def _positions_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    _sequence(POSITIONS, inputs[0])
    return inputs[0]


def _positions_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    return (Weight("embeddings", tuple(inputs[0])),) if symbol(attributes, "kind") == LEARNED else ()


def _token_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    _sequence(CLASS_TOKEN, inputs[0])
    length, channels = inputs[0]
    return (length + 1, channels)


def _token_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    return (Weight("embeddings", (1, inputs[0][-1])),)


ROWS = (
    Operator(
        POSITIONS,
        (1, 1),
        (Attribute("kind", "symbol", LEARNED, (LEARNED, SINE)),),
        _positions_shape,
        _positions_weights,
        padding="keeps",
        doc="a vector for each place added to it: learned (`Embedding`), or sines of different frequencies",
    ),
    Operator(
        CLASS_TOKEN,
        (1, 1),
        (),
        _token_shape,
        _token_weights,
        doc="a learned place before the first (`Embedding` and `Concatenate`)",
    ),
)
