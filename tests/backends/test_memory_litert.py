"""The peak memory of networks, compared with that of their LiteRT models, whose operations are in their file.

LiteRT runs a softmax, a convolution with its batch normalization and its ReLU, and the like as one operation each; it
computes layer normalization and swish in several, which are not compared here.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras

BLOCK = "bypass identity { conv(4, 3) -> batchnorm -> relu -> conv(4, 3) -> batchnorm } -> relu"
NETWORKS = {
    "residual": ("[8, 8, 3]", f"conv(4, 3) -> batchnorm -> relu -> {BLOCK} -> maxpool(2) -> flatten -> dense(10)"),
    "separable": (
        "[8, 8, 3]",
        "conv(4, 3) -> relu6 -> depthwise(3) -> batchnorm -> relu6 -> conv(8, 1) -> batchnorm -> separable(16, 3)"
        " -> batchnorm -> relu -> avgpool(2) -> dropout(0.5) -> gap -> dense(10) -> batchnorm -> relu -> dense(2)",
    ),
    "up": (
        "[8, 8, 3]",
        "conv_transpose(4, 3, stride = 2) -> batchnorm -> relu -> { concat(it, it -> conv(3, 1)) } -> relu -> gap",
    ),
    "attention": ("[8, 6]", "attention(2) -> gap -> dense(3)"),
}


def bytes_of(path: Path) -> int:
    """The most bytes alive at once, by the operations of a LiteRT model in their order; a reshaping makes no tensor,
    and what is computed from constants or extents alone is none of the network's tensors."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    plain = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = litert.Interpreter(model_path=str(path), experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    sizes = {tensor["index"]: prod(map(int, tensor["shape"])) for tensor in interpreter.get_tensor_details()}
    same: dict[int, int] = {}
    lives: dict[int, list[int]] = {tensor["index"]: [0] for tensor in interpreter.get_input_details()}
    step = 0
    operation: dict[str, Any]
    for operation in interpreter._get_ops_details():
        reads = [same.get(at, at) for at in operation["inputs"] if same.get(at, at) in lives]
        if operation["op_name"] == "SHAPE" or not reads:
            continue
        if operation["op_name"] == "RESHAPE":
            same[operation["outputs"][0]] = reads[0]
            continue
        for tensor in reads:
            lives[tensor].append(step)
        for tensor in operation["outputs"]:
            lives[tensor] = [step]
        step += 1
    for tensor in interpreter.get_output_details():
        lives[same.get(tensor["index"], tensor["index"])].append(step - 1)
    return 4 * max(
        sum(sizes[tensor] for tensor, steps in lives.items() if steps[0] <= now <= steps[-1]) for now in range(step)
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_litert_needs_as_much(name: str, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    if pytest.importorskip("keras").config.backend() != "tensorflow":
        pytest.skip("Keras exports to LiteRT on TensorFlow")
    shape, stages = NETWORKS[name]
    architecture = sqs.loads(f"space s {{ input x: {shape}  output y = x -> {stages} -> softmax }}").default()
    path = tmp_path / "model.tflite"
    architecture.build().export(str(path), format="litert", verbose=False)
    assert architecture.memory == bytes_of(path)
