"""Backbones as Keras layers: their scaling, their weights, what is frozen, and saved models."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl
from sqsem_dsl.diagnostics.errors import SqsError

pytest.importorskip("keras")
import keras
import numpy as np

from sqsem_dsl.backends.keras import pretrained as pretrained_module
from sqsem_dsl.backends.keras.compare import disagreements
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.model_code import architecture_code
from sqsem_dsl.backends.keras.precise_batchnorm import estimate_statistics
from sqsem_dsl.backends.keras.training import policy_scope
from sqsem_dsl.backends.keras.validate import validate
from sqsem_dsl.network.architecture import Architecture
from tests.backends.test_model_code import check_same

pytestmark = pytest.mark.keras

IMAGES = np.random.default_rng(0).random((2, 40, 32, 3), np.float32)


@pytest.fixture(autouse=True)
def _without_kept_weights() -> None:
    pretrained_module._read.cache_clear()


def space(arguments: str, after: str = "gap -> dense(3) -> softmax") -> str:
    return f"space s {{ input image: [40, 32, 3]  output y = image -> backbone({arguments}) -> {after} }}"


def network(arguments: str, after: str = "gap -> dense(3) -> softmax") -> Architecture:
    return sqsem_dsl.loads(space(arguments, after)).default()


def outputs(model: keras.Model, training: bool = False) -> Any:
    return keras.ops.convert_to_numpy(model(IMAGES, training=training))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "module", "made", "cut"),
    [
        ("mobilenet_v2", "mobilenet_v2", "MobileNetV2", "expanded_conv_project_BN"),
        ("densenet121", "densenet", "DenseNet121", "pool1"),
        ("resnet50", "resnet", "ResNet50", "conv2_block1_out"),
        ("efficientnet_b0", "efficientnet", "EfficientNetB0", "stem_activation"),
        ("mobilenet_v3_small", "mobilenet_v3", "MobileNetV3Small", "expanded_conv_project_bn"),
    ],
)
def test_images_from_0_to_1_are_scaled_as_keras_scales_bytes(name: str, module: str, made: str, cut: str) -> None:
    model = build_model(network(f'{name}, cut = "{cut}"', "identity"))
    whole = getattr(keras.applications, made)(include_top=False, weights=None, input_shape=(40, 32, 3))
    theirs = keras.Model(whole.inputs, whole.get_layer(cut).output)
    theirs.set_weights(model.get_weights())
    scaled = getattr(keras.applications, module).preprocess_input(IMAGES * 255)
    expected = keras.ops.convert_to_numpy(theirs(scaled, training=False))
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(outputs(model), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        "mobilenet_v2",
        'convnext_tiny, cut = "convnext_tiny_stage_0_block_1_identity"',
        'nasnet_mobile, cut = "normal_concat_1", trainable = "reduction_conv_1_stem_2"',
        'efficientnet_b0, cut = "block3a_expand_activation", trainable = "block2a_expand_conv"',
        'resnet50, cut = "conv2_block1_1_conv", trainable = none',
    ],
)
def test_the_compiler_and_keras_agree(arguments: str) -> None:
    architecture = network(arguments)
    model = build_model(architecture, seed=3)
    assert disagreements(architecture, model) == ()


def test_a_wrong_count_is_found() -> None:
    architecture = network('vgg16, cut = "block1_pool"')
    model = build_model(network('vgg16, cut = "block1_pool", trainable = none'))
    assert [found.what for found in disagreements(architecture, model)] == ["parameters"]


def test_new_weights_depend_on_the_seed_and_the_name_alone() -> None:
    architecture = network('efficientnet_b0, cut = "block2b_add"')
    state = random.getstate()
    first = build_model(architecture, seed=1).get_weights()
    assert random.getstate() == state
    random.seed(99)
    keras.layers.Dense(3)
    again, other = (build_model(architecture, seed=seed).get_weights() for seed in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_frozen_network_is_not_trained_and_has_no_dropout() -> None:
    model = build_model(network('efficientnet_b0, cut = "block2b_add", trainable = none'), seed=1)
    layer = model.get_layer("backbone")
    assert not layer.trainable_weights
    before, given = layer.get_weights(), outputs(model)
    np.testing.assert_allclose(outputs(model, training=True), given, atol=1e-6)
    head = model.get_layer("dense").get_weights()[1]
    model.compile("sgd", "mse")
    model.fit(IMAGES, np.ones((2, 3), np.float32), verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights(), strict=True))
    assert not np.array_equal(model.get_layer("dense").get_weights()[1], head)


def test_uses_in_a_tied_block_share_one_network() -> None:
    text = """
      tied block see(x) { out x -> backbone(mobilenet_v2, cut = "block_1_project_BN") -> gap }
      space s {
        input left: [40, 32, 3]  input right: [40, 32, 3]
        output y = concat(left -> see, right -> see) -> dense(3)
      }
    """
    architecture = sqsem_dsl.loads(text).default()
    model = build_model(architecture, seed=1)
    assert disagreements(architecture, model) == ()
    once = network('mobilenet_v2, cut = "block_1_project_BN"')
    assert architecture.params - once.params == 24 * 3
    assert architecture.macs - 2 * once.macs == 0
    check_same(model, architecture_code(architecture))


def test_the_output_of_a_network_in_half_precision_is_whole() -> None:
    text = space('mobilenet_v3_small, cut = "expanded_conv_project_bn"', "identity")[:-1]
    architecture = sqsem_dsl.loads(text + "train { precision = mixed_bfloat16 } }").default()
    with policy_scope(architecture.train, 1):
        model = build_model(architecture)
    assert model.output.dtype == "float32"
    assert model.get_layer("backbone").get_layer("mobilenet_v3_small").compute_dtype == "bfloat16"
    assert np.isfinite(outputs(model)).all()


def test_layers_before_the_first_trained_one_are_frozen() -> None:
    model = build_model(network('mobilenet_v2, cut = "block_2_add", trainable = "block_2_expand"'), seed=1)
    core = model.get_layer("backbone").get_layer("mobilenet_v2")
    before = {layer.name: layer.get_weights() for layer in core.layers}
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(IMAGES, np.eye(3, dtype=np.float32)[:2], verbose=0)
    changed = [
        layer.name
        for layer in core.layers
        if any(not np.array_equal(a, b) for a, b in zip(before[layer.name], layer.get_weights(), strict=True))
    ]
    steps = ("expand", "expand_BN", "depthwise", "depthwise_BN", "project", "project_BN")
    assert changed == [f"block_2_{step}" for step in steps]


def test_precise_statistics_change_only_trained_layers_and_ignore_dropout() -> None:
    model = build_model(network('efficientnet_b0, cut = "block2b_add", trainable = "block2b_expand_conv"'), seed=1)
    core = model.get_layer("backbone").get_layer("efficientnet_b0")
    before = {layer.name: layer.get_weights() for layer in core.layers}
    found = []
    for _ in range(2):
        estimate_statistics(model, lambda: iter([[IMAGES]]))
        found.append(model.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    changed = {
        layer.name
        for layer in core.layers
        if any(not np.array_equal(a, b) for a, b in zip(before[layer.name], layer.get_weights(), strict=True))
    }
    assert changed == {"block2b_expand_bn", "block2b_bn", "block2b_project_bn"}
    assert core.get_layer("block2b_drop").rate > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        'resnet50, cut = "conv2_block1_out", trainable = none',
        'convnext_tiny, cut = "convnext_tiny_stage_0_block_0_identity"',
        'efficientnet_b0, cut = "block2b_add", trainable = "block2a_expand_conv"',
    ],
)
def test_a_saved_model_loads_without_sqsem(arguments: str, tmp_path: Path) -> None:
    model = build_model(network(arguments), seed=1)
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", IMAGES)
    code = (
        "import sys, keras, numpy as np; m = keras.models.load_model('m.keras'); "
        "np.save('y.npy', m.predict(np.load('x.npy'), verbose=0)); "
        "print(len(m.trainable_weights), 'sqsem_dsl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(model.trainable_weights)), "False"]
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), outputs(model), atol=1e-5)


# ---- weights


def saved(folder: Path, made: str = "MobileNetV2") -> list[Any]:
    """Saves a network's weights next to a spec, and returns them."""
    whole = getattr(keras.applications, made)(include_top=False, weights=None, input_shape=(64, 64, 3))
    whole.save_weights(folder / "own.weights.h5")
    return whole.get_weights()


