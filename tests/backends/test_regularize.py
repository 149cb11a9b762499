"""Penalties of kernels are those of Keras's regularizers, in the loss of training, validation and saved models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras.model_code import architecture_code  # noqa: E402
from tests.fakes.trials import BLOBS, LOSS, run, task  # noqa: E402

EVERY = """
sqs 1
space every {{
  input image: [8, 8, 4]
  output y = image -> conv(4, 3) -> depthwise(3) -> separable(4, 3) -> conv_transpose(4, 3)
    -> bypass project {{ conv(8, 3) -> batchnorm }} -> flatten -> dense(3) -> softmax
  train {{ regularize = {penalty} }}
}}
"""


@pytest.mark.parametrize(
    ("penalty", "of"),
    [
        ("l1(0.1)", lambda kernel: 0.1 * np.abs(kernel).sum()),
        ("l2", lambda kernel: 0.01 * np.square(kernel).sum()),
        ("l1_l2(0.1, 0.2)", lambda kernel: 0.1 * np.abs(kernel).sum() + 0.2 * np.square(kernel).sum()),
        ("none", lambda kernel: 0.0),
    ],
)
def test_all_kernels_have_the_penalty_and_nothing_else(penalty, of):
    model = sqs.loads(EVERY.format(penalty=penalty)).default().build()
    kernels = [weight for weight in model.trainable_weights if weight.name.endswith("kernel")]
    assert len(kernels) == 8
    penalties = sum(float(keras.ops.convert_to_numpy(one)) for one in model.losses)
    assert penalties == pytest.approx(sum(of(kernel.numpy()) for kernel in kernels), rel=1e-5)


def test_the_code_of_an_architecture_has_the_penalty():
    architecture = sqs.loads(EVERY.format(penalty="l1_l2(0.1, 0.2)")).default()
    namespace: dict = {}
    exec(compile(architecture_code(architecture), "model.py", "exec"), namespace)
    model, other = architecture.build(), namespace["build_model"]()
    other.set_weights(model.get_weights())
    ours, theirs = ([float(keras.ops.convert_to_numpy(one)) for one in each.losses] for each in (model, other))
    assert len(ours) == 8
    assert theirs == pytest.approx(ours, rel=1e-6)


def test_a_tied_layer_has_its_penalty_once():
    text = """
    sqs 1
    tied block encode(x) { out x -> dense(4) }
    space twins {
      input a: [3]
      input b: [3]
      output y = concat(a -> encode, b -> encode) -> dense(1)
      train { regularize = l2(1) }
    }
    """
    model = sqs.loads(text).default().build()
    kernels = [weight.numpy() for weight in model.trainable_weights if weight.name == "kernel"]
    penalties = sum(float(keras.ops.convert_to_numpy(one)) for one in model.losses)
    assert (len(kernels), len(model.losses)) == (2, 2)
    assert penalties == pytest.approx(sum(np.square(kernel).sum() for kernel in kernels), rel=1e-5)


def test_the_loss_of_a_saved_model_in_plain_keras_contains_it(tmp_path: Path):
    path = tmp_path / "best.keras"
    found = run(task(train="regularize = l2(0.1)", epochs=2, goals=(LOSS,), model=str(path)))
    np.save(tmp_path / "x.npy", BLOBS.validation.inputs["x"])
    np.save(tmp_path / "y.npy", BLOBS.validation.labels["y"])
    code = f"""
import sys, keras, numpy as np
x, y = np.load({str(tmp_path / "x.npy")!r}), np.load({str(tmp_path / "y.npy")!r})
model = keras.models.load_model({str(path)!r})
print(model.evaluate({{"x": x}}, y, verbose=0, return_dict=True)["loss"], sum(map(float, model.losses)))
assert not any(name.startswith("sqsem") for name in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    loss, penalty = map(float, printed.stdout.split()[-2:])
    assert loss == pytest.approx(found.end.scores[0], rel=1e-5)
    assert 0.1 < penalty < loss


def test_models_with_different_penalties_do_not_share_a_compiled_step():
    found = [run(task(train=train, epochs=1)).end.metrics["loss"] for train in ("", "regularize = l2(0.1)", "")]
    assert found[0] == found[2] < found[1]
