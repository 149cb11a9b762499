"""MobileNet of each resolution and width, as published and as in Keras."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.network.architecture import Architecture

SPEC = Path(__file__).resolve().parents[2] / "specs" / "mobilenet_v1.sqs"


def network(resolution: int, width: Fraction | int) -> Architecture:
    return sqs.load(SPEC).at({"resolution": resolution, "width": width, "train.learning_rate": Fraction(1, 100)})


@pytest.mark.parametrize(
    ("resolution", "width", "million_macs", "million_params"),
    [
        # Howard et al., arXiv:1704.04861, table 7 (resolution) and table 6 (width). With 1,000 classes. The paper gives
        # 290 for a resolution of 160, the table of TensorFlow's models/research/slim 291.
        (224, 1, 569, 4.2),
        (192, 1, 418, 4.2),
        (160, 1, 291, 4.2),
        (128, 1, 186, 4.2),
        (224, Fraction(3, 4), 325, 2.6),
        (224, Fraction(1, 2), 149, 1.3),
        (224, Fraction(1, 4), 41, 0.5),
        # The others from that table, whose numbers of width 0.75 are lower than those of the paper.
        (192, Fraction(1, 2), 110, 1.3),
        (160, Fraction(1, 2), 77, 1.3),
        (128, Fraction(1, 2), 49, 1.3),
        (160, Fraction(1, 4), 21, 0.5),
        (128, Fraction(1, 4), 14, 0.5),
    ],
)
def test_published_sizes(resolution: int, width: Fraction | int, million_macs: int, million_params: float) -> None:
    found = network(resolution, width)
    assert round(found.macs / 10**6) == million_macs
    assert abs(found.params / 10**6 - million_params) < 0.06
    assert found.inputs == {"image": (resolution, resolution, 3)}


def test_the_parameters_do_not_depend_on_the_resolution() -> None:
    space = sqs.load(SPEC)
    costs = space.costs(range(space.count or 0))
    assert len(set(costs["params"])) == 4
    assert len(set(costs["macs"])) == 16
    assert space.analysis.architectures.count == 16


@pytest.mark.keras
@pytest.mark.parametrize("resolution", [224, 192, 160, 128])
def test_the_costs_are_those_of_the_network_of_keras_applications(resolution: int) -> None:
    """It has the same layers, of a quarter of the width."""
    keras = pytest.importorskip("keras")
    from sqsem_dsl.backends.keras.compare import disagreements
    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    known = keras.applications.MobileNet((resolution, resolution, 3), alpha=0.25, weights=None)
    found = network(resolution, Fraction(1, 4))
    assert (found.params, found.macs) == (known.count_params(), measure_macs(known))
    model = build_model(found)
    assert model.input_shape == (None, resolution, resolution, 3)
    assert disagreements(found, model) == ()
