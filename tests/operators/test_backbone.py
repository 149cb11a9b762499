"""The networks of `keras.applications` as sqsem lists them, compared with Keras's own."""

from __future__ import annotations

import json
import re
from math import prod
from typing import Any

import pytest

from sqsem_dsl.operators import TABLE, apply, count
from sqsem_dsl.operators.backbone_layers import counted, leading_to, listed
from sqsem_dsl.operators.backbone_networks import FOLDER, NETWORKS
from tests.docs.scripts import script

SIZES = ((0, 0), (13, 30))
"""Added to the least size of a network: maps of even and odd extents."""


def kernels(model: Any) -> int:
    """Multiply-accumulates by the kernels of a Keras model without sqsem's rules: for each use of a layer, the elements
    of its kernels times the positions of its output."""
    total = 0
    for operation in model.operations:
        if hasattr(operation, "operations"):  # a `Sequential`
            total += kernels(operation)
            continue
        (node,) = operation._inbound_nodes
        positions = prod(node.output_tensors[0].shape[1:-1])
        for weight in getattr(operation, "weights", ()):
            total += positions * prod(weight.shape) * ("kernel" in weight.name)
    return total


def cuts(network: str) -> list[int]:
    """The first layer, some between, and the last."""
    last = len(listed(network)) - 1
    return [1, last // 3, last // 2 + 1, last - last // 5, last]


@pytest.mark.keras
@pytest.mark.parametrize("network", NETWORKS)
def test_shapes_weights_and_macs_are_those_of_keras(network: str) -> None:
    import keras

    for more in SIZES:
        shape = (NETWORKS[network].least + more[0], NETWORKS[network].least + more[1], 3)
        keras.utils.clear_session()  # whose count of layers is in names such as `add_7`
        whole = getattr(keras.applications, NETWORKS[network].keras)(include_top=False, weights=None, input_shape=shape)
        assert [operation.name for operation in whole.operations[1:]] == [line.name for line in listed(network)[1:]]
        for at, (operation, line) in enumerate(zip(whole.operations, counted(network, *shape[:2]), strict=True)):
            assert tuple(operation.output.shape[1:]) == line.shape, (at, operation.name)
        for at in cuts(network):
            model = keras.Model(whole.inputs, whole.operations[at].output)
            attributes = {"network": network, "cut": listed(network)[at].name}
            weights, macs = count(TABLE["backbone"], (shape,), attributes)
            assert apply(TABLE["backbone"], (shape,), attributes) == tuple(model.output.shape[1:])
            # Keras numbers the variables of ConvNeXt that have no name: `variable_1`.
            found = [(re.sub(r"_\d+$", "", w.name), tuple(w.shape), w.trainable) for w in model.weights]
            assert sorted(found) == sorted((w.name, w.shape, w.trainable) for w in weights)
            assert macs == kernels(model), attributes


@pytest.mark.keras
@pytest.mark.parametrize("network", NETWORKS)
def test_keras_accepts_no_smaller_image(network: str) -> None:
    import keras

    least = NETWORKS[network].least
    with pytest.raises(ValueError, match=f"Input size must be at least {least}x{least}"):
        getattr(keras.applications, NETWORKS[network].keras)(
            include_top=False, weights=None, input_shape=(least - 1, least, 3)
        )


@pytest.mark.keras
@pytest.mark.parametrize("network", ["vgg16", "mobilenet_v2"])
def test_the_stored_list_is_what_the_generator_writes(network: str) -> None:
    generator = script("describe_backbones")
    assert generator.text(generator.described(network)) == (FOLDER / f"{network}.json").read_text(encoding="utf-8")


def test_there_is_a_list_for_each_network_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NETWORKS)
    for network in NETWORKS:
        lines = listed(network)
        assert lines[0].kind == "input"
        assert len({line.name for line in lines}) == len(lines)
        assert all(before < at for at, line in enumerate(lines) for before in line.inputs)
        assert json.loads((FOLDER / f"{network}.json").read_text())[-1][0] == lines[-1].name


def test_frozen_layers_have_no_trainable_weights() -> None:
    def trained(**attributes: str) -> int:
        weights, _ = count(TABLE["backbone"], ((32, 32, 3),), {"network": "mobilenet_v2", **attributes})
        return sum(weight.size for weight in weights if weight.trainable)

    assert trained() == 2_257_984 - 34_112
    assert trained(trainable="none") == 0
    assert trained(trainable="Conv_1") == 320 * 1280 + 2 * 1280
    assert trained(trainable="Conv_1_bn") == 2 * 1280
    assert trained(trainable="out_relu") == 0
    assert trained(cut="block_1_expand", trainable="block_1_expand") == 16 * 96


def test_only_the_layers_before_the_cut_count() -> None:
    """A cut in one branch of a residual block leaves the other out."""
    names = [listed("resnet50")[at].name for at in leading_to("resnet50", 9)]
    assert names == ["input_layer", "conv1_pad", "conv1_conv", "conv1_bn", "conv1_relu", "pool1_pad", "pool1_pool"] + [
        f"conv2_block1_1_{part}" for part in ("conv", "bn", "relu")
    ]


def test_the_largest_tensor_and_the_longest_path_lie_inside() -> None:
    inside = TABLE["backbone"].inside
    assert inside is not None
    filled = {"network": "vgg16", "weights": "none", "cut": "block2_pool", "trainable": "all"}
    assert inside(((32, 40, 3),), filled) == (4, 32 * 40 * 64)
    # MobileNetV2's name counts 17 blocks of three convolutions, of which the first has two, and one at either end.
    assert inside(((32, 32, 3),), {**filled, "network": "mobilenet_v2", "cut": "last"})[0] == 16 * 3 + 2 + 2
