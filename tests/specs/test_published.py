"""Published networks written as a user would, in `published/`: their numbers, and those of keras.applications."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl
from sqsem_dsl import Space
from sqsem_dsl.network.architecture import Architecture

SPECS = Path(__file__).with_name("published")


@cache
def load(spec: str) -> Space:
    return sqsem_dsl.load(SPECS / f"{spec}.sqs")


def network(spec: str, **choices: object) -> Architecture:
    space = load(spec)
    return space.at({**space.default().choices, **choices})


@pytest.mark.parametrize(
    ("spec", "choices", "trainable", "params", "macs"),
    [
        # keras.applications: 23,851,784. arXiv:1512.00567 and its successors give 5.7G multiply-adds.
        ("inception_v3", {}, 23_817_352, 23_851_784, 5_713_216_096),
        ("convnext_tiny", {}, 28_589_128, 28_589_128, 4_455_531_264),
        ("mobilevit", {"variant": 0}, 1_272_024, 1_276_136, 407_364_096),
        ("mobilevit", {"variant": 1}, 2_317_848, 2_326_296, 1_025_911_808),
        ("mobilevit", {"variant": 2}, 5_578_632, 5_590_888, 2_000_831_488),
    ],
)
def test_size(spec: str, choices: dict[str, object], trainable: int, params: int, macs: int) -> None:
    found = network(spec, **choices)
    assert (found.trainable_params, found.params, found.macs) == (trainable, params, macs)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.sqs")), ids=lambda path: path.stem)
def test_a_spec_has_no_findings(path: Path) -> None:
    assert sqsem_dsl.Compilation.from_file(path).findings() == ()


@pytest.mark.keras
@pytest.mark.parametrize(("spec", "name"), [("inception_v3", "InceptionV3"), ("convnext_tiny", "ConvNeXtTiny")])
def test_each_layer_is_one_of_keras_applications(spec: str, name: str) -> None:
    keras = pytest.importorskip("keras")
    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    architecture = network(spec)
    model = build_model(architecture)
    known = getattr(keras.applications, name)(weights=None)
    assert _layers(model) == _layers(known)
    assert measure_macs(model) == measure_macs(known) == architecture.macs


Shapes = Counter[tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]]


def _layers(model: Any) -> Shapes:
    """The shapes of the weights and of the result of each layer with weights. Layers of parallel branches have no
    order, and a depthwise kernel has its channels in the last axis but one or in the last: extents of 1 are left
    out."""
    import keras

    found: Shapes = Counter()
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and not isinstance(layer, keras.Model):
            weights = tuple(tuple(n for n in weight.shape if n != 1) for weight in layer.weights)
            found[weights, tuple(layer.output.shape[1:])] += 1
    return found
