"""Activations: elementwise, except softmax over the channels. All keep the shape and have no weights."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sqsem_dsl.operators.arguments import show, symbol
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape

KERAS_NAMES: Mapping[str, str] = {
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "swish": "silu",
    "hswish": "hard_silu",
    "sigmoid": "sigmoid",
    "hsigmoid": "hard_sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
}
"""The activations that are separate operators, with their Keras names."""

SPELLINGS: Mapping[str, str] = {
    **{name: name for name in KERAS_NAMES},
    **{keras: name for name, keras in KERAS_NAMES.items()},
    "hard_swish": "hswish",
}
"""Alternative names in `activation(name)` for an activation that is an operator, mapped to the operator's name."""

OTHERS = ("softplus", "softsign", "exponential", "mish", "log_softmax", "linear")
"""The other activations that `activation(name)` accepts."""

NOT_ZERO_AT_ZERO = frozenset(
    ["sigmoid", "hsigmoid", "hard_sigmoid", "softmax", "softplus", "exponential", "log_softmax"]
)
_OVER_CHANNELS = frozenset(["softmax", "log_softmax"])

_DOCS = {
    "relu": "x where positive, else 0; at most `max`, if there is one",
    "leaky_relu": "x where positive, else `slope` times x",
    "gelu": "x times the normal distribution function of x, exactly (not the tanh approximation)",
    "swish": "x sigmoid(x), also called silu",
    "hswish": "x hsigmoid(x), also called hard swish",
    "hsigmoid": "relu6(x + 3) / 6, also called hard sigmoid",
    "softmax": "softmax over the channels (the last axis)",
}


NO_MAXIMUM = "none"
ARGUMENTS: Mapping[str, tuple[Attribute, ...]] = {
    "relu": (Attribute("max", "number", NO_MAXIMUM, (NO_MAXIMUM,), low=Fraction(0), added=True),),
    "leaky_relu": (Attribute("slope", "number", Fraction(1, 5), low=Fraction(0), high=Fraction(1), added=True),),
}
"""The arguments of the activations that have some."""


def _constant_over_one(name: str, inputs: tuple[Shape, ...]) -> Shape:
    if name in _OVER_CHANNELS and inputs[0][-1] == 1:
        raise Misfit(
            f"`{name}` over the 1 channel of {show(inputs[0])} is the same for every input",
            "use `sigmoid` for one channel, or give the layer before it one channel for each class",
        )
    return inputs[0]


def _activation_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return _constant_over_one(symbol(attributes, "name"), inputs)


def _row(name: str, keras: str) -> Operator:
    def shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
        if attributes.get("max") == 0:
            raise Misfit(f"`{name}` with a maximum of 0 gives nothing but zeros", "make it more than 0", "max")
        return _constant_over_one(name, inputs)

    keeps = name not in NOT_ZERO_AT_ZERO
    return Operator(
        name,
        (1, 1),
        ARGUMENTS.get(name, ()),
        shape,
        padding="keeps",
        keeps_zero=lambda attributes: keeps,
        doc=f'{_DOCS.get(name, f"the activation {name}")} (`Activation("{keras}")`)',
    )


ROWS = (
    *(_row(name, keras) for name, keras in KERAS_NAMES.items()),
    Operator(
        "activation",
        (1, 1),
        (Attribute("name", "symbol", symbols=tuple(sorted({*SPELLINGS, *OTHERS}))),),
        _activation_shape,
        padding="keeps",
        keeps_zero=lambda attributes: attributes["name"] not in NOT_ZERO_AT_ZERO,
        doc="the activation of that name (`Activation`)",
    ),
)
