"""Batch normalization's statistics for validation, estimated from the current weights ("precise batch norm").

Keras keeps a moving average with momentum 0.99, which after a few hundred steps still contains much of the initial mean
0 and variance 1: a trained network is then validated with outdated statistics. Therefore the statistics are estimated
again before each validation: some training samples pass through the current network, each batch normalization
normalizes them by their own mean and variance, and the plain average of these over the batches becomes the moving mean
and variance. Source: Y. Wu, J. Johnson, "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, section 3.

Samples are not augmented and dropout is off, as in validation. Frozen layers (`trainable` false) keep their statistics.
Training itself does not change: it normalizes by the statistics of its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from sqsem_dsl.backends.keras.batches import input_names
from sqsem_dsl.data.dataset import Dataset

FRACTION = 8
"""One training sample in so many is used: a forward pass takes about a third of a training step, so an eighth of the
samples takes 4 % of an epoch."""
MIN_SAMPLES, MAX_SAMPLES = 256, 2048
MAX_BATCH = 256

_estimators: WeakKeyDictionary[keras.Model, dict[frozenset[int], _Estimator]] = WeakKeyDictionary()
"""By model, and by the layers that training changes in its phase: tracing a pass takes longer than the pass, and models
are used for several trainings."""


class PreciseBatchNorm(keras.callbacks.Callback):  # type: ignore[misc]
    """Estimates the statistics before each validation, from samples of the training set."""

    def __init__(self, read: Callable[[Sequence[str]], Iterator[Sequence[Any]]]) -> None:
        """`read` returns the inputs with these names, of one batch after another, all of one size."""
        super().__init__()
        self._read = read

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        if has_batchnorm(self.model):
            names = input_names(self.model)
            estimate_statistics(self.model, lambda: self._read(names))


def from_dataset(dataset: Dataset, seed: int) -> PreciseBatchNorm:
    """From samples that a seed selects: the same in each epoch, and in a resumed trial."""
    inputs, batches = dataset.train.inputs, sample_batches(len(dataset.train), seed)
    return PreciseBatchNorm(lambda names: ([inputs[name][at] for name in names] for at in batches))


def from_batches(data: Any) -> PreciseBatchNorm | None:
    """From the first batches of a `tf.data.Dataset` or `keras.utils.PyDataset`, which are read once and kept. None for
    a generator: the batches read from it would be missing in training."""
    if isinstance(data, keras.utils.PyDataset):
        batches = map(data.__getitem__, range(len(data)))
    elif hasattr(data, "take") and hasattr(data, "element_spec"):
        batches = iter(data)
    else:
        return None
    kept: list[Any] = []
    while sum(map(_size, kept)) < MIN_SAMPLES:
        batch = next(batches, None)
        if batch is None or (kept and _size(batch) < _size(kept[0])):
            break
        kept.append(batch[0])
    return PreciseBatchNorm(lambda names: (_of_names(inputs, names) for inputs in kept))


def has_batchnorm(model: keras.Model) -> bool:
    """Whether a model has batch normalization that training changes."""
    return any(_is_trained(layer) for layer in model._flatten_layers())


def sample_batches(samples: int, seed: int) -> list[NDArray[np.intp]]:
    """The positions of the samples to estimate from, in batches of equal size.

    >>> [len(batch) for batch in sample_batches(4000, seed=1)], [len(batch) for batch in sample_batches(50, seed=1)]
    ([250, 250], [50])
    """
    count = min(samples, max(MIN_SAMPLES, min(samples // FRACTION, MAX_SAMPLES)))
    batches = -(-count // MAX_BATCH)
    size = count // batches
    order = np.random.default_rng([seed, samples]).permutation(samples)
    return [order[at * size : (at + 1) * size] for at in range(batches)]


def estimate_statistics(model: keras.Model, batches: Callable[[], Iterator[Sequence[Any]]]) -> None:
    """Sets the moving mean and variance of every trained batch normalization of a functional model.

    `batches` gives the inputs, in the order of the model's, of one batch after another, all of one size.
    """
    made = _estimators.setdefault(model, {})
    trained = frozenset(id(layer) for layer in model._flatten_layers() if _is_trained(layer))
    if trained not in made:
        made[trained] = _Estimator(model)
    made[trained].run(batches())


def _size(inputs: Any) -> int:
    """The number of samples in the inputs of a batch: an array, a dict or sequence of arrays, or a batch that begins
    with these."""
    while isinstance(inputs, Mapping | tuple | list):
        inputs = next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs[0]
    return int(inputs.shape[0])


def _of_names(inputs: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(inputs, Mapping):
        return [np.asarray(inputs[name]) for name in names]
    return [np.asarray(array) for array in (inputs if isinstance(inputs, tuple | list) else [inputs])]


def _is_trained(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization) and layer.trainable


class _Estimator:
    """A model's layers in another graph, which returns the statistics that each batch normalization has used."""

    def __init__(self, model: keras.Model) -> None:
        found: list[tuple[keras.layers.Layer, Any, Any]] = []
        within: dict[int, keras.layers.Layer] = {}
        self.dropouts: list[keras.layers.Dropout] = []
        """Dropouts inside layers that are called in training mode."""

        def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
            if _is_trained(layer) and type(layer) is keras.layers.BatchNormalization:
                normalized, mean, variance = _ByBatch(layer)(*args)
                found.append((layer, mean, variance))
                return normalized
            # An operation of `keras.ops` is not a layer.
            layers = layer._flatten_layers() if isinstance(layer, keras.layers.Layer) else ()
            inner = [each for each in layers if _is_trained(each)]
            if not inner:
                return layer(*args, **kwargs)
            within.update((id(each), each) for each in inner)
            self.dropouts += [each for each in layer._flatten_layers() if isinstance(each, keras.layers.Dropout)]
            return _InTraining(layer)(*args)

        # Keras would compile the copy of a compiled model, with another optimizer and all of its variables.
        plain = keras.Model(model.inputs, model.outputs)
        clone = keras.models.clone_model(plain, clone_function=lambda layer: layer, call_function=call)
        outputs = [tensor for _, mean, variance in found for tensor in (mean, variance)]
        self.layers = [layer for layer, _, _ in found]
        self.within = list(within.values())
        """Batch normalizations inside custom layers, found only through their variables."""
        # These are called for their side effects, so the graph must reach them.
        self._graph = keras.Model(clone.inputs, [*outputs, *(clone.outputs if self.within else [])])
        # Other state that such a layer changes (a random generator's) is restored.
        estimated = [*self.layers, *self.within]
        own = {id(variable) for layer in estimated for variable in (layer.moving_mean, layer.moving_variance)}
        self._kept = [v for v in self._graph.non_trainable_variables if id(v) not in own] if self.within else []

    def run(self, batches: Iterator[Sequence[Any]]) -> None:
        """Averages over the batches, and assigns. A layer that is used several times gets the average over its uses."""
        before = [variable.numpy() for variable in self._kept]
        sums: dict[int, list[Any]] = {}
        with _set(self.within, "momentum", 0.0), _set(self.dropouts, "rate", 0.0):
            for inputs in batches:
                for layer, mean, variance in self._pass(inputs):
                    total = sums.setdefault(id(layer), [layer, 0.0, 0.0, 0])
                    total[1:] = total[1] + mean, total[2] + variance, total[3] + 1
        for layer, mean, variance, count in sums.values():
            layer.moving_mean.assign(mean / count)
            layer.moving_variance.assign(variance / count)
        for variable, value in zip(self._kept, before, strict=True):
            variable.assign(value)

    def _pass(self, inputs: Sequence[Any]) -> Iterator[tuple[keras.layers.Layer, NDArray[Any], NDArray[Any]]]:
        outputs = self._graph.predict_on_batch(list(inputs) if len(inputs) > 1 else inputs[0])
        for at, layer in enumerate(self.layers):
            mean, variance = (np.asarray(outputs[2 * at + part], np.float64)[0] for part in (0, 1))
            yield layer, mean, variance
        for layer in self.within:
            yield layer, *(v.numpy().astype(np.float64) for v in (layer.moving_mean, layer.moving_variance))


