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

    def covariance(self, kernel: Floats) -> Floats:
        """[trials, trials]: of the scores, where `kernel` is Σ Z_i Z_iᵀ."""
        return self.shrunk * (kernel + self.ratio * np.eye(len(kernel)))


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


def variances(scores: Floats, fixed: Floats, kernel: Floats) -> Variances | None:
    """The most likely variances; None if there is no variance to explain.

    `scores` [trials], `fixed` [trials, columns] is X, `kernel` [trials, trials] is Σ Z_i Z_iᵀ.
    """
    rest = _complement(fixed)
    left = rest.T @ scores
    # Rounding differences of equal scores are not a variance.
    if len(left) < 2 or float(left @ left) <= 1e-18 * max(float(scores @ scores), 1e-300):
        return None
    values, vectors = np.linalg.eigh(rest.T @ kernel @ rest)
    values, squares = np.clip(values, 0.0, None), (vectors.T @ left) ** 2
    spread = values[None, :] + RATIOS[:, None]  # [ratios, dimensions]
    scale = (squares[None, :] / spread).mean(axis=1)
    likelihood = -0.5 * (len(left) * np.log(scale) + np.log(spread).sum(axis=1))
    at = int(np.argmax(likelihood))
    return Variances(float(scale[at]), float(RATIOS[at]), float((values / spread[at]).sum()))


def fitted(scores: Floats, fixed: Floats, kernel: Floats, found: Variances) -> Fitted:
    """Generalized least squares with the estimated variances."""
    inverse, covariance, shares = _weighted(fixed, kernel, found)
    projected = inverse - inverse @ fixed @ shares
    certain = np.maximum(np.diag(projected), 1e-12 * np.diag(inverse))
    excess = found.shrunk * found.ratio * ((projected @ scores) ** 2 / certain - 1.0)
    freedom = len(scores) - found.used - fixed.shape[1]
    return Fitted(shares @ scores, covariance, shares, excess, max(freedom, MIN_FREEDOM))


def explained(scores: Floats, fixed: Floats, kernel: Floats, found: Variances) -> float:
    """The fraction of the variance explained under leave-one-out cross-validation: R², at most 1, below 0 if the mean
    of the others predicts better."""
    inverse, _, shares = _weighted(fixed, kernel, found)
    projected = inverse - inverse @ fixed @ shares
    missed = (projected @ scores) / np.diag(projected)
    count = len(scores)
    by_mean = (scores - scores.mean()) * count / (count - 1)
    return 1.0 - float(missed @ missed) / float(by_mean @ by_mean)


def quantile(freedom: float) -> float:
    """The half-width of the central 95 % interval of Student's t."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(freedom, 0.975))


def _weighted(fixed: Floats, kernel: Floats, found: Variances) -> tuple[Floats, Floats, Floats]:
    """The inverse of the scores' covariance, the covariance of the means, and the weights of the scores in these."""
    inverse = np.asarray(np.linalg.inv(found.covariance(kernel)), dtype=np.float64)
    covariance = np.asarray(np.linalg.pinv(fixed.T @ inverse @ fixed), dtype=np.float64)
    return inverse, covariance, covariance @ fixed.T @ inverse


def _complement(fixed: Floats) -> Floats:
    """[trials, dimensions]: an orthonormal basis of the complement of the columns' span."""
    left, sizes, _ = np.linalg.svd(fixed, full_matrices=True)
    rank = int(np.sum(sizes > 1e-9 * max(float(sizes[0]), 1e-300)))
    return left[:, rank:]