def in_folder(folder: Path, text: str) -> Any:
    (folder / "s.sqs").write_text(text, encoding="utf-8")
    return sqsem_dsl.load(folder / "s.sqs")


def test_weights_of_a_file_next_to_the_spec(tmp_path: Path) -> None:
    weights = saved(tmp_path)
    loaded = in_folder(tmp_path, space('mobilenet_v2, weights = "own.weights.h5"')).default()
    state = random.getstate()
    layer = build_model(loaded, seed=1).get_layer("backbone")
    assert random.getstate() == state
    assert all(np.array_equal(a, b) for a, b in zip(weights, layer.get_weights(), strict=True))
    assert loaded.id != network("mobilenet_v2").id


def test_weights_of_a_file_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path)
    loaded = in_folder(tmp_path, space('mobilenet_v2, weights = "own.weights.h5", cut = "block_1_project_BN"'))
    calls: list[Any] = []
    read = keras.Model.load_weights
    monkeypatch.setattr(keras.Model, "load_weights", lambda *given: (calls.append(given), read(*given)))
    for _ in range(3):
        build_model(loaded.default())
    assert len(calls) == 1


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    saved(tmp_path)
    loaded = in_folder(tmp_path, space('mobilenet_v2, weights = "own.weights.h5", cut = "Conv1"')).default()
    before = build_model(loaded).get_layer("backbone").get_weights()
    saved(tmp_path)
    after = build_model(loaded).get_layer("backbone").get_weights()
    assert not np.array_equal(before[0], after[0])


