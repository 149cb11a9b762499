"""The surrogate of `bayesian`: its posterior against formulas written out, and the gradient of its fit."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.study.algorithms.gaussian_process import Kernel, fit, posterior, squared_distances

RANDOM = np.random.default_rng(0)


def test_distances() -> None:
    one, other = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(5, 3))
    expected = [[sum((a - b) ** 2) for b in other] for a in one]
    assert np.allclose(squared_distances(one, other), expected)


def test_covariance_is_the_sum_of_matern_kernels() -> None:
    kernel = Kernel((1.0, 2.0), (np.log(0.5), np.log(2.0), np.log(3.0), np.log(0.1), -2.0))
    groups = [np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]])]

    def matern(distance: float) -> float:
        return (1 + 5**0.5 * distance + 5 / 3 * distance**2) * np.exp(-(5**0.5) * distance)

    expected = 0.25 * matern(1.0 / 2.0) + 9.0 * matern(3.0 / 2.0**0.5 / 0.1)
    assert kernel.between(groups, groups)[0, 1] == pytest.approx(expected)
    assert kernel.variance == pytest.approx(9.25)


def test_observations_without_noise_are_reproduced() -> None:
    kernel = Kernel((1.0,), (0.0, 0.0, -10.0))
    points, observed = [np.array([[0.0], [1.0], [2.5]])], np.array([0.3, -1.0, 0.7])
    mean, deviation = posterior(kernel, points, observed).predict(points)
    assert np.allclose(mean, observed, atol=1e-5)
    assert (deviation < 1e-3).all()


def test_far_from_observations_the_prior_holds() -> None:
    kernel = Kernel((1.0,), (0.0, 0.0, -2.0))
    found = posterior(kernel, [np.array([[0.0]])], np.array([5.0]))
    mean, deviation = found.predict([np.array([[1000.0]])])
    assert mean[0] == pytest.approx(0.0)
    assert deviation[0] == pytest.approx(1.0)


def test_fit_tells_signal_from_noise_and_finds_the_group_that_matters() -> None:
    useful, useless = RANDOM.uniform(size=(60, 1)), RANDOM.uniform(size=(60, 1))
    observed = np.sin(6 * useful[:, 0])
    observed = (observed - observed.mean()) / observed.std()
    clean = fit([useful, useless], observed)
    assert clean.logs[0] > clean.logs[2] + 1  # amplitudes
    shuffled = fit([useful, useless], RANDOM.permutation(observed))
    assert shuffled.noise > 10 * clean.noise


def test_fit_of_equal_points_is_finite() -> None:
    kernel = fit([np.zeros((5, 2))], np.array([1.0, -1.0, 0.5, -0.5, 0.0]))
    assert np.isfinite(kernel.logs).all()
