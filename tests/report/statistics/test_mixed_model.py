"""The mixed model compared with its simple special cases."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.report.statistics.mixed_model import RATIOS, Variances, explained, fitted, quantile, variances


def table(trials: int, columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """The mean, one fixed column, and others."""
    generator = np.random.default_rng(seed)
    fixed = np.stack([np.ones(trials), generator.integers(0, 2, trials).astype(float)], axis=1)
    others = generator.choice([-0.5, 0.5], (trials, columns))
    return fixed, others, generator


def test_without_other_choices_it_is_least_squares() -> None:
    fixed, _, generator = table(40, 0)
    scores = fixed @ [0.5, 0.1] + generator.normal(0, 0.05, 40)
    nothing = np.zeros((40, 0))
    found = variances(scores, fixed, nothing)
    assert found is not None
    means, squares, *_ = np.linalg.lstsq(fixed, scores)
    result = fitted(scores, fixed, nothing, found)
    assert result.means == pytest.approx(means)
    assert result.freedom == pytest.approx(38)
    assert result.covariance == pytest.approx(float(squares[0]) / 38 * np.linalg.inv(fixed.T @ fixed))


@pytest.mark.parametrize(("noise", "effect"), [(0.02, 0.1), (0.1, 0.1), (0.1, 0.02)])
def test_the_variances_are_found(noise: float, effect: float) -> None:
    fixed, others, generator = table(400, 60)
    scores = others @ generator.normal(0, effect, 60) + generator.normal(0, noise, 400)
    found = variances(scores, fixed, others)
    assert found is not None
    assert np.sqrt(found.shrunk * found.ratio) == pytest.approx(noise, rel=0.15)
    assert np.sqrt(found.shrunk) == pytest.approx(effect, rel=0.4)
    assert 0.0 < found.used < 61.0


def test_a_free_column_is_not_shrunk_where_there_are_more_columns_than_trials() -> None:
    estimates = []
    for seed in range(40):
        fixed, others, generator = table(50, 120, seed)
        scores = 0.3 * fixed[:, 1] + others @ generator.normal(0, 0.02, 120) + generator.normal(0, 0.02, 50)
        found = variances(scores, fixed, others)
        assert found is not None
        estimates.append(fitted(scores, fixed, others, found).means[1])
    assert np.mean(estimates) == pytest.approx(0.3, abs=0.02)


def test_explained_is_that_of_trials_left_out_one_by_one() -> None:
    fixed, others, generator = table(30, 8)
    scores = others[:, 0] * 0.2 + generator.normal(0, 0.05, 30)
    mean, found = fixed[:, :1], Variances(0.01, 0.25, 8.0)
    kernel = others @ others.T
    missed, by_mean = 0.0, 0.0
    for out in range(30):
        rest = np.arange(30) != out
        part = kernel[np.ix_(rest, rest)]
        (middle,) = fitted(scores[rest], mean[rest], others[rest], found).means
        weights = np.linalg.solve(part + found.ratio * np.eye(29), kernel[rest, out])
        missed += float(scores[out] - middle - weights @ (scores[rest] - middle)) ** 2
        by_mean += float(scores[out] - scores[rest].mean()) ** 2
    assert explained(scores, mean, others, found) == pytest.approx(1.0 - missed / by_mean)


def test_noise_that_is_larger_where_an_option_is_selected_widens_its_interval() -> None:
    fixed, others, generator = table(200, 5)
    fixed[:, 1] = np.arange(200) < 20
    even = generator.normal(0, 0.05, 200)
    uneven = np.where(fixed[:, 1] > 0, 4.0 * even, even)
    weights = np.array([0.0, 1.0])
    widened = []
    for scores in (even, uneven):
        found = variances(scores, fixed, others)
        assert found is not None
        result = fitted(scores, fixed, others, found)
        widened.append(result.variance(weights) / (weights @ result.covariance @ weights))
    assert widened[0] < 1.5
    assert widened[1] > 2.0


@pytest.mark.parametrize("columns", [4, 60])
def test_the_results_are_those_of_the_whole_covariance(columns: int) -> None:
    """As the formulas say it, with matrices of all trials; with fewer columns than trials and with more."""
    fixed, others, generator = table(40, columns)
    scores = 0.1 * fixed[:, 1] + others @ generator.normal(0, 0.1, columns) + generator.normal(0, 0.05, 40)
    found = variances(scores, fixed, others)
    assert found is not None
    complement = np.linalg.svd(fixed, full_matrices=True)[0][:, 2:]
    values, vectors = np.linalg.eigh(complement.T @ others @ others.T @ complement)
    values, squares = np.clip(values, 0.0, None), (vectors.T @ complement.T @ scores) ** 2
    assert found.shrunk == pytest.approx((squares / (values + found.ratio)).mean())
    assert found.used == pytest.approx((values / (values + found.ratio)).sum())

    def likelihood(ratio: float) -> float:
        spread = values + ratio
        return -0.5 * (38 * np.log((squares / spread).mean()) + np.log(spread).sum())

    assert found.ratio == pytest.approx(max(RATIOS, key=likelihood))
    inverse = np.linalg.inv(found.shrunk * (others @ others.T + found.ratio * np.eye(40)))
    covariance = np.linalg.inv(fixed.T @ inverse @ fixed)
    residual = inverse - inverse @ fixed @ covariance @ fixed.T @ inverse
    result = fitted(scores, fixed, others, found)
    assert result.covariance == pytest.approx(covariance)
    assert result.shares == pytest.approx(covariance @ fixed.T @ inverse)
    assert result.means == pytest.approx(result.shares @ scores)
    noise = found.shrunk * found.ratio
    assert result.excess == pytest.approx(noise * ((residual @ scores) ** 2 / np.diag(residual) - 1.0))


def test_equal_scores_have_no_variances() -> None:
    fixed, others, _ = table(20, 4)
    assert variances(np.full(20, 0.7), fixed, others) is None


def test_the_quantile_is_student_s() -> None:
    assert quantile(10) == pytest.approx(2.228, abs=1e-3)
    assert quantile(1e6) == pytest.approx(1.960, abs=1e-3)
