"""The table vs. Keras itself: every operator built, run, and compared in shape, variables and multiplications."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sqsem_dsl.operators import TABLE, Attribute, Misfit, Shape, WholeShape, apply
from sqsem_dsl.operators.row import REQUIRED
from tests.networks import Net
from tests.operators.test_table import SHAPES

pytestmark = pytest.mark.keras

MAPS: list[Shape] = [(9, 4), (9, 6, 4), (5, 4, 6, 4)]
ALL: list[Shape] = [(12,), *MAPS]
Case = tuple[str, tuple[Shape, ...], dict[str, Any]]


def cases() -> Iterator[Case]:
    """Every operator at every rank, with attributes that change its shape or its variables."""
    for shape in MAPS:
        rank = len(shape) - 1
        uneven = (3, 2, 1)[:rank]
        for kernel, stride, padding, bias in product((1, 3, uneven), (1, 2, uneven), ("same", "valid"), (True, False)):
            window = {"kernel": kernel, "stride": stride, "padding": padding, "bias": bias}
            yield "conv", (shape,), {"filters": 6, **window}
            yield "conv_transpose", (shape,), {"filters": 3, **window}
            if rank < 3 and (stride != uneven or rank == 1):
                yield "depthwise", (shape,), {"multiplier": 1 + bias, **window}
                yield "separable", (shape,), {"filters": 3, "multiplier": 1 + bias, **window}
            if bias:
                pool = {"size": kernel, "stride": stride, "padding": padding}
                yield "maxpool", (shape,), pool
                yield "avgpool", (shape,), pool
        yield "conv", (shape,), {"filters": 6, "kernel": 3, "groups": 2, "init": "he_normal"}
        yield "conv", (shape,), {"filters": 6, "kernel": 2, "groups": 2, "stride": 2}
        yield "conv", (shape,), {"filters": 6, "kernel": 2, "dilation": 2}
        yield "conv", (shape,), {"filters": 6, "kernel": 2, "dilation": (2, 1, 2)[:rank], "padding": "valid"}
        if rank < 3:
            yield "separable", (shape,), {"filters": 3, "kernel": 2, "dilation": 2}
        for operator in ("gap", "gmp"):
            yield operator, (shape,), {}
            for axis in range(len(shape)):
                yield operator, (shape,), {"axis": axis}
        for axis in range(rank):
            yield "concat", (shape, (*shape[:axis], 3, *shape[axis + 1 :]), shape), {"axis": axis}
        yield "upsample", (shape,), {"factor": uneven}
        yield "zeropad", (shape,), {"n": (0, 1, 2)[:rank]}
        yield "resize", (shape,), {"size": (7, 3, 8)[:rank]}
        yield "spatial_dropout", (shape,), {"rate": Fraction(1, 4)}
        yield "scale", (shape, shape[-1:]), {}
        yield "scale", (shape, (*(1,) * rank, shape[-1])), {}
        yield "broadcast_like", ((5,), shape), {}
        yield "broadcast_like", ((*(1,) * rank, 5), shape), {}
        yield "concat", (shape, (*shape[:-1], 3), shape), {}
    for shape in ALL:
        yield "dense", (shape,), {"units": 5}
        yield "dense", (shape,), {"units": 5, "bias": False, "init": "lecun_uniform"}
        yield "groupnorm", (shape,), {"groups": 2}
        yield "flatten", (shape,), {}
        yield "reshape", (shape,), {"shape": (*shape[:-1], 2, shape[-1] // 2)[-4:] if len(shape) < 4 else (20, 24)}
        yield "slice", (shape,), {"from": 1, "to": 3}
        yield "shuffle", (shape,), {"groups": 2}
        yield "dropout", (shape,), {"rate": Fraction(1, 4)}
        yield "drop_path", (shape,), {"rate": Fraction(1, 4)}
        yield "noise", (shape,), {"stddev": Fraction(1, 10)}
        yield "rescale", (shape,), {"scale": 2, "offset": Fraction(-1, 2)}
        yield "scale", (shape, shape), {}
        for operator in ("add", "multiply", "average", "maximum", "concat"):
            yield operator, (shape, shape), {}
        for operator in (
            "batchnorm",
            "layernorm",
            "rmsnorm",
            "layer_scale",
            "prelu",
            "identity",
            "zero",
            "add",
            "concat",
        ):
            yield operator, (shape,), {}
        yield "weighted_add", (shape, shape), {}
    for operator, row in TABLE.items():
        if not row.attributes and row.tensors == (1, 1):
            yield operator, ((3, 4),), {}
    for operator, inputs, attributes, _ in SHAPES:
        yield operator, inputs, attributes
    names = TABLE["activation"].attribute("name")
    assert names is not None
    for name in names.symbols:
        yield "activation", ((3, 4),), {"name": name}


def test_every_operator_has_a_case() -> None:
    assert {operator for operator, _, _ in cases()} == set(TABLE)


def bound(shape: Shape) -> int | None:
    return shape.below if isinstance(shape, WholeShape) else None


def agree(operator: str, inputs: tuple[Shape, ...], attributes: dict[str, Any]) -> None:
    """Builds and runs the operator in Keras, from Keras's own layers, and compares all statements of the table."""
    import keras
    import numpy as np

    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    net = Net()
    tensors = [net.input(f"x{i}", *shape, below=bound(shape)) for i, shape in enumerate(inputs)]
    architecture = net.architecture(y=net.add_layer(operator, *tensors, called="it", **attributes))
    model = build_model(architecture, seed=1)
    made, layer = model.get_layer("it"), architecture.layers[-1]
    assert tuple(model.output.shape[1:]) == layer.shape
    assert [(w.name, tuple(w.shape), w.trainable) for w in made.weights] == [
        (w.name, w.shape, w.trainable) for w in layer.weights
    ]
    assert model.count_params() == architecture.params
    assert sum(w.value.size if hasattr(w.value, "size") else w.numpy().size for w in model.trainable_weights) == (
        architecture.trainable_params
    )
    assert measure_macs(model) == architecture.macs
    own = {type(one) for one in model._flatten_layers(include_self=False)} - {type(model), keras.Sequential}
    public = {kind for kind in vars(keras.layers).values() if isinstance(kind, type)}
    assert own <= public - {keras.layers.Lambda}, "a saved model must load without this package"
    batch = {
        f"x{i}": np.ones((2, *shape), "float32") if bound(shape) is None else np.zeros((2, *shape), "int32")
        for i, shape in enumerate(inputs)
    }
    for training in (False, True):
        assert tuple(keras.ops.shape(model(batch, training=training))) == (2, *layer.shape)


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes"), [*cases()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_keras_agrees(operator: str, inputs: tuple[Shape, ...], attributes: dict[str, Any]) -> None:
    agree(operator, inputs, attributes)


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Values of an attribute, valid and invalid."""
    match attribute.kind:
        case "whole":
            whole = st.integers(0, 6)
            return st.one_of(whole, st.sampled_from(attribute.symbols)) if attribute.symbols else whole
        case "axes":
            return st.one_of(st.integers(0, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
        case "axis":
            return st.one_of(st.integers(0, 4), st.sampled_from((*attribute.symbols, "nonsense")))
        case "wholes":
            return st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
        case "number":
            return st.one_of(
                st.fractions(0, Fraction(9, 8), max_denominator=8), st.sampled_from((*attribute.symbols, "other"))
            )
        case "flag":
            return st.booleans()
        case "symbol":
            return st.sampled_from((*attribute.symbols, "nonsense"))
        case "text":
            return st.text()
        case "name":
            return st.sampled_from((*attribute.symbols, "nonsense"))


@st.composite
def uses(draw: st.DrawFn) -> Case:
    """A use of an operator, often invalid."""
    row = TABLE[draw(st.sampled_from(sorted(TABLE)))]
    extents = st.integers(1, 6)
    shape = tuple(draw(st.lists(extents, min_size=1, max_size=4)))
    least, most = row.tensors
    others = draw(st.lists(st.sampled_from([shape, shape[-1:], (2, *shape[1:])]), min_size=1, max_size=2))
    inputs = (shape, *others)[: max(least, 1) if most is not None else 3]
    if draw(st.booleans()) if row.whole else draw(st.sampled_from([False] * 9 + [True])):
        inputs = (WholeShape(shape, draw(st.integers(1, 30))), *inputs[1:])
    attributes = {
        attribute.name: draw(values(attribute))
        for attribute in row.attributes
        if attribute.default is REQUIRED or draw(st.booleans())
    }
    return row.name, inputs, attributes


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(uses())
def test_what_the_table_accepts_builds_in_keras(use: Case) -> None:
    operator, inputs, attributes = use
    misfit = refusal(operator, inputs, attributes)
    event("accepted" if misfit is None else "refused")
    if misfit is None:
        agree(operator, inputs, attributes)
    else:
        assert misfit.message
        assert misfit.help


def refusal(operator: str, inputs: tuple[Shape, ...], attributes: dict[str, Any]) -> Misfit | None:
    try:
        apply(TABLE[operator], inputs, attributes)
    except Misfit as misfit:
        return misfit
    return None
