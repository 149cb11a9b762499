"""Names of algorithms as parameters of tests."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

WITH_OPTUNA = ("tpe", "nsga2")


def parameters(*names):
    """The names; those that need Optuna are skipped where it is not installed."""
    lacking = pytest.mark.skipif(find_spec("optuna") is None, reason="needs optuna")
    return [pytest.param(name, marks=lacking) if name in WITH_OPTUNA else name for name in names]
