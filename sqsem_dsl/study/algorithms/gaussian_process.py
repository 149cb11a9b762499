"""Gaussian process regression with one kernel for each group of features: the surrogate of `bayesian`.

The kernel is a sum of Matérn 5/2 kernels, one for each group, and of noise. The amplitude and length scale of each
group and the noise are those of the highest posterior density under weak log-normal priors. (scikit-learn's process has
no kernel over some of the columns, and no priors; with a dozen trials, lengths without priors are often extreme.)

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, chapters 2 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular  # type: ignore[import-untyped]

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
        return added(self.parts(one, other))

    def parts(self, one: Groups, other: Groups, first: int = 0) -> list[Array]:
        """The summands of the covariances, one for each group; `first` is the number of the first of these groups."""
        return [self._part(number, a, b) for number, (a, b) in enumerate(zip(one, other, strict=True), first)]

    def _part(self, number: int, one: Array, other: Array) -> Array:
        """The Matérn 5/2 kernel of one group, in place, since new arrays take longer than the arithmetic."""
        amplitude, length = self.logs[2 * number : 2 * number + 2]
        distance = squared_distances(one, other)
        distance *= 5
        distance /= self.scales[number]
        np.sqrt(distance, out=distance)
        distance *= math.exp(-length)
        found = np.square(distance)
        found /= 3
        found += 1
        found += distance
        found *= math.exp(2 * amplitude)
        np.negative(distance, out=distance)
        np.exp(distance, out=distance)
        found *= distance
        return found


@dataclass(frozen=True)
class Posterior:
    """A process after observations, whose mean is 0 and whose standard deviation is 1."""

    kernel: Kernel
    points: Groups
    weights: Array
    root: Array
    """The lower Cholesky factor of the covariances of the observations."""

    def predict(self, points: Groups) -> tuple[Array, Array]:
        """Mean and standard deviation at each point, without noise."""
        return self.at(self.kernel.between(points, self.points))

    def at(self, covariances: Array) -> tuple[Array, Array]:
        """The same for points with these covariances to the observations, a row for each point."""
        explained = solve_triangular(self.root, covariances.T, lower=True, check_finite=False)
        variance = self.kernel.variance - np.einsum("ij,ij->j", explained, explained)
        return self.mean(covariances), np.sqrt(np.maximum(variance, 1e-12))

    def mean(self, covariances: Array) -> Array:
        """Only the mean."""
        found: Array = covariances @ self.weights
        return found


def posterior(kernel: Kernel, points: Groups, observed: Array, covariances: Array | None = None) -> Posterior:
    """The process given observations, under a kernel. `covariances` are those of the points, if they are known."""
    noisy = kernel.between(points, points) if covariances is None else covariances.copy()
    noisy[np.diag_indices_from(noisy)] += kernel.noise + JITTER
    root = _factor(noisy)
    return Posterior(kernel, points, cho_solve((root, True), observed, check_finite=False), root)


def _factor(covariances: Array) -> Array:
    """The lower Cholesky factor. Rounding may have made the smallest eigenvalues negative: they are then raised."""
    try:
        found: Array = cholesky(covariances, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        raised = np.eye(len(covariances)) * (1e-6 * float(np.trace(covariances)))
        found = cholesky(covariances + raised, lower=True, check_finite=False)
    return found


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


def added(parts: Sequence[Array]) -> Array:
    """The sum of several arrays of one shape, from the first to the last."""
    found = parts[0].copy()
    for part in parts[1:]:
        found += part
    return found


def squared_distances(one: Array, other: Array) -> Array:
    """The squared Euclidean distance of each row of one array to each row of the other."""
    squares: Array = np.sum(one**2, axis=1)[:, None] + np.sum(other**2, axis=1)[None]
    squares -= 2 * one @ other.T
    np.maximum(squares, 0.0, out=squares)
    return squares


def one_thread() -> AbstractContextManager[Any]:
    """A context in which NumPy and SciPy use one thread, if threadpoolctl is installed, as it is with scikit-learn.

    It is for the small matrices of a proposal. More threads wait for each other in a loop: while trainings use all
    cores, they take several times as much processor time as one thread, and no less time.
    """
    controller = _controller()
    if controller is None:
        return nullcontext()
    context: AbstractContextManager[Any] = controller.limit(limits=1, user_api="blas")
    return context


@cache
def _controller() -> Any:
    """Finds the libraries that are loaded, which takes some milliseconds."""
    import scipy.linalg  # type: ignore[import-untyped]  # noqa: F401 (it has a library of its own)

    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None
    return ThreadpoolController()
