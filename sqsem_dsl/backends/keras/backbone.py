"""The Keras layer of a `backbone`: a network of `keras.applications`, cut, with the scaling of its inputs before it.

It is a functional model of Keras's own layers, so a saved model loads without this package. Its input has values from 0
to 1; `keras.applications` expects another range for each network.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from weakref import WeakSet

import keras
from keras import layers as kl
from keras import ops

from sqsem_dsl.backends.keras.pretrained import pretrained
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.arguments import symbol
from sqsem_dsl.operators.backbone import end, frozen
from sqsem_dsl.operators.backbone_layers import Listed, listed
from sqsem_dsl.operators.backbone_networks import MEAN, MEAN_OF_BYTES, NETWORKS, STDDEV
from sqsem_dsl.operators.row import Attributes, Shape

_backbones: WeakSet[keras.Model] = WeakSet()


def backbones(model: keras.Model) -> list[keras.Model]:
    """The layers of a built model that are backbones."""
    return [layer for layer in model.layers if layer in _backbones]


def backbone_layer(
    attributes: Attributes, shape: Shape, name: str, seed: int | None, dtype: str | None, folder: str | None
) -> keras.Model:
    """A new layer for the complete attributes of a `backbone`, on images [height, width, 3] from 0 to 1.

    Frozen layers are not trained: batch normalization uses its statistics, and dropout is off. With a seed, new weights
    depend only on the seed and the name. `dtype` overrides the type of the output. `folder` is that of the spec, for
    files of weights. Raises SqsError if the weights are not available, or if the installed Keras has another network.
    """
    network, weights = symbol(attributes, "network"), symbol(attributes, "weights")
    arrays = pretrained(network, weights, folder)
    with _seeded(seed, name):
        whole = getattr(keras.applications, NETWORKS[network].keras)(
            include_top=False, weights=None, input_shape=tuple(shape)
        )
    operations = whole.operations
    _check(network, operations)
    if arrays is not None:
        whole.set_weights(arrays)
    for operation, line in zip(operations, listed(network), strict=True):
        operation.name = line.name  # Keras counts the layers of the process in the names it makes up
    for at in frozen(attributes):
        _freeze(operations[at])
    core = keras.Model(whole.inputs, operations[end(attributes)].output, name=network)
    image = keras.Input(shape, name="image")
    output = core(_scaled(image, network))
    if dtype is not None:
        output = kl.Identity(dtype=dtype, name="cast")(output)
    layer = keras.Model(image, output, name=name)
    _backbones.add(layer)
    return layer


def _scaled(image: Any, network: str) -> Any:
    """An image of values from 0 to 1 in the range of a network."""
    match NETWORKS[network].scaling:
        case "tf":
            return kl.Rescaling(2.0, -1.0, name="scaled", dtype="float32")(image)
        case "torch":
            variance = [one * one for one in STDDEV]
            return kl.Normalization(mean=list(MEAN), variance=variance, name="scaled", dtype="float32")(image)
        case "caffe":
            bytes_ = kl.Rescaling(255.0, name="scaled", dtype="float32")(ops.flip(image, axis=-1))
            mean, ones = list(MEAN_OF_BYTES), [1.0, 1.0, 1.0]
            return kl.Normalization(mean=mean, variance=ones, name="centered", dtype="float32")(bytes_)
        case "own":
            return kl.Rescaling(255.0, name="scaled", dtype="float32")(image)


def _freeze(operation: Any) -> None:
    if isinstance(operation, kl.Dropout):
        operation.rate = 0.0
    elif isinstance(operation, kl.Layer):
        operation.trainable = False


def _check(network: str, operations: Sequence[Any]) -> None:
    """Raises SqsError if the operations are not those that sqsem knows, as in another version of Keras."""
    lines = listed(network)
    if len(operations) == len(lines) and all(map(_fits, operations, lines)):
        return
    from sqsem_dsl.backends.keras.errors import OtherNetwork

    raise SqsError([OtherNetwork(NOWHERE, network, keras.__version__)])


def _fits(operation: Any, line: Listed) -> bool:
    """Whether an operation has the kind and the number of inputs of a line."""
    (node,) = operation._inbound_nodes
    kinds = {"conv": "Conv2D", "depthwise": "DepthwiseConv2D", "separable": "SeparableConv2D", "dense": "Dense"}
    kinds |= {"batchnorm": "BatchNormalization", "layernorm": "LayerNormalization", "concat": "Concatenate"}
    name = type(operation).__name__
    expected = kinds.get(line.kind)
    return (name == expected if expected is not None else name not in kinds.values()) and len(
        node.input_tensors
    ) == len(line.inputs)


@contextmanager
def _seeded(seed: int | None, name: str) -> Iterator[None]:
    """Within this context, Keras's initializers and dropouts without a seed of their own, which take one from Python's
    generator, depend only on a seed and a name. Without a seed nothing changes."""
    if seed is None:
        yield
        return
    before = random.getstate()
    random.seed(int.from_bytes(sha256(f"{seed}/{name}".encode()).digest()[:8], "big"))
    try:
        yield
    finally:
        random.setstate(before)
