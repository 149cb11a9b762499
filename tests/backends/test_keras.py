"""Built models: names, inputs and outputs, tied weights, seeds, and files that load without this package."""

from __future__ import annotations

import builtins
import importlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Network
from sqsem_dsl.settings.train import TrainSettings
from tests.networks import Net

pytest.importorskip("keras")
from sqsem_dsl.backends.keras.model import build_model, measure_macs

pytestmark = pytest.mark.keras


def two_inputs_two_outputs() -> Architecture:
    """Image and depth with tied weights, a gate, and most of the operators without a Keras layer."""
    net = Net()
    image, depth = net.input("image", 8, 8, 4), net.input("depth", 8, 8, 1)
    first = net.conv(image, filters=4, kernel=3, called="fires.0.conv")
    again = net.conv(net.maxpool(image, size=3, stride=1), filters=4, kernel=3, shares=first, called="fires.1.conv")
    trunk = net.slice(net.shuffle(net.concat(first, again), groups=2), **{"from": 1, "to": 5})
    trunk = net.drop_path(net.hswish(trunk), rate=Fraction(1, 4))
    trunk = net.scale(trunk, net.sigmoid(net.dense(net.gap(trunk), units=4)))
    trunk = net.resize(net.resize(trunk, size=(5, 7)), size=(8, 8))
    trunk = net.concat(trunk, depth, net.maximum(net.zero(depth), depth), net.upsample(net.maxpool(depth)))
    trunk = net.batchnorm(net.relu6(net.rescale(trunk, scale=Fraction(1, 2), offset=1)))
    label = net.softmax(net.dense(net.dropout(net.flatten(trunk), rate=Fraction(1, 2)), units=3))
    return net.architecture(label=label, mask=net.conv(trunk, filters=1, kernel=1, init="he_normal"))


def batch(architecture: Architecture, size: int = 6) -> dict[str, Any]:
    import numpy as np

    random = np.random.default_rng(0)
    return {name: random.random((size, *shape)).astype("float32") for name, shape in architecture.inputs.items()}


def numbers(tensor: Any) -> Any:
    import keras

    return keras.ops.convert_to_numpy(tensor)


def test_a_model_has_the_names_shapes_and_counts_of_its_architecture() -> None:
    architecture = two_inputs_two_outputs()
    model = build_model(architecture)
    assert model.name == architecture.space
    assert list(model.input) == ["image", "depth"]
    assert list(model.output) == ["label", "mask"]
    for layer in architecture.layers:
        if layer.shares is None:
            node = model.get_layer(layer.name)._inbound_nodes[0]
            assert tuple(node.output_tensors[0].shape[1:]) == layer.shape
    assert model.count_params() == architecture.params
    assert measure_macs(model) == architecture.macs


def test_tied_layers_are_one_layer_counted_once_and_multiplied_twice() -> None:
    net = Net()
    x, z = net.input("x", 5), net.input("z", 5)
    one = net.dense(x, units=3)
    architecture = net.architecture(y=net.add(one, net.dense(z, units=3, shares=one)))
    model = build_model(architecture)
    assert (model.count_params(), architecture.params) == (18, 18)
    assert (measure_macs(model), architecture.macs) == (30, 30)
    assert len([layer for layer in model.layers if layer.weights]) == 1


def test_outputs_are_trained_by_name() -> None:
    import numpy as np

    architecture = two_inputs_two_outputs()
    model = build_model(architecture, seed=3)
    model.compile("sgd", loss={"label": "sparse_categorical_crossentropy", "mask": "mse"})
    x = batch(architecture)
    y = {"label": np.zeros(6, "int32"), "mask": np.zeros((6, 8, 8, 1), "float32")}
    history = model.fit(x, y, epochs=1, verbose=0).history
    assert {"loss", "label_loss", "mask_loss"} <= set(history)
    assert np.isfinite(history["loss"]).all()


