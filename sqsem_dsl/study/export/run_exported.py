"""An exported model as a function from inputs to outputs, run by the runtime of its format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sqsem_dsl.data.dataset import Array
from sqsem_dsl.study.saved_models import load_saved

Runner = Callable[[Mapping[str, Array]], dict[str, Array]]
"""From arrays by input, `[samples, …]`, to arrays by output."""


def exported_runner(name: str, path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Runner:
    """The model in a file or folder of a format. `inputs` and `outputs` are their names in the order in which Keras
    flattens them, which is that of an exported model. Raises the exceptions of the runtime."""
    match name:
        case "keras":
            return _of_keras(path, inputs, outputs)
        case "savedmodel":
            return _of_savedmodel(path, inputs, outputs)
        case "onnx":
            return _of_onnx(path, inputs, outputs)
        case "litert":
            return _of_litert(path, inputs, outputs)
        case _:
            raise AssertionError(name)


def _of_keras(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Runner:
    model = load_saved(path, None)
    return lambda arrays: _by_name(model(_alone([arrays[name] for name in inputs], inputs), training=False), outputs)


def _of_savedmodel(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Runner:
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    return lambda arrays: _by_name(model.serve(_alone([arrays[name] for name in inputs], inputs)), outputs)


def _of_onnx(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    own = _matched([tensor.name for tensor in session.get_inputs()], inputs)
    results = _matched([tensor.name for tensor in session.get_outputs()], outputs)

    def run(arrays: Mapping[str, Array]) -> dict[str, Array]:
        found = session.run(list(results.values()), {own[name]: array for name, array in arrays.items()})
        return dict(zip(results, found, strict=True))

    return run


def _of_litert(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Runner:
    """Sample by sample, as on the devices that the format is for."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=os.fspath(path), num_threads=1)
    [signature] = interpreter.get_signature_list().values()
    own, results = _matched(signature["inputs"], inputs), _matched(signature["outputs"], outputs)
    call = interpreter.get_signature_runner()

    def run(arrays: Mapping[str, Array]) -> dict[str, Array]:
        each = [
            call(**{own[name]: array[at : at + 1] for name, array in arrays.items()})
            for at in range(len(next(iter(arrays.values()))))
        ]
        return {name: np.concatenate([found[there] for found in each]) for name, there in results.items()}

    return run


def _alone(values: list[Any], names: Sequence[str]) -> Any:
    """A single value, or a dict by name."""
    return values[0] if len(values) == 1 else dict(zip(names, values, strict=True))


def _by_name(values: Any, names: Sequence[str]) -> dict[str, Array]:
    if isinstance(values, Mapping):
        return {name: np.asarray(values[name]) for name in names}
    several = values if isinstance(values, list | tuple) else [values]
    return {name: np.asarray(value) for name, value in zip(names, several, strict=True)}


def _matched(own: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The name in the exported model for each of ours. Exporters keep the names of several inputs or outputs, and may
    rename a single one."""
    if set(own) == set(names):
        return {name: name for name in names}
    return dict(zip(names, own, strict=True))
