"""Models as Python code: what it looks like, and that it builds the same model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import sqsem_dsl

pytest.importorskip("keras")
import keras
import numpy as np

from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.model_code import architecture_code, model_code
from sqsem_dsl.backends.keras.standardize import Scale
from sqsem_dsl.network.architecture import Architecture
from tests.backends.test_keras import two_inputs_two_outputs
from tests.reference.sequence_specs import sequence_specs

pytestmark = pytest.mark.keras

ROOT = Path(__file__).resolve().parents[2]
CODE = Path(__file__).with_name("code")


def built(code: str) -> keras.Model:
    """The model that a module builds, in a namespace that has nothing else."""
    namespace: dict[str, Any] = {}
    exec(compile(code, "model.py", "exec"), namespace)
    return namespace["build_model"]()


def check_same(model: keras.Model, code: str) -> None:
    """Checks that the code builds a model with the same layers, and with copied weights the same outputs."""
    other = built(code)
    assert [type(layer) for layer in other.layers] == [type(layer) for layer in model.layers], code
    assert [layer.name for layer in other.layers if layer.weights] == [
        layer.name for layer in model.layers if layer.weights
    ]
    assert other.count_params() == model.count_params()
    assert (other.name, other.output_names) == (model.name, model.output_names)
    other.set_weights(model.get_weights())
    random = np.random.default_rng(0)
    inputs = {tensor.name: random.random((3, *tensor.shape[1:]), np.float32) for tensor in model.inputs}
    given = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    for own, their in zip(keras.tree.flatten(model(given)), keras.tree.flatten(other(given)), strict=True):
        pair = [keras.ops.convert_to_numpy(tensor) for tensor in (own, their)]
        np.testing.assert_allclose(*pair, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["digits", "toy"])
def test_the_code_reads_like_written_by_hand(name: str, update_golden: bool) -> None:
    code = architecture_code(sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs").default())
    path = CODE / f"{name}.py"
    if update_golden:
        path.write_text(code, encoding="utf-8")
    assert code == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["digits", "squeezenet_se_auto", "face_expression", "unet"])
def test_it_builds_the_same_model(name: str) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs")
    for architecture in (space.default(), space.sample_one(1)):
        check_same(build_model(architecture), architecture_code(architecture))


def test_rare_layers_tied_weights_and_several_outputs() -> None:
    architecture: Architecture = two_inputs_two_outputs()
    code = architecture_code(architecture)
    check_same(build_model(architecture), code)
    assert "conv = layers.Conv2D(4, 3" in code  # the layer that is called twice
    assert 'return keras.Model({"image": image, "depth": depth}, {"label": ' in code


@pytest.mark.parametrize("shape", ["[7, 2]", "[7, 6, 2]", "[7, 6, 5, 2]"])
@pytest.mark.parametrize("sides", ["1", "1, 0", "0, 2"])
def test_places_are_added_and_removed_on_the_same_sides(shape: str, sides: str) -> None:
    pad, crop = (f"{name}({sides.replace(', ', ', after = ')})" for name in ("zeropad", "crop"))
    flow = (
        f"space s {{ input x: {shape}  output y = x -> {pad} -> relu -> {crop} -> conv(2, 1) -> flatten -> dense(2) }}"
    )
    architecture = sqsem_dsl.loads(flow).default()
    check_same(build_model(architecture), architecture_code(architecture))


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(sequence_specs())
def test_random_specs_of_sequences(text: str) -> None:
    compilation = sqsem_dsl.Compilation.from_text(text)
    if not compilation.failed:
        architecture = compilation.space.sample_one(1)
        if architecture.inputs:
            check_same(build_model(architecture), architecture_code(architecture))
        keras.utils.clear_session()


def test_the_layers_that_scale_an_input_are_part_of_it() -> None:
    architecture = sqsem_dsl.load(ROOT / "specs" / "digits.sqs").default()
    model = build_model(architecture, scales={"image": Scale((0.5,), (0.25,), 255)})
    code = model_code(model, "Digits.")
    check_same(model, code)
    assert "layers.Rescaling(0.00392" in code
    assert "layers.Normalization(mean=[0.5], variance=[0.0625]" in code


def test_a_mixed_precision_is_part_of_it() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model(sqsem_dsl.load(ROOT / "specs" / "digits.sqs").default())
    finally:
        keras.config.set_dtype_policy("float32")
    other = built(model_code(model, "Digits."))
    policies = [[layer.dtype_policy.name for layer in each.layers[1:]] for each in (other, model)]  # without the input
    assert policies[0] == policies[1]
