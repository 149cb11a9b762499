"""Gaussian process regression with one kernel for each group of features: the surrogate of `bayesian`.

The kernel is a sum of Matérn 5/2 kernels, one for each group, and of noise. The amplitude and length scale of each
group and the noise are those of the highest posterior density under weak log-normal priors. (scikit-learn's process has
no kernel over some of the columns, and no priors; with a dozen trials, lengths without priors are often extreme.)

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, chapters 2 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
Groups: TypeAlias = Sequence[Array]
"""For each group of features, a row for each point. All groups have the same number of rows."""

JITTER = 1e-8
"""Added to the diagonal, in units of the variance of the observations, for numerical stability."""
AMPLITUDE, LENGTH, NOISE = (0.0, 1.0), (0.0, 0.7), (-2.0, 1.0)
"""Mean and standard deviation of the logarithms of an amplitude, of a length scale and of the noise. Amplitude and
noise are in standard deviations of the observations, a length in median distances of the points."""
STEPS = 30
"""Iterations of the optimizer of the hyperparameters."""


@dataclass(frozen=True)
class Kernel:
    """The hyperparameters of the process."""

    scales: tuple[float, ...]
    """For each group, the median squared distance of different points."""
    logs: tuple[float, ...]
    """The logarithms of the amplitude and the length scale of each group in turn, and that of the noise."""

    @property
    def noise(self) -> float:
        """The variance of the noise."""
        return math.exp(2 * self.logs[-1])

    @property
    def variance(self) -> float:
        """The variance of the process at a point, without noise."""
        return sum(math.exp(2 * amplitude) for amplitude in self.logs[:-1:2])

    def between(self, one: Groups, other: Groups) -> Array:
        """The covariances of two lists of points."""
        found = np.zeros((len(one[0]), len(other[0])))
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            amplitude, length = self.logs[2 * number : 2 * number + 2]
            distance = np.sqrt(5 * squared_distances(a, b) / self.scales[number]) * math.exp(-length)
            found += math.exp(2 * amplitude) * (1 + distance + distance**2 / 3) * np.exp(-distance)
        return found


@dataclass(frozen=True)
class Posterior:
    """A process after observations, whose mean is 0 and whose standard deviation is 1."""

    kernel: Kernel
    points: Groups
    weights: Array
    precision: Array
    """The inverse of the covariances of the observations."""

    def predict(self, points: Groups) -> tuple[Array, Array]:
        """Mean and standard deviation at each point, without noise."""
        covariances = self.kernel.between(points, self.points)
        variance = self.kernel.variance - np.einsum(
            "ij,jk,ik->i", covariances, self.precision, covariances, optimize=True
        )
        return covariances @ self.weights, np.sqrt(np.maximum(variance, 1e-12))


def posterior(kernel: Kernel, points: Groups, observed: Array) -> Posterior:
    """The process given observations, under a kernel."""
    covariances = kernel.between(points, points)
    covariances[np.diag_indices_from(covariances)] += kernel.noise + JITTER
    precision: Array = np.linalg.inv(covariances)
    return Posterior(kernel, points, precision @ observed, precision)


def fit(points: Groups, observed: Array) -> Kernel:
    """The most probable kernel for observations with mean 0 and standard deviation 1."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    squares = [squared_distances(group, group) for group in points]
    scales = tuple(float(np.median(d[d > 1e-12])) if (d > 1e-12).any() else 1.0 for d in squares)
    distances = [np.sqrt(5 * d / scale) for d, scale in zip(squares, scales, strict=True)]
    priors = [AMPLITUDE, LENGTH] * len(squares) + [NOISE]
    means, deviations = (np.array(column) for column in zip(*priors, strict=True))

    def loss(logs: Array) -> tuple[float, Array]:
        """The negative log posterior density of hyperparameters, and its gradient (Rasmussen & Williams, eq. 5.9)."""
        covariances = (math.exp(2 * logs[-1]) + JITTER) * np.eye(len(observed))
        slopes: list[Array] = []
        for number, scaled in enumerate(distances):
            amplitude, length = logs[2 * number : 2 * number + 2]
            r = scaled * math.exp(-length)
            decay = math.exp(2 * amplitude) * np.exp(-r)
            part = (1 + r + r**2 / 3) * decay
            covariances += part
            slopes += [2 * part, r**2 / 3 * (1 + r) * decay]
        try:
            lower = np.linalg.cholesky(covariances)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(logs)
        precision = np.linalg.inv(covariances)
        weights = precision @ observed
        outer = precision - np.outer(weights, weights)
        slope = [0.5 * float(np.sum(outer * each)) for each in slopes]
        slope.append(math.exp(2 * logs[-1]) * float(np.trace(outer)))
        off = (logs - means) / deviations
        value = 0.5 * float(observed @ weights) + float(np.log(np.diag(lower)).sum()) + 0.5 * float(off @ off)
        return value, np.array(slope) + off / deviations

    bounds = [(mean - 5 * deviation, mean + 5 * deviation) for mean, deviation in priors]
    found = minimize(loss, means, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
    return Kernel(scales, tuple(float(each) for each in found.x))


def squared_distances(one: Array, other: Array) -> Array:
    """The squared Euclidean distance of each row of one array to each row of the other."""
    squares = np.sum(one**2, axis=1)[:, None] + np.sum(other**2, axis=1)[None] - 2 * one @ other.T
    found: Array = np.maximum(squares, 0.0)
    return found