def reason(architecture: Architecture) -> str:
    with pytest.raises(SqsError) as caught:
        build_model(architecture)
    (found,) = caught.value.diagnostics
    assert found.code == "SQS760"
    return str(found.title)


def test_weights_of_another_network_are_an_error(tmp_path: Path) -> None:
    saved(tmp_path, "MobileNet")
    loaded = in_folder(tmp_path, space('vgg16, weights = "own.weights.h5"')).default()
    assert "the weights `own.weights.h5` of vgg16 cannot be loaded: " in reason(loaded)


def test_a_file_that_leads_to_another_is_an_error(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    saved(tmp_path)
    loaded = in_folder(tmp_path, space('mobilenet_v2, weights = "own.weights.h5"')).default()
    with h5py.File(tmp_path / "own.weights.h5", "a") as file:
        file["layers/other"] = h5py.ExternalLink("/etc/secret.h5", "/x")
    assert "`layers/other` is a link to another file" in reason(loaded)
    saved(tmp_path)
    with h5py.File(tmp_path / "own.weights.h5", "a") as file:
        file.create_dataset("layers/raw", (4,), "u1", external=[(str(tmp_path / "s.sqs"), 0, 4)])
    assert "its data set `layers/raw` is in another file" in reason(loaded)


def test_a_text_and_a_kept_spec_have_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SqsError) as caught:
        sqsem_dsl.loads(space('vgg16, weights = "own.weights.h5"'))
    assert [found.code for found in caught.value.diagnostics] == ["SQS213"]
    assert "the spec has no folder" in caught.value.diagnostics[0].title


@pytest.mark.parametrize(("name", "made"), [("mobilenet_v2", "MobileNetV2"), ("efficientnet_b0", "EfficientNetB0")])
def test_the_weights_of_keras(name: str, made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Keras would fetch is a file in the old format of its own."""
    whole = getattr(keras.applications, made)(include_top=False, weights=None, input_shape=(64, 64, 3))
    for weight in whole.weights:
        if weight.name in ("mean", "variance"):
            weight.assign([0.4, 0.5, 0.6])
    whole.save_weights(tmp_path / "fetched.weights.h5")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: str(tmp_path / "fetched.weights.h5"))
    theirs = getattr(keras.applications, made)(include_top=False, weights="imagenet", input_shape=(40, 32, 3))
    ours = build_model(network(f"{name}, weights = imagenet", "identity"))
    scaled = getattr(keras.applications, name.removesuffix("_b0")).preprocess_input(IMAGES * 255)
    expected = keras.ops.convert_to_numpy(theirs(scaled, training=False))
    np.testing.assert_allclose(outputs(ours), expected, rtol=1e-3, atol=1e-4)


def test_weights_that_cannot_be_fetched_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure on https://example.org: None")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    architecture = network("mobilenet_v2, weights = imagenet")
    assert "the weights `imagenet` of mobilenet_v2 cannot be loaded" in reason(architecture)
    assert validate(architecture).problems == ()  # which needs no trained weights


def test_another_network_in_keras_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    other = keras.applications.VGG19
    monkeypatch.setattr(keras.applications, "VGG16", other)
    with pytest.raises(SqsError, match=r"vgg16 of Keras .* has other layers than sqsem knows"):
        build_model(network("vgg16"))


# ---- code


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        'mobilenet_v2, cut = "block_2_add", trainable = "block_2_expand"',
        'resnet50, cut = "conv2_block1_out", trainable = none',
        'densenet121, cut = "pool1"',
        'efficientnet_b0, cut = "block2b_add"',
    ],
)
def test_the_code_builds_the_same_model(arguments: str) -> None:
    architecture = network(arguments)
    model = build_model(architecture)
    code = architecture_code(architecture)
    check_same(model, code)


def test_the_code_names_the_weights(tmp_path: Path) -> None:
    saved(tmp_path)
    code = architecture_code(in_folder(tmp_path, space('mobilenet_v2, weights = "own.weights.h5"')).default())
    assert 'network.load_weights("own.weights.h5")' in code
    code = architecture_code(network("mobilenet_v2, weights = imagenet"))
    assert 'keras.applications.MobileNetV2(include_top=False, weights="imagenet", input_shape=(40, 32, 3))' in code
