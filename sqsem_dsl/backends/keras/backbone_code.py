"""The Python code of a function that makes a `backbone`, for `emit python` and `emit hypermodel`."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.arguments import symbol
from sqsem_dsl.operators.backbone import ALL, IMAGENET, LAST, NONE, end, first_trained
from sqsem_dsl.operators.backbone_networks import MEAN, MEAN_OF_BYTES, NETWORKS, STDDEV
from sqsem_dsl.operators.row import Attributes, Shape

_IMAGENET = f'"{IMAGENET}"'


def backbone_code(layer: Layer, shape: Shape, function: str) -> Iterator[str]:
    """The lines of a function without arguments that returns the layer, on images of a shape, with the weights that the
    spec names. A path is the one that the spec gives."""
    yield f"def {function}():"
    yield from backbone_lines(layer.attributes, str(tuple(shape)), f'"{layer.name}"')


def backbone_lines(attributes: Attributes, image: str, name: str, called: str = "") -> Iterator[str]:
    """The body of a function that returns a backbone. `image` is the code of the shape of an image, `name` that of the
    name of the layer, and `called` that of its call."""
    network, weights, cut = (symbol(attributes, each) for each in ("network", "weights", "cut"))
    known = NETWORKS[network]
    until = "" if cut == LAST else f" up to `{cut}`"
    yield f'    """{known.keras} of keras.applications{until}, for images with values from 0 to 1."""'
    made = f"keras.applications.{known.keras}(include_top=False, weights={{}}, input_shape={image})"
    if weights == IMAGENET and network == "efficientnet_b0":
        yield f"    trained = {made.format(_IMAGENET)}"
        yield f"    network = {made.format(None)}"
        yield "    network.set_weights(trained.get_weights())"
        yield "    # With these weights, Keras divides once more by the square root of each channel's deviation."
        yield '    variance = next(weight for weight in network.weights if weight.name == "variance")'
        yield f"    variance.assign(variance * keras.ops.array({list(STDDEV)}))"
    else:
        yield f"    network = {made.format(_IMAGENET if weights == IMAGENET else None)}"
        if weights not in (NONE, IMAGENET):
            yield f'    network.load_weights("{weights}")'
    yield from _freezing(attributes)
    yield f"    end = network.operations[{end(attributes)}].output"
    yield f'    cut = keras.Model(network.inputs, end, name="{network}")'
    yield f'    image = keras.Input({image}, name="image")'
    yield from _scaling(known.scaling)
    yield f"    return keras.Model(image, cut(scaled), name={name}){called}"


def _freezing(attributes: Attributes) -> Iterator[str]:
    trained = symbol(attributes, "trainable")
    if trained == ALL:
        return
    some = "" if trained == NONE else f"[:{first_trained(attributes)}]"
    yield f"    for layer in network.operations{some}:"
    yield "        if isinstance(layer, layers.Dropout):"
    yield "            layer.rate = 0.0"
    yield "        elif isinstance(layer, layers.Layer):"
    yield "            layer.trainable = False"


def _scaling(scaling: str) -> Iterator[str]:
    match scaling:
        case "tf":
            yield '    scaled = layers.Rescaling(2.0, -1.0, name="scaled")(image)'
        case "torch":
            yield f"    mean, variance = {list(MEAN)}, {[one * one for one in STDDEV]}"
            yield '    scaled = layers.Normalization(mean=mean, variance=variance, name="scaled")(image)'
        case "caffe":
            yield '    scaled = layers.Rescaling(255.0, name="scaled")(keras.ops.flip(image, axis=-1))'
            yield f"    mean, variance = {list(MEAN_OF_BYTES)}, [1.0, 1.0, 1.0]"
            yield '    scaled = layers.Normalization(mean=mean, variance=variance, name="centered")(scaled)'
        case _:
            yield '    scaled = layers.Rescaling(255.0, name="scaled")(image)'
