"""Multiply-accumulates of a Keras layer with any inner layers.

The layer's `call` is traced on one sample: nothing is computed. Each layer that it calls is counted by the shapes of
its kernels, with the rules of the table of operators: convolutions, dense layers, the kernels of recurrent layers at
each step, and attention. Any other product of two tensors does not count. Parts that the trace cannot see are not
counted; `Counted` says which and why.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from math import prod
from types import FrameType
from typing import Any

import keras
from keras import layers as kl

from sqsem_dsl.operators.row import Shape

OWN_COUNT = "compute_macs"
"""The method by which a layer reports its multiply-accumulates for one sample: `compute_macs(self, input_shape)`."""

_LOOPS = frozenset(("scan", "map", "map_fn", "while_loop", "fori_loop", "vectorized_map", "associative_scan"))
"""Functions that trace a step once and run it many times."""
_FRAMEWORKS = frozenset(("keras", "tensorflow", "jax", "torch"))


def _known(*names: str) -> tuple[type[Any], ...]:
    """The layers with these names that this version of Keras has."""
    return tuple(getattr(kl, name) for name in names if hasattr(kl, name))


_POSITIONS = _known("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "Dense")
"""Layers that apply the whole kernel once for each position of their output."""
_TRANSPOSED = _known("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
_SEPARABLE = _known("SeparableConv1D", "SeparableConv2D")
_CELLS = _known("LSTMCell", "GRUCell", "SimpleRNNCell")
_ATTENTION = _known("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
_FREE = _known(
    "Embedding", "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "Normalization",
    "SpectralNormalization", "UnitNormalization", "PReLU",
)  # fmt: skip
"""Layers with weights that look up, add or scale."""


@dataclass(frozen=True)
class Counted:
    """The result for a layer: `macs` for one sample, the calls of weighted layers, and whether it has inner layers.

    `reason` says why `macs` is a lower bound; None if it is exact.
    """

    macs: int = 0
    weighted: int = 0
    nested: bool = False
    reason: str | None = None

    @property
    def lower_bounds(self) -> Mapping[str, str]:
        """The quantities of the layer that are lower bounds, each with the reason."""
        found: dict[str, str] = {}
        if self.reason is not None:
            found["macs"] = self.reason
        if self.nested:
            found["activations"] = found["memory"] = "it has layers inside"
        if self.weighted or self.reason is not None:
            found["weighted_layers"] = "the layers inside it are not followed"
        return found


@dataclass
class _Trace:
    """The results collected while a `call` runs."""

    macs: int = 0
    weighted: int = 0
    calls: int = 0
    reasons: list[str] = field(default_factory=list)
    called: set[int] = field(default_factory=set)
    """Counted layers, by `id`, with their inner layers that need not be called to be counted."""
    closed: int = 0
    """The number of running layers that are counted as a whole."""


def count_inside(layer: kl.Layer, shapes: tuple[Shape, ...]) -> Counted:
    """The multiply-accumulates of a built layer for one sample of these shapes (without the batch axis)."""
    trace = _Trace()
    inside = _layers(layer)
    try:
        with _observed(inside, trace):
            _run(layer, shapes)
    except Exception as error:  # a user's `call` may raise anything, even after the layer was built
        trace.reasons.append(f"its `call` cannot be traced ({type(error).__name__})")
    else:
        for each in _layers(layer):
            if id(each) not in trace.called and _own_weights(each):
                trace.reasons.append(f"`call` does not call `{each.name}`, but it has weights")
    nested = trace.calls > 1 or (bool(trace.reasons) and len(inside) > 1)
    return Counted(trace.macs, trace.weighted, nested, next(iter(trace.reasons), None))


def _layers(layer: kl.Layer) -> list[kl.Layer]:
    """The layer and all its inner layers, each once."""
    return list({id(each): each for each in layer._flatten_layers()}.values())


def _run(layer: kl.Layer, shapes: tuple[Shape, ...]) -> None:
    """Traces a layer's `call`, even if its `compute_output_shape` would suffice for the shape."""

    class Probe(kl.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return layer(inputs)

    tensors = [keras.Input(batch_shape=(1, *shape)) for shape in shapes]
    Probe()(tensors if len(tensors) > 1 else tensors[0])


@contextmanager
def _observed(layers: list[kl.Layer], trace: _Trace) -> Iterator[None]:
    """Counts each `call` of these layers in the trace; an enclosing trace is restored afterwards."""
    outer = [vars(layer).get("call") for layer in layers]
    for layer in layers:
        layer.call = _counting(layer, layer.call, trace)
    try:
        yield
    finally:
        for layer, before in zip(layers, outer, strict=True):
            del layer.call
            if before is not None:
                layer.call = before


def _counting(layer: kl.Layer, call: Callable[..., Any], trace: _Trace) -> Callable[..., Any]:
    @wraps(call)
    def counting(*args: Any, **kwargs: Any) -> Any:
        if trace.closed:
            return call(*args, **kwargs)
        whole = _is_whole(layer)
        trace.called.update(map(id, _layers(layer) if whole else [layer]))
        trace.closed += whole
        try:
            output = call(*args, **kwargs)
            given = args[0] if args else next(iter(kwargs.values()))
            if isinstance(layer, _ATTENTION):
                given = (given, args[1] if len(args) > 1 else kwargs["value"])
            _count(layer, _shapes(given), _shapes(output)[0], trace)
        finally:
            trace.closed -= whole
        return output

    return counting


def _count(layer: kl.Layer, given: list[Shape], output: Shape, trace: _Trace) -> None:
    """Adds one call of a layer to the trace. Shapes are those of the call, with the batch axis (1, or a multiple)."""
    trace.calls += 1
    loop = _loop_around(sys._getframe())
    if loop is not None and (_is_whole(layer) or _own_weights(layer)):
        trace.reasons.append(f"`{layer.name}` is called in a loop (`{loop}`) of unknown length")
        return
    try:
        found = _macs(layer, given, output)
    except TypeError:  # an extent that is None
        found = f"the shapes at `{layer.name}` are not known"
    if isinstance(found, str):
        trace.reasons.append(found)
    else:
        trace.macs += found
        trace.weighted += bool(found)


def _macs(layer: kl.Layer, given: list[Shape], output: Shape) -> int | str:
    """The multiply-accumulates of one call, without those of inner layers that are counted separately; a string gives
    the reason if they are not known."""
    if hasattr(layer, OWN_COUNT):
        return _stated(layer, given)
    if _by_keras(layer):
        match layer:
            case kl.EinsumDense():
                return _einsum(layer.equation, given[0], tuple(layer.kernel.shape))
            case kl.TimeDistributed():
                inner = count_inside(layer.layer, (given[0][2:],))
                return prod(given[0][:2]) * inner.macs if inner.reason is None else inner.reason
            case kl.RNN():
                return _recurrent(layer, given[0], output)
            case _ if isinstance(layer, _CELLS):
                return given[0][0] * _kernels(layer)
            case _ if isinstance(layer, _SEPARABLE):
                kernels = prod(layer.depthwise_kernel.shape) + prod(layer.pointwise_kernel.shape)
                return int(prod(output[:-1]) * kernels)
            case _ if isinstance(layer, _TRANSPOSED):
                return int(prod(given[0][:-1]) * prod(layer.kernel.shape))
            case _ if isinstance(layer, _POSITIONS):
                return int(prod(output[:-1]) * prod(layer.kernel.shape))
            case _ if isinstance(layer, _ATTENTION):
                return _products(layer, *given)
            case _ if isinstance(layer, _FREE):
                return 0
    own = _own_weights(layer)
    if not own:
        return 0
    weight = own[0]
    return f"`{type(layer).__name__}` has weights of its own: `{weight.name}` {list(weight.shape)}"


def _stated(layer: kl.Layer, given: list[Shape]) -> int | str:
    """The result of the layer's `compute_macs`, times the number of samples in the batch axis."""
    shapes = [(None, *shape[1:]) for shape in given]
    stated = getattr(layer, OWN_COUNT)(shapes if len(shapes) > 1 else shapes[0])
    if isinstance(stated, bool) or not isinstance(stated, int) or stated < 0:
        return f"`{OWN_COUNT}` of `{type(layer).__name__}` gives {stated!r}, not a number of multiply-accumulates"
    return given[0][0] * stated


def _einsum(equation: str, given: Shape, kernel: Shape) -> int:
    """One multiplication for each combination of the equation's indices: `abc,cde->abde`."""
    left, _, _ = equation.replace(" ", "").partition("->")
    first, second = left.split(",")
    extents: dict[str, int] = {}
    spread = 1
    for indices, shape in ((first, given), (second, kernel)):
        before, dots, after = indices.partition("...")
        extents.update(zip(before, shape, strict=False))
        extents.update(zip(reversed(after), reversed(shape), strict=False))
        if dots:
            spread = max(spread, prod(shape[len(before) : len(shape) - len(after)]))
    return spread * prod(extents.values())


def _products(layer: kl.Layer, query: Shape, value: Shape) -> int:
    """The two products of an attention; the dense layers inside it are counted by themselves."""
    _, heads, dim = layer._query_dense.kernel.shape
    width = dim + layer._value_dense.kernel.shape[2]
    return int(query[0] * query[1] * value[1] * heads * width)


def _recurrent(layer: kl.RNN, given: Shape, output: Shape) -> int | str:
    """The kernels of the cells at each step; those of convolutional cells also at each position of the output."""
    cells = layer.cell.cells if isinstance(layer.cell, kl.StackedRNNCells) else [layer.cell]
    convolutional = _known("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
    if isinstance(layer, convolutional):
        places = prod(output[-1 - (len(given) - 3) : -1])
    elif all(isinstance(cell, _CELLS) and _by_keras(cell) for cell in cells):
        places = 1
    else:
        own = next(cell for cell in cells if not (isinstance(cell, _CELLS) and _by_keras(cell)))
        return f"the cell `{type(own).__name__}` of `{layer.name}` is not one of Keras's"
    return prod(given[:2]) * places * sum(map(_kernels, cells))


def _kernels(cell: kl.Layer) -> int:
    return int(prod(cell.kernel.shape) + prod(cell.recurrent_kernel.shape))


def _is_whole(layer: kl.Layer) -> bool:
    """Whether a layer is counted together with its inner layers, which it may call in a loop."""
    return hasattr(layer, OWN_COUNT) or (_by_keras(layer) and isinstance(layer, (kl.RNN, kl.TimeDistributed)))


def _by_keras(layer: kl.Layer) -> bool:
    """Whether the layer runs Keras's own code, not a subclass's."""
    owner = next(cls for cls in type(layer).__mro__ if "call" in vars(cls))
    return owner.__module__.partition(".")[0] == "keras"


def _own_weights(layer: kl.Layer) -> list[Any]:
    """The weights of the layer itself, without scalars and without those of inner layers."""
    inner = {id(weight) for each in _layers(layer) if each is not layer for weight in each.weights}
    return [weight for weight in layer.weights if id(weight) not in inner and len(weight.shape) > 0]


def _shapes(given: Any) -> list[Shape]:
    """The shapes of the tensors in an argument or a result of a `call`."""
    return [tuple(tensor.shape) for tensor in keras.tree.flatten(given) if hasattr(tensor, "shape")] or [()]


def _loop_around(frame: FrameType | None) -> str | None:
    """The framework's function that runs the traced code, perhaps many times."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name in _LOOPS and module.partition(".")[0] in _FRAMEWORKS:
            return frame.f_code.co_name
        frame = frame.f_back
    return None
