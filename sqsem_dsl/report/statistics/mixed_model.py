"""A linear mixed model of scores: the choice in question is not shrunk, all others are shrunk by one common amount.

    scores = X b + Σ Z_i u_i + e,   u ~ N(0, s² I),   e ~ N(0, d s² I)

`X` holds the mean and the columns of the choice in question, each `Z_i` those of another choice. So a choice is
adjusted for all others even if there are more columns than trials, and its own difference is not shrunk. The two
variances are estimated by restricted maximum likelihood (Patterson and Thompson, Biometrika 58 (1971) 545) on the
eigenvalues of the others' covariance, where it has one unknown (Kang et al., Genetics 178 (2008) 1709). In genetics the
same model is used to test one marker among thousands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sqsem_dsl.report.statistics.design import Floats

RATIOS = np.exp(np.linspace(-8.0, 8.0, 65))
"""The noise relative to the variance of a choice's column: from no noise to nothing explained."""
MIN_FREEDOM = 3.0


@dataclass(frozen=True)
class Variances:
    """The variance components of the scores."""

    shrunk: float
    """s²: the variance of the effect of a column of the other choices."""
    ratio: float
    """d: the variance of the noise relative to it."""
    used: float
    """Degrees of freedom that the shrunk columns use: the trace of their smoother."""


@dataclass(frozen=True)
class Fitted:
    """The effects of the columns of `X`, with their uncertainty."""

    means: Floats
    """[columns]"""
    covariance: Floats
    """[columns, columns]: according to the model."""
    shares: Floats
    """[columns, trials]: the weight of each score in each mean."""
    excess: Floats
    """[trials]: how much the squared residual of a trial exceeds the noise of the model; may be negative."""
    freedom: float
    """Degrees of freedom of its t distribution."""

    def variance(self, weights: Floats) -> float:
        """The variance of a weighted sum of the means: that of the model, or that from the residuals of the
        contributing trials if it is larger. Interacting choices make the noise of some trials larger than that of
        others (White, Econometrica 48 (1980) 817)."""
        by_model = float(weights @ self.covariance @ weights)
        return by_model + max(float((weights @ self.shares) ** 2 @ self.excess), 0.0)


def variances(scores: Floats, fixed: Floats, others: Floats) -> Variances | None:
    """The most likely variances; None if there is no variance to explain.

    `scores` [trials], `fixed` [trials, columns] is X, `others` [trials, columns] has the columns of all Z_i.
    """
    basis = _basis(fixed)
    left = scores - basis @ (basis.T @ scores)
    dimensions, power = len(scores) - basis.shape[1], float(left @ left)
    # Rounding differences of equal scores are not a variance.
    if dimensions < 2 or power <= 1e-18 * max(float(scores @ scores), 1e-300):
        return None
    vectors, sizes, _ = np.linalg.svd(others - basis @ (basis.T @ others), full_matrices=False)
    values, squares = sizes[:dimensions] ** 2, (vectors.T[:dimensions] @ left) ** 2
    # The other eigenvalues are 0, and share what is left of the scores.
    more, rest = dimensions - len(values), max(power - float(squares.sum()), 0.0)
    spread = values[None, :] + RATIOS[:, None]  # [ratios, values]
    scale = ((squares[None, :] / spread).sum(axis=1) + rest / RATIOS) / dimensions
    likelihood = -0.5 * (dimensions * np.log(scale) + np.log(spread).sum(axis=1) + more * np.log(RATIOS))
    at = int(np.argmax(likelihood))
    return Variances(float(scale[at]), float(RATIOS[at]), float((values / spread[at]).sum()))


def fitted(scores: Floats, fixed: Floats, others: Floats, found: Variances) -> Fitted:
    """Generalized least squares with the estimated variances."""
    inverse = _Inverse(others, found)
    covariance, shares = _weighted(fixed, inverse)
    means = shares @ scores
    missed = inverse.times(scores - fixed @ means)
    certain = np.maximum(_diagonal(fixed, inverse, shares), 1e-12 * inverse.diagonal)
    excess = found.shrunk * found.ratio * (missed**2 / certain - 1.0)
    freedom = len(scores) - found.used - fixed.shape[1]
    return Fitted(means, covariance, shares, excess, max(freedom, MIN_FREEDOM))


def explained(scores: Floats, fixed: Floats, others: Floats, found: Variances) -> float:
    """The fraction of the variance explained under leave-one-out cross-validation: R², at most 1, below 0 if the mean
    of the others predicts better."""
    inverse = _Inverse(others, found)
    _, shares = _weighted(fixed, inverse)
    missed = inverse.times(scores - fixed @ (shares @ scores)) / _diagonal(fixed, inverse, shares)
    count = len(scores)
    by_mean = (scores - scores.mean()) * count / (count - 1)
    return 1.0 - float(missed @ missed) / float(by_mean @ by_mean)


def quantile(freedom: float) -> float:
    """The half-width of the central 95 % interval of Student's t."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(freedom, 0.975))


class _Inverse:
    """The inverse of the scores' covariance, s² (Z Zᵀ + d I), by M. Woodbury's identity: only matrices as small as
    there are columns are inverted, however many trials there are."""

    def __init__(self, others: Floats, found: Variances) -> None:
        self._scale = 1.0 / (found.shrunk * found.ratio)
        root = np.linalg.cholesky(others.T @ others + found.ratio * np.eye(others.shape[1]))
        self._reduced = others @ np.linalg.inv(root).T
        """T, where the inverse is (I - T Tᵀ) / (d s²)."""

    def times(self, columns: Floats) -> Floats:
        """Its product with columns."""
        return np.asarray(self._scale * (columns - self._reduced @ (self._reduced.T @ columns)), dtype=np.float64)

    @property
    def diagonal(self) -> Floats:
        """[trials]"""
        return np.asarray(self._scale * (1.0 - (self._reduced**2).sum(axis=1)), dtype=np.float64)


def _weighted(fixed: Floats, inverse: _Inverse) -> tuple[Floats, Floats]:
    """The covariance of the means, and the weights of the scores in these."""
    weighed = inverse.times(fixed)
    covariance = np.asarray(np.linalg.pinv(fixed.T @ weighed), dtype=np.float64)
    return covariance, covariance @ weighed.T


def _diagonal(fixed: Floats, inverse: _Inverse, shares: Floats) -> Floats:
    """[trials]: the diagonal of the matrix that takes scores to their weighed residuals."""
    return np.asarray(inverse.diagonal - (inverse.times(fixed) * shares.T).sum(axis=1), dtype=np.float64)


def _basis(fixed: Floats) -> Floats:
    """[trials, dimensions]: an orthonormal basis of the columns' span."""
    left, sizes, _ = np.linalg.svd(fixed, full_matrices=False)
    return left[:, : int(np.sum(sizes > 1e-9 * max(float(sizes[0]), 1e-300)))]