class _ByBatch(keras.layers.Layer):  # type: ignore[misc]
    """The output of a batch normalization in training, with the mean and variance of the batch, each of shape [1,
    c]."""

    def __init__(self, layer: keras.layers.BatchNormalization) -> None:
        super().__init__(dtype="float32")
        self._layer = layer

    def call(self, tensor: Any) -> tuple[Any, Any, Any]:
        layer = self._layer
        rank = len(tensor.shape)
        mean, variance = ops.moments(tensor, axes=[axis for axis in range(rank) if axis != layer.axis % rank])
        normalized = ops.batch_normalization(
            tensor, mean, variance, axis=layer.axis, offset=layer.beta, scale=layer.gamma, epsilon=layer.epsilon
        )
        return ops.cast(normalized, layer.compute_dtype), ops.expand_dims(mean, 0), ops.expand_dims(variance, 0)


class _InTraining(keras.layers.Layer):  # type: ignore[misc]
    """Calls a layer in training mode, while the model around it is not."""

    def __init__(self, layer: keras.layers.Layer) -> None:
        super().__init__(dtype=layer.dtype_policy)
        self._layer = layer

    def call(self, *tensors: Any) -> Any:
        return self._layer(*tensors, training=True)


@contextmanager
def _set(layers: Sequence[keras.layers.Layer], name: str, value: float) -> Iterator[None]:
    """Within this context, an attribute of the layers has a value: with a momentum of 0, their statistics become those
    of the last batch."""
    before = [getattr(layer, name) for layer in layers]
    for layer in layers:
        setattr(layer, name, value)
    try:
        yield
    finally:
        for layer, old in zip(layers, before, strict=True):
            setattr(layer, name, old)
