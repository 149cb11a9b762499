"""Trains small networks with NumPy, as sqsem does with Keras: the same numbers up to rounding, without tracing.

For networks of a few thousand weights, a framework takes longer to build a model and to trace its step than to train.
Only the operators of `cancer_table.sqs` and `mnist_table.sqs` are here. A test compares trainings with Keras's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Weights = dict[str, np.ndarray]
"""Float32, by the path of the variable, such as `convs.0.conv/kernel`; with batch normalization's statistics."""
STATISTICS = ("moving_mean", "moving_variance")
Back = Callable[[np.ndarray], Iterator[tuple[int | str, np.ndarray]]]
"""From the gradient of an output to those of the inputs, by their position, and of the weights, by their path."""


def shapes(architecture: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of all variables, in the order of the layers."""
    found: dict[str, tuple[int, ...]] = {}
    for layer in architecture.layers:
        before = architecture.layers[layer.inputs[0]].shape if layer.inputs else ()
        match layer.operator:
            case "conv":
                found[f"{layer.name}/kernel"] = (*layer.attributes["kernel"], before[-1], layer.shape[-1])
                found[f"{layer.name}/bias"] = (layer.shape[-1],)
            case "dense":
                found[f"{layer.name}/kernel"] = (before[-1], layer.shape[-1])
                found[f"{layer.name}/bias"] = (layer.shape[-1],)
            case "batchnorm":
                found |= {f"{layer.name}/{part}": (layer.shape[-1],) for part in ("gamma", "beta", *STATISTICS)}
    return found


def initial(architecture: Any, rng: np.random.Generator) -> Weights:
    """Glorot's uniform kernels, the default of the language; other variables as Keras begins them."""
    found = {}
    for path, shape in shapes(architecture).items():
        match path.rpartition("/")[2]:
            case "kernel":
                limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
                found[path] = rng.uniform(-limit, limit, shape).astype("float32")
            case "gamma" | "moving_variance":
                found[path] = np.ones(shape, "float32")
            case _:
                found[path] = np.zeros(shape, "float32")
    return found


class Training:
    """A network of one input and one output in training, with cross entropy and Keras's Adam with its defaults."""

    def __init__(self, architecture: Any, weights: Weights, rng: np.random.Generator) -> None:
        """`weights` are copied; `rng` is for dropout."""
        self.layers = architecture.layers
        self.rate = np.float32(architecture.train.learning_rate)
        self.rng = rng
        self.binary = self.layers[-1].operator == "sigmoid"
        assert self.layers[-1].operator in ("sigmoid", "softmax")
        assert architecture.train.optimizer.name == "adam"
        trained = [path for path in weights if path.rpartition("/")[2] not in STATISTICS]
        # All weights are views of one array, so that an update is a few operations.
        self.flat = np.concatenate([weights[path].ravel() for path in trained])
        self.weights: Weights = {path: value.copy() for path, value in weights.items()}
        self.gradient, self.at = np.zeros_like(self.flat), dict[str, slice]()
        start = 0
        for path in trained:
            self.at[path] = slice(start, start := start + weights[path].size)
            self.weights[path] = self.flat[self.at[path]].reshape(weights[path].shape)
        self.moment, self.square, self.steps = np.zeros_like(self.flat), np.zeros_like(self.flat), 0

    def step(self, x: np.ndarray, labels: np.ndarray) -> None:
        """One update."""
        logits, backs = self._forward(x, training=True)
        gradients: dict[int, np.ndarray] = {
            len(self.layers) - 2: (_chances(logits, self.binary) - self._target(labels)) / len(x)
        }
        for position in range(len(self.layers) - 2, 0, -1):
            for key, value in backs[position](gradients.pop(position)):
                if isinstance(key, str):
                    self.gradient[self.at[key]] = value.ravel()
                elif key > 0:
                    gradients[key] = gradients[key] + value if key in gradients else value
        self._adam()

    def _adam(self) -> None:
        beta, gamma, g = np.float32(0.9), np.float32(0.999), self.gradient
        self.steps += 1
        self.moment += (1 - beta) * (g - self.moment)
        self.square += (1 - gamma) * (g * g - self.square)
        alpha = self.rate * np.sqrt(1 - gamma**self.steps) / (1 - beta**self.steps)
        self.flat -= alpha * self.moment / (np.sqrt(self.square) + np.float32(1e-7))

    def estimate_statistics(self, batches: Sequence[np.ndarray]) -> None:
        """Sets the statistics of batch normalization as `batchnorm_statistics = precise` does."""
        norms = [layer.name for layer in self.layers if layer.operator == "batchnorm"]
        if norms:
            self.statistics: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in norms}
            for batch in batches:
                self._forward(batch, training=True, dropout=False)
            for name, found in self.statistics.items():
                for path, values in zip(STATISTICS, zip(*found, strict=True), strict=True):
                    self.weights[f"{name}/{path}"][:] = np.mean(values, axis=0)

    def scores(self, x: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """The loss and the accuracy."""
        logits, _ = self._forward(x, training=False)
        chances = np.clip(_chances(logits, self.binary), 1e-7, 1 - 1e-7)
        target = self._target(labels)
        if self.binary:
            loss = -np.mean(target * np.log(chances) + (1 - target) * np.log(1 - chances))
            right = (chances > 0.5) == (target > 0.5)
        else:
            loss = -np.mean((target * np.log(chances)).sum(-1))
            right = chances.argmax(-1) == labels
        return {"loss": float(loss), "accuracy": float(np.mean(right))}

    def _target(self, labels: np.ndarray) -> np.ndarray:
        if self.binary:
            return labels[:, None].astype("float32")
        return np.eye(self.layers[-1].shape[-1], dtype="float32")[labels]

    def _forward(self, x: np.ndarray, *, training: bool, dropout: bool = True) -> tuple[np.ndarray, list[Back]]:
        """The input of the last activation, and the gradient of each layer."""
        tensors, backs = [x], [_none]
        for layer in self.layers[1:-1]:
            given = [tensors[at] for at in layer.inputs]
            out, back = self._layer(layer, given, training, training and dropout)
            tensors.append(out)
            backs.append(back)
        return tensors[-1], backs

    def _layer(self, layer: Any, given: list[np.ndarray], training: bool, dropout: bool) -> tuple[np.ndarray, Back]:
        x, at, name = given[0], layer.inputs[0], layer.name
        match layer.operator:
            case "dense":
                kernel, bias = self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"]

                def dense(g: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
                    yield f"{name}/kernel", x.T @ g
                    yield f"{name}/bias", g.sum(0)
                    if at:
                        yield at, g @ kernel.T

                return x @ kernel + bias, dense
            case "conv":
                return _conv(layer, x, self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"])
            case "relu":
                return np.maximum(x, 0), lambda g: iter([(at, g * (x > 0))])
            case "tanh":
                out = np.tanh(x)
                return out, lambda g: iter([(at, g * (1 - out * out))])
            case "sigmoid":
                out = _chances(x, binary=True)
                return out, lambda g: iter([(at, g * out * (1 - out))])
            case "flatten":
                return x.reshape(len(x), -1), lambda g: iter([(at, g.reshape(x.shape))])
            case "gap":
                size = x[0, ..., 0].size
                return x.mean((1, 2)), lambda g: iter([(at, np.broadcast_to(g[:, None, None] / size, x.shape))])
            case "scale":
                gate, other = given[1][:, None, None], layer.inputs[1]
                return x * gate, lambda g: iter([(at, g * gate), (other, (g * x).sum((1, 2)))])
            case "maxpool" | "avgpool":
                return _pool(layer, x)
            case "dropout":
                if not dropout:
                    return x, lambda g: iter([(at, g)])
                keep = np.float32(1 - layer.attributes["rate"])
                mask = (self.rng.random(x.shape, "float32") < keep) / keep
                return x * mask, lambda g: iter([(at, g * mask)])
            case "batchnorm":
                return self._batchnorm(layer, x, training)
            case other_operator:
                raise AssertionError(other_operator)

    def _batchnorm(self, layer: Any, x: np.ndarray, training: bool) -> tuple[np.ndarray, Back]:
        name, epsilon = layer.name, np.float32(layer.attributes["epsilon"])
        gamma, beta, mean, variance = (self.weights[f"{name}/{part}"] for part in ("gamma", "beta", *STATISTICS))
        if training:
            mean, variance = x.mean(0), x.var(0)
            if hasattr(self, "statistics"):
                self.statistics[name].append((mean, variance))
        normal = (x - mean) / (deviation := np.sqrt(variance + epsilon))

        def back(g: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
            yield f"{name}/gamma", (g * normal).sum(0)
            yield f"{name}/beta", g.sum(0)
            yield layer.inputs[0], gamma / deviation * (g - g.mean(0) - normal * (g * normal).mean(0))

        return normal * gamma + beta, back


def _none(_: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
    return iter(())


def _chances(logits: np.ndarray, binary: bool) -> np.ndarray:
    if binary:
        return 1 / (1 + np.exp(-logits))
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _sides(size: int, window: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis, for `padding = same`."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _windows(x: np.ndarray, size: Sequence[int], stride: int, fill: float) -> tuple[np.ndarray, tuple[int, int]]:
    """[batch, height, width, *size, channels], and the padding before both axes."""
    sides = [_sides(x.shape[axis + 1], size[axis], stride) for axis in range(2)]
    padded = np.pad(x, ((0, 0), *sides, (0, 0)), constant_values=fill)
    found = sliding_window_view(padded, tuple(size), axis=(1, 2))[:, ::stride, ::stride]
    return found.transpose(0, 1, 2, 4, 5, 3), (sides[0][0], sides[1][0])


def _scattered(gradient: np.ndarray, x: np.ndarray, stride: int, before: tuple[int, int]) -> np.ndarray:
    """The reverse of `_windows`: the sum, at each place of x, of the gradients of the windows that have it."""
    _, height, width, rows, columns, _ = gradient.shape
    high, wide = (height - 1) * stride + rows, (width - 1) * stride + columns
    shape = (len(x), max(high, before[0] + x.shape[1]), max(wide, before[1] + x.shape[2]), x.shape[3])
    found = np.zeros(shape, x.dtype)
    for i in range(rows):
        for j in range(columns):
            found[:, i : i + height * stride : stride, j : j + width * stride : stride] += gradient[:, :, :, i, j]
    return found[:, before[0] : before[0] + x.shape[1], before[1] : before[1] + x.shape[2]]


def _conv(layer: Any, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, Back]:
    stride, at, name = layer.attributes["stride"][0], layer.inputs[0], layer.name
    if at:
        return _small_conv(layer, x, kernel, bias)
    windows, _ = _windows(x, layer.attributes["kernel"], stride, 0.0)
    columns = windows.reshape(-1, kernel[..., 0].size)

    def back(g: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
        g = g.reshape(-1, g.shape[-1])
        yield f"{name}/kernel", columns.T @ g
        yield f"{name}/bias", g.sum(0)

    return (columns @ kernel.reshape(-1, kernel.shape[-1]) + bias).reshape(len(x), *layer.shape), back


def _small_conv(layer: Any, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, Back]:
    """A convolution of a small map as one product with a matrix from all inputs to all outputs, which is faster than to
    copy its windows."""
    size, stride = layer.attributes["kernel"], layer.attributes["stride"][0]
    sources, targets, taps, starts = _pairs(x.shape[1:3], size, stride)
    channels, filters = kernel.shape[-2:]
    matrix = np.zeros((x.shape[1] * x.shape[2], channels, layer.shape[0] * layer.shape[1], filters), x.dtype)
    matrix[sources, :, targets] = kernel.reshape(-1, channels, filters)[taps]
    flat, rows = matrix.reshape(matrix[..., 0, 0].size, -1), x.reshape(len(x), -1)

    def back(g: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
        g = g.reshape(len(x), -1)
        of_matrix = (rows.T @ g).reshape(matrix.shape)[sources, :, targets]
        yield f"{layer.name}/kernel", np.add.reduceat(of_matrix, starts, axis=0)
        yield f"{layer.name}/bias", g.reshape(-1, filters).sum(0)
        yield layer.inputs[0], (g @ flat.T).reshape(x.shape)

    return (rows @ flat).reshape(len(x), *layer.shape) + bias, back


@cache
def _pairs(extents: tuple[int, int], size: tuple[int, int], stride: int) -> tuple[np.ndarray, ...]:
    """For each input and output of a map that a convolution connects: the place of the input, that of the output, and
    the position in the window; sorted by the last, with the first pair of each."""
    places = np.arange(extents[0] * extents[1]).reshape(1, *extents, 1)
    windows, _ = _windows(places, size, stride, -1)
    windows = windows.reshape(-1, size[0] * size[1])
    taps, targets = np.nonzero(windows.T >= 0)
    return windows[targets, taps], targets, taps, np.flatnonzero(np.diff(taps, prepend=-1))


def _pool(layer: Any, x: np.ndarray) -> tuple[np.ndarray, Back]:
    size, stride, at = layer.attributes["size"], layer.attributes["stride"][0], layer.inputs[0]
    if layer.operator == "avgpool":
        sources, targets, _, _ = _pairs(x.shape[1:3], size, stride)
        matrix = np.zeros((layer.shape[0] * layer.shape[1], x.shape[1] * x.shape[2]), x.dtype)
        matrix[targets, sources] = 1
        matrix /= matrix.sum(1, keepdims=True)
        out = (matrix @ x.reshape(len(x), -1, x.shape[-1])).reshape(len(x), *layer.shape)
        return out, lambda g: iter([(at, (matrix.T @ g.reshape(len(x), -1, x.shape[-1])).reshape(x.shape))])
    windows, before = _windows(x, size, stride, -np.inf)
    windows = windows.reshape(*windows.shape[:3], -1, x.shape[-1])
    out = windows.max(3)

    def back(g: np.ndarray) -> Iterator[tuple[int | str, np.ndarray]]:
        # Of several equal values only the first gets the gradient, as in the frameworks.
        first = np.arange(windows.shape[3])[:, None] == windows.argmax(3)[:, :, :, None]
        yield at, _scattered((first * g[:, :, :, None]).reshape(*g.shape[:3], *size, -1), x, stride, before)

    return out, back
