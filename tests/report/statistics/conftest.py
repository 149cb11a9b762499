"""Studies of made-up scores, each made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.study.journal.study import Study
from tests.fakes.made_study import Score, made_study

collect_ignore_glob = [] if find_spec("sklearn") and find_spec("scipy") else ["test_*.py"]

ROOT = Path(__file__).resolve().parents[3]
FACES = ROOT / "specs" / "face_multi.sqs"

Make = Callable[..., Study]


def accuracy(choices: Mapping[str, Any]) -> float:
    """Depth and landmarks help, and more so together; so do blocks, and SE in the first. sgd lowers the score."""
    value = 0.4 + 0.03 * choices.get("fires", 0)
    value += 0.06 * choices.get("use_depth", False) + 0.03 * choices.get("use_landmarks", False)
    value += 0.06 * (choices.get("use_depth", False) and choices.get("use_landmarks", False))
    value += 0.03 * choices.get("fires[0].se", False)
    return value - 0.05 * (choices.get("train.optimizer") == "sgd")


def with_noise(truth: Callable[[Mapping[str, Any]], float], noise: float = 0.02) -> Score:
    return lambda choices, generator: truth(choices) + float(generator.normal(0.0, noise))


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """100 random trials whose truth is `accuracy`, with three failed ones and a fixed network."""
    folder = tmp_path_factory.mktemp("faces") / "study"
    fixed = ROOT / "specs" / "squeezenet_1_1.sqs"
    return made_study(folder, FACES, 100, with_noise(accuracy), seed=11, epochs=2, failed=3, baseline=fixed)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a study of a spec's text, with that many trials and scores as a function of the choices."""

    def made(
        spec: str, trials: int, truth: Callable[[Mapping[str, Any]], float], *, noise: float = 0.0, **options: Any
    ) -> Study:
        path = tmp_path / "space.sqs"
        path.write_text(spec, encoding="utf-8")
        score = with_noise(truth, noise)
        return made_study(tmp_path / "study", path, trials, score, **{"epochs": 2, "failed": 0, **options})

    return made
