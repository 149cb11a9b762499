"""A Keras model as an ONNX model, by tf2onnx.

Keras's own ONNX export hands the constants of layers such as `Normalization` to the model's user as inputs
(`keras.src.export.onnx` with tf2onnx 1.17). Here all constants are frozen into the graph first.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

OPSET = 17
"""The version of ONNX's operators: what most runtimes of the last years know."""


def write_onnx(model: keras.Model, path: Path) -> None:
    """Writes a model, with any number of samples and the names of its inputs and outputs. Raises the exceptions of
    TensorFlow and tf2onnx."""
    import onnx
    import tensorflow as tf
    import tf2onnx
    from keras import tree
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tensors = tree.flatten(model.input)
    names = sorted(model.output) if isinstance(model.output, dict) else [model.output_names[0]]
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype, name=f"input_{at}") for at, tensor in enumerate(tensors)]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def call(*values: Any) -> Any:
        found = model(tree.pack_sequence_as(model.input, list(values)), training=False)
        results = [found[name] for name in names] if isinstance(found, dict) else [found]
        return [tf.identity(result, name=f"output_{at}") for at, result in enumerate(results)]

    # tf2onnx knows loops, as those of recurrent layers, only as functions, and only without calls inside.
    frozen = convert_variables_to_constants_v2(
        call.get_concrete_function(), lower_control_flow=False, aggressive_inlining=True
    )
    _patch()
    given, returned = [tensor.name for tensor in frozen.inputs], [tensor.name for tensor in frozen.outputs]
    written, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(), name=model.name, input_names=given, output_names=returned, opset=OPSET
    )
    ours = [*(tensor.name for tensor in tensors), *names]
    _rename(written.graph, dict(zip([*given, *returned], ours, strict=True)))
    onnx.checker.check_model(written)
    onnx.save(written, str(path))


def _patch() -> None:
    """Keras repairs what tf2onnx uses of older versions of NumPy."""
    try:
        from keras.src.export.tf2onnx_lib import patch_tf2onnx
    except ImportError:  # another version of Keras
        return
    patch_tf2onnx()


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Gives tensors of an ONNX graph other names."""
    for tensor in (*graph.input, *graph.output):
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
