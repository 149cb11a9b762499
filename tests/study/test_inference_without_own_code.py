"""Predictions and exports of a study with losses, metrics, optimizers and callbacks of the user import none of them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import main
from tests.fakes import own_code
from tests.study.damaged import change_sources

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

MODULE = "own_code_of_a_study"
SPEC = f"""sqs 1
space own {{
  input x: [6]
  output y = x -> dense(any [4, 8]) -> relu -> dense(2) -> softmax
  train {{
    loss      = any [extern("{MODULE}:FocalLoss", gamma = any [1, 2]), extern("{MODULE}:power_loss")]
    metrics   = [accuracy, extern("{MODULE}:Kappa")]
    optimizer = extern("{MODULE}:Momentum", momentum = 0.5)
    callbacks = [extern("{MODULE}:Halve", after = 1)]
    epochs    = 1
  }}
  search {{ objective = maximize(val_kappa)  algorithm = random  trials = 2  seed = 3 }}
}}
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study and its data. Its module is there no more: whoever imports it leaves a file, and fails."""
    folder = tmp_path_factory.mktemp("own")
    module = folder / f"{MODULE}.py"
    shutil.copy(own_code.__file__, module)
    x = np.random.default_rng(0).normal(size=(60, 6)).astype("float32")
    np.savez(folder / "t.npz", x=x, y=(x[:, 0] > 0).astype(int))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        sqs.search(SPEC, str(folder / "t.npz"), folder / "run", workers=0, allow_extern=True)
        sys.modules.pop(MODULE)
    module.write_text(f"open({str(folder / 'imported')!r}, 'w').close()\nraise RuntimeError('imported')\n")
    return folder


@pytest.fixture(autouse=True)
def importable(searched: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module could be imported, and no test has done so."""
    monkeypatch.syspath_prepend(str(searched))
    yield
    found = MODULE in sys.modules, (searched / "imported").exists()
    sys.modules.pop(MODULE, None)
    (searched / "imported").unlink(missing_ok=True)
    assert found == (False, False)


def test_the_commands_predict_and_export_without_the_flag(
    searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, data = str(searched / "run"), str(searched / "t.npz")
    assert main(["predict", run, data, "-o", str(tmp_path / "y.csv")]) == 0
    assert len((tmp_path / "y.csv").read_text().splitlines()) == 61
    assert main(["export", run, data, "--to", "keras", "python", "-o", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.count("error") == 0
    [exported] = json.loads((tmp_path / "out" / "model-card.json").read_text())["exports"]
    assert set(exported["scores"]) == {"accuracy"}
    x = np.load(searched / "t.npz")["x"]
    given, found = (
        keras.models.load_model(path) for path in (searched / "run" / "best.keras", tmp_path / "out/own.keras")
    )
    np.testing.assert_allclose(found.predict(x, verbose=0), given.predict(x, verbose=0), atol=1e-6)


def test_a_report_needs_no_flag(searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jinja2")
    assert main(["report", str(searched / "run"), "-o", str(tmp_path / "report.html")]) == 0
    assert "SQS117" not in capsys.readouterr().err
    assert "train.loss" in (tmp_path / "report.html").read_text()


def test_the_choices_of_a_loss_are_still_those_of_a_trial(searched: Path) -> None:
    study = sqs.load_study(searched / "run")
    for trial in study.trials:
        assert study.inference_architecture(trial.number).id == trial.architecture
        assert any(path.startswith("train.loss") for path in trial.choices)
    assert study.inference_space.outputs["y"].ending == "softmax"


def test_a_model_is_loaded_uncompiled_and_predicts(searched: Path) -> None:
    study = sqs.load_study(searched / "run")
    model = study.best_model()
    assert not model.compiled
    x = np.load(searched / "t.npz")["x"]
    predictions = study.predict(x)
    np.testing.assert_allclose(predictions.values["y"], model.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize("command", [["evaluate"], ["retrain", "-o", "again", "--data"]])
def test_scores_and_trainings_need_the_flag(
    searched: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    assert main([name, str(searched / "run"), *options, str(searched / "t.npz")]) == 1
    message = capsys.readouterr().err
    assert "SQS117" in message
    assert f"{MODULE}:FocalLoss" in message
    assert "allow it with `--allow-extern`" in message
    assert list(tmp_path.iterdir()) == []


def test_a_layer_of_the_user_still_needs_the_flag(searched: Path, tmp_path: Path) -> None:
    """The network itself cannot run without it."""
    shutil.copytree(searched / "run", tmp_path / "run")

    def with_layer(sources: dict[str, Any]) -> None:
        [name] = sources["files"]
        sources["files"][name] = sources["files"][name].replace("-> relu", f'-> relu -> extern("{MODULE}:Layer")')

    change_sources(tmp_path / "run", with_layer)
    with pytest.raises(sqs.SqsError, match=f"{MODULE}:Layer"):
        sqs.load_study(tmp_path / "run").predict(np.zeros((1, 6), "float32"))
