"""Recurrent layers, which read a sequence `[length, channels]` place by place and keep a state.

With c channels, u units and g kernels in a cell (LSTM: 4, GRU: 3, a simple one: 1), a direction has a kernel of c x gu,
a recurrent kernel of u x gu and a bias of gu; Keras's GRU, which multiplies after the reset, has two such biases
(https://keras.io/api/layers/recurrent_layers/gru). Each place of the sequence multiplies both kernels once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from sqsem_dsl.operators.arguments import flag, show, whole
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Weight

KERNELS: Mapping[str, int] = {"lstm": 4, "gru": 3, "rnn": 1}
"""The recurrent operators, each with the number of kernels in its cell."""

_DOCS = {
    "lstm": "long short-term memory (`LSTM`)",
    "gru": "gated recurrent units (`GRU`)",
    "rnn": "recurrent units with tanh (`SimpleRNN`)",
}


def is_turned(operator: str, attributes: Attributes) -> bool:
    """Whether Keras's layer gives the places in reverse, so that they have to be put back in order."""
    return operator in KERNELS and flag(attributes, "sequences") and flag(attributes, "backwards")


def _operator(name: str) -> Operator:
    kernels = KERNELS[name]

    def shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
        (before,) = inputs
        if len(before) != 2:
            remedy = "make it one: `reshape([height, width * channels])` reads an image row by row"
            if len(before) == 1:
                remedy = (
                    "after a recurrent layer, write `sequences = true` in that layer; otherwise make it one: "
                    f"`reshape([{before[0]}, 1])`"
                )
            raise Misfit(f"`{name}` needs a sequence, [length, channels], but gets {show(before)}", remedy)
        if flag(attributes, "backwards") and flag(attributes, "bidirectional"):
            raise Misfit(
                f"`{name}` has `backwards` and `bidirectional`, but `bidirectional` reads in both directions already",
                "leave out `backwards`, or exclude these choices with a `require`",
                "backwards",
            )
        channels = whole(attributes, "units") * (2 if flag(attributes, "bidirectional") else 1)
        return (before[0], channels) if flag(attributes, "sequences") else (channels,)

    def weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
        channels, units = inputs[0][-1], whole(attributes, "units")
        width = kernels * units
        direction = (
            Weight("kernel", (channels, width)),
            Weight("recurrent_kernel", (units, width)),
            Weight("bias", (2, width) if name == "gru" else (width,)),
        )
        return direction * 2 if flag(attributes, "bidirectional") else direction

    def macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
        found = (weight for weight in weights(inputs, attributes) if weight.name != "bias")
        return inputs[0][0] * sum(prod(weight.shape) for weight in found)

    return Operator(
        name,
        (1, 1),
        (
            Attribute("units", "whole"),
            Attribute("sequences", "flag", False),
            Attribute("backwards", "flag", False),
            Attribute("bidirectional", "flag", False),
        ),
        shape,
        weights,
        macs,
        padding="masks",
        weighted=True,
        doc=_DOCS[name],
    )


ROWS = tuple(map(_operator, KERNELS))
