"""`sqsem predict` on the standard output."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np
import pytest

from sqsem_dsl.api import study
from sqsem_dsl.cli import predict
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.inference.predictions import Predictions


class Study:
    def predict(self, data: Any, trial: int | None) -> Predictions:
        return Predictions({"y": np.zeros((3, 1), np.float32)}, {"y": OutputFact((1,), None)}, {}, None)


class Closed:
    """A pipe whose reader has ended, as in `sqsem predict … | head -1`."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_reader_that_ends_early_is_no_error_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "load_study", lambda folder, allow_extern: Study())
    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(BrokenPipeError):  # the program then ends quietly
        predict.run(Namespace(output=None, folder="s", data=["x.npz"], trial=None, allow_extern=False))
