"""`backbone(network, weights, cut, trainable)`: a network of `keras.applications` as one layer.

Its input has values from 0 to 1, as the project gives images; the layer scales them as the network was trained. All
facts come from the list of the network's layers, up to the one where it is cut, so nothing imports Keras.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqsem_dsl.diagnostics.diagnostic import closest
from sqsem_dsl.operators.arguments import show, symbol
from sqsem_dsl.operators.backbone_layers import (
    Counted,
    counted,
    largest_tensor,
    leading_to,
    listed,
    longest_path,
    parts_of,
    positions,
)
from sqsem_dsl.operators.backbone_networks import NETWORKS
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Part, Shape, Weight

BACKBONE = "backbone"
NONE, IMAGENET, ALL, LAST = "none", "imagenet", "all", "last"
"""The symbols of its arguments: new weights or no layer trained, Keras's weights, every layer trained, the last
layer."""


def end(attributes: Attributes) -> int:
    """The position, in the network's list, of the layer whose output the backbone gives. Raises `Misfit` if the network
    has no such layer."""
    network, cut = symbol(attributes, "network"), symbol(attributes, "cut")
    return len(listed(network)) - 1 if cut == LAST else _position(network, cut, "cut")


def frozen(attributes: Attributes) -> frozenset[int]:
    """The positions of the layers that training does not change. Raises `Misfit` like `first_trained`."""
    first = first_trained(attributes)
    return frozenset(at for at in _kept(attributes) if at < first)


def has_trained(attributes: Attributes) -> bool:
    """Whether training changes a layer of the backbone."""
    return symbol(attributes, "trainable") != NONE


def first_trained(attributes: Attributes) -> int:
    """The position of the first layer that training changes. Raises `Misfit` if the network, up to its cut, has no
    layer of that name."""
    network, start = symbol(attributes, "network"), symbol(attributes, "trainable")
    last = end(attributes)
    if start in (ALL, NONE):
        return 0 if start == ALL else last + 1
    kept, first = leading_to(network, last), _position(network, start, "trainable")
    if first not in kept:
        cut = symbol(attributes, "cut")
        message = f"`backbone` is trained from the layer `{start}`, which is not before its cut `{cut}`"
        raise Misfit(message, "train from an earlier layer, or use `trainable = none`", "trainable")
    return first


def _position(network: str, name: str, argument: str) -> int:
    """The position of a layer by its name in a new process; the input is not a layer."""
    at = positions(network).get(name)
    if at:
        return at
    known = [layer.name for layer in listed(network)[1:]]
    near = closest(name, known)
    remedy = f"`keras.applications.{NETWORKS[network].keras}(weights=None).summary()` lists its layers"
    if near is not None:
        remedy = f"a layer with a similar name exists: `{near}`"
    raise Misfit(f"{network} has no layer `{name}`", remedy, argument)


def _counts(inputs: tuple[Shape, ...], attributes: Attributes) -> Sequence[Counted]:
    (shape,) = inputs
    network = symbol(attributes, "network")
    if len(shape) != 3 or shape[-1] != 3:
        remedy = "declare the input as `[height, width, 3]`"
        if len(shape) == 3 and shape[-1] == 1:
            remedy = "repeat a gray image: `concat(image, image, image)`"
        raise Misfit(f"`backbone` needs an image with 3 channels, but gets {show(shape)}", remedy)
    least = NETWORKS[network].least
    if min(shape[:2]) < least:
        raise Misfit(
            f"{network} needs an image of at least {least}x{least}, but gets {show(shape)}",
            f"make the input larger, or write `resize({show((least, least))})` before it",
        )
    return counted(network, shape[0], shape[1])


def _shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    counts = _counts(inputs, attributes)
    frozen(attributes)  # a wrong name is an error of the shape, where the choices are known
    return counts[end(attributes)].shape


def _weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    counts, still = _counts(inputs, attributes), frozen(attributes)
    return tuple(
        Weight(weight.name, weight.shape, weight.trainable and at not in still)
        for at in _kept(attributes)
        for weight in counts[at].weights
    )


def _macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    counts = _counts(inputs, attributes)
    return sum(counts[at].macs for at in _kept(attributes))


def _inside(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[int, int]:
    counts, network, last = _counts(inputs, attributes), symbol(attributes, "network"), end(attributes)
    return longest_path(network, last, counts), largest_tensor(network, last, counts)


def _parts(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> tuple[Part, ...]:
    return parts_of(symbol(attributes, "network"), end(attributes), _counts(inputs, attributes))


def _kept(attributes: Attributes) -> Iterator[int]:
    yield from leading_to(symbol(attributes, "network"), end(attributes))


ROWS = (
    Operator(
        BACKBONE,
        (1, 1),
        (
            Attribute("network", "symbol", symbols=tuple(NETWORKS)),
            Attribute("weights", "name", NONE, (NONE, IMAGENET)),
            Attribute("cut", "name", LAST, (LAST,)),
            Attribute("trainable", "name", ALL, (ALL, NONE)),
        ),
        _shape,
        _weights,
        _macs,
        weighted=True,
        inside=_inside,
        parts=_parts,
        doc="a network of `keras.applications` without its classifier, for images with values from 0 to 1",
    ),
)