def test_a_saved_model_reloads_where_this_package_is_unknown(tmp_path: Path) -> None:
    import numpy as np

    architecture = two_inputs_two_outputs()
    model = build_model(architecture)
    x = batch(architecture)
    model.save(tmp_path / "best.keras")
    np.savez(tmp_path / "x.npz", **x)
    np.save(tmp_path / "y.npy", model.predict(x, verbose=0)["label"])
    code = """
import sys, keras, numpy
model = keras.models.load_model("best.keras")
found = model.predict(dict(numpy.load("x.npz")), verbose=0)["label"]
assert numpy.allclose(found, numpy.load("y.npy"), atol=1e-6)
assert "sqsem_dsl" not in sys.modules
print(sorted(model.input), model.count_params())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [f"['depth', 'image'] {architecture.params}"], done.stderr


def test_a_seed_settles_weights_and_random_layers() -> None:
    architecture = two_inputs_two_outputs()
    one, two, other = (build_model(architecture, seed=seed) for seed in (7, 7, 8))
    x = batch(architecture)
    assert (numbers(one(x, training=True)["label"]) == numbers(two(x, training=True)["label"])).all()
    assert (numbers(one(x)["label"]) != numbers(other(x)["label"])).any()


def test_layers_of_one_kind_start_from_different_weights() -> None:
    net = Net()
    x = net.input("x", 6)
    model = build_model(net.architecture(y=net.add(net.dense(x, units=6), net.dense(x, units=6))), seed=1)
    first, second = (layer for layer in model.layers if layer.weights)
    assert (numbers(first.kernel) != numbers(second.kernel)).any()


def test_drop_path_drops_whole_samples_and_scales_the_rest() -> None:
    import numpy as np

    net = Net()
    x = net.input("x", 2, 3, 4)
    model = build_model(net.architecture(y=net.drop_path(x, rate=Fraction(1, 2))), seed=1)
    ones = np.ones((64, 2, 3, 4), "float32")
    samples = numbers(model(ones, training=True)).reshape(64, -1)
    assert {tuple(set(sample)) for sample in samples.tolist()} == {(0.0,), (2.0,)}
    assert (numbers(model(ones)) == 1).all()


def test_shuffle_interleaves_and_slice_cuts_channels() -> None:
    import numpy as np

    net = Net()
    x = net.input("x", 1, 1, 6)
    model = build_model(net.architecture(y=net.shuffle(x, groups=2), z=net.slice(x, **{"from": 2, "to": 5})))
    found = model(np.arange(6, dtype="float32").reshape(1, 1, 1, 6))
    assert numbers(found["y"]).ravel().tolist() == [0, 3, 1, 4, 2, 5]
    assert numbers(found["z"]).ravel().tolist() == [2, 3, 4]


def test_resizing_is_linear_at_every_rank() -> None:
    import numpy as np

    ramp = np.array([0.0, 1.0, 2.0, 3.0], "float32")
    wanted = [0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]  # half-pixel centers
    for rank in (1, 2, 3):
        for axis in range(rank):
            extents = [1] * rank
            extents[axis] = 4
            net = Net()
            x = net.input("x", *extents, 1)
            size = tuple(8 if i == axis else 1 for i in range(rank))
            model = build_model(net.architecture(y=net.resize(x, size=size)))
            found = numbers(model(ramp.reshape(1, *extents, 1)))
            assert found.ravel().tolist() == pytest.approx(wanted)


def test_zero_is_zero_for_each_sample() -> None:
    import numpy as np

    net = Net()
    x = net.input("x", 3, 2)
    y = net.maximum(x, net.zero(x))
    reduced = net.reduced(y=y)
    model = build_model(Architecture("test", {}, Network(reduced.layers, reduced.outputs, TrainSettings())))
    values = np.array([[-1, 2], [3, -4], [-5, 6]], "float32")
    assert numbers(model(np.stack([values, -values]))).tolist() == np.maximum([values, -values], 0).tolist()


def test_an_output_may_be_an_input() -> None:
    import numpy as np

    net = Net()
    model = build_model(net.architecture(y=net.input("x", 3)))
    assert numbers(model(np.ones((2, 3), "float32"))).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_volumes_and_signals_train() -> None:
    import numpy as np

    net = Net()
    volume, signal = net.input("volume", 4, 6, 6, 2), net.input("signal", 20, 3)
    one = net.gap(net.relu(net.conv(net.maxpool(volume), filters=4, kernel=3)))
    two = net.gmp(net.separable(net.conv_transpose(signal, filters=4, kernel=3, stride=2), filters=4, kernel=5))
    architecture = net.architecture(y=net.dense(net.concat(one, two), units=1))
    model = build_model(architecture)
    model.compile("adam", loss="mse")
    assert np.isfinite(model.train_on_batch(batch(architecture), np.zeros((6, 1), "float32")))
    assert (model.count_params(), measure_macs(model)) == (architecture.params, architecture.macs)


def test_outputs_are_whole_floats_under_mixed_precision() -> None:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model(two_inputs_two_outputs())
        assert {tensor.dtype for tensor in model.output.values()} == {"float32"}
        assert model.get_layer("fires.0.conv").compute_dtype == "bfloat16"
        net = Net()
        resized = net.resize(net.conv(net.input("x", 4, 2), filters=2, kernel=1), size=8)
        assert build_model(net.architecture(y=resized)).output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_missing_keras_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_keras(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "keras":
            raise ModuleNotFoundError("No module named 'keras'", name="keras")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "sqsem_dsl.backends.keras.model")
    monkeypatch.setattr(builtins, "__import__", without_keras)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "sqsem-dsl\[tensorflow\]"'):
        importlib.import_module("sqsem_dsl.backends.keras.model")
