"""Operators that act at random in training, and the rescaling of values. They keep the shape and have no weights."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.operators.arguments import show
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape

RATE = Attribute("rate", "number", low=Fraction(0), high=Fraction(1))


def _same_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return inputs[0]


def _random(name: str, doc: str, on_maps: bool = False) -> Operator:
    def shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
        if attributes["rate"] == 1:
            raise Misfit(
                f"`{name}` with a rate of 1 removes every value, but must keep some", "use a rate below 1", "rate"
            )
        if on_maps and len(inputs[0]) == 1:
            raise Misfit(
                f"`{name}` drops whole maps of a channel, but gets a vector of shape {show(inputs[0])}",
                "use `dropout` on vectors",
            )
        return inputs[0]

    return Operator(
        name, (1, 1), (RATE,), shape, padding="keeps", random=True, keeps_zero=lambda attributes: True, doc=doc
    )


ROWS = (
    _random("dropout", "values set to 0 at that rate in training, the others scaled up (`Dropout`)"),
    _random("spatial_dropout", "whole channels dropped (`SpatialDropout1D`, `2D`, `3D`)", on_maps=True),
    _random("drop_path", "the whole tensor of a sample dropped: stochastic depth (`Dropout` with one draw a sample)"),
    Operator(
        "noise",
        (1, 1),
        (Attribute("stddev", "number", low=Fraction(0), high=Fraction(1)),),
        _same_shape,
        padding="keeps",
        random=True,
        doc="normal noise added in training (`GaussianNoise`)",
    ),
    Operator(
        "rescale",
        (1, 1),
        (Attribute("scale", "number"), Attribute("offset", "number", 0)),
        _same_shape,
        padding="keeps",
        keeps_zero=lambda attributes: attributes["offset"] == 0,
        doc="scale times the value plus offset (`Rescaling`)",
    ),
)
