"""The time of a model for one sample: through Keras as a compiled function, or through the LiteRT interpreter."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any, Literal

import keras
import numpy as np

from sqsem_dsl.backends.keras.unrolled import unrolled
from sqsem_dsl.operators.row import Shape, WholeShape
from sqsem_dsl.utils.keras_backend import held_back

On = Literal["keras", "litert"]
WARMING = 5
"""Runs that are not counted."""


@dataclass(frozen=True)
class Time:
    """The median of several runs, and half the distance of their quartiles, in nanoseconds."""

    median: int
    spread: int


def device_of(on: On) -> str:
    """What this machine measures: its processor, and the runtime."""
    runtime = "LiteRT, 1 thread" if on == "litert" else f"Keras on {keras.config.backend()}"
    return f"{_processor()}, {runtime}".replace('"', "'")


def time_model(model: keras.Model, on: On, runs: int) -> Time:
    """The time of a model for one sample. A Keras function also takes time to be called, which is that of a function
    that returns its inputs: it is subtracted, and the result is not below 0. Raises the exceptions of the runtime."""
    inputs = [_sample(tensor.shape[1:], tensor.dtype) for tensor in keras.tree.flatten(model.input)]
    if on == "litert":
        with TemporaryDirectory() as folder:
            return _timed(_litert(model, inputs, Path(folder) / "model.tflite"), runs)
    whole = _timed(_compiled(lambda *given: model(_packed(model, given), training=False), inputs), runs)
    empty = _timed(_compiled(lambda *given: given, inputs), runs)
    return Time(max(0, whole.median - empty.median), whole.spread)


def _packed(model: keras.Model, given: Sequence[Any]) -> Any:
    return keras.tree.pack_sequence_as(model.input, list(given))


def _compiled(function: Callable[..., Any], inputs: Sequence[Any]) -> Callable[[], Any]:
    """The function of a batch of one, compiled by Keras's backend, that waits for its result."""
    match keras.config.backend():
        case "tensorflow":
            import tensorflow as tf

            tensors = [tf.constant(value) for value in inputs]
            concrete = tf.function(function).get_concrete_function(*tensors)
            return lambda: [each.numpy() for each in keras.tree.flatten(concrete(*tensors))]
        case "jax":
            jax = import_module("jax")
            arrays = [jax.numpy.asarray(value) for value in inputs]
            jitted = jax.jit(function)
            return lambda: jax.block_until_ready(jitted(*arrays))
        case _:
            given = [keras.ops.convert_to_tensor(value) for value in inputs]
            return lambda: [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(function(*given))]


def _litert(model: keras.Model, inputs: Sequence[Any], path: Path) -> Callable[[], Any]:
    from ai_edge_litert.interpreter import Interpreter

    with held_back():
        unrolled(model).export(str(path), format="litert", verbose=False)
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    waiting = list(inputs)
    for each in interpreter.get_input_details():
        shape = tuple(int(extent) for extent in each["shape"])
        at = next(at for at, value in enumerate(waiting) if value.shape == shape)
        interpreter.set_tensor(each["index"], waiting.pop(at).astype(each["dtype"]))
    return lambda: interpreter.invoke()


def _timed(call: Callable[[], Any], runs: int) -> Time:
    for _ in range(WARMING):
        call()
    found = []
    for _ in range(runs):
        begin = perf_counter_ns()
        call()
        found.append(perf_counter_ns() - begin)
    quartiles = quantiles(found, n=4) if len(found) > 1 else [found[0]] * 3
    return Time(round(median(found)), round((quartiles[2] - quartiles[0]) / 2))


def _sample(shape: Sequence[int], dtype: str) -> Any:
    """One sample of random numbers, or of zeros for whole numbers."""
    extents = (1, *shape)
    if "int" in str(dtype):
        return np.zeros(extents, dtype)
    return np.random.default_rng(0).random(extents, np.float32)


def plain_shape(shape: Shape) -> Shape:
    """A shape whose samples have no padding."""
    return WholeShape(shape, shape.below) if isinstance(shape, WholeShape) else tuple(shape)


def _processor() -> str:
    """The name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return " ".join((names or [platform.processor() or platform.machine()])[0].split())
