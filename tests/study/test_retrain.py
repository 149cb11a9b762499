"""An architecture of a study trained again: alone and to its end, however the search chose and stopped its trials."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import main
from sqsem_dsl.data.table_options import TableOptions

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("keras_tuner")

generator = np.random.default_rng(0)
DATA = (generator.normal(size=(60, 6)).astype(np.float32), np.arange(60) % 3)


@pytest.mark.parametrize(
    "search",
    ["algorithm = random  stopping = asha  trials = 4", "algorithm = hyperband(max_epochs = 4)", "target = 0.0"],
)
def test_a_training_again_is_one_trial_with_all_of_its_epochs(search: str, tmp_path: Path) -> None:
    spec = f"""space s {{
      input x: [6]
      output y = x -> dense(any [4, 8]) -> relu -> dense(3) -> softmax
      train {{ epochs = 3 }}
      search {{ objective = maximize(val_accuracy)  {search} }}
    }}"""
    sqs.search(spec, DATA, tmp_path / "s", workers=0)
    again = sqs.load_study(tmp_path / "s").retrain(DATA, tmp_path / "again", epochs=6, workers=0)
    assert [(trial.epochs, trial.stopped) for trial in again.trials] == [(6, None)]
    whole = sqs.load_study(tmp_path / "s").retrain(DATA, tmp_path / "whole", workers=0)
    assert [trial.epochs for trial in whole.trials] == [4 if "hyperband" in search else 3]
    resumed = sqs.load_study(tmp_path / "s").retrain(DATA, tmp_path / "again", epochs=6, workers=0)
    assert len(resumed.trials) == 1


SPEC = """space s {
  input x: [6]
  output y = x -> dense(any [4, 8]) -> relu -> dense(3) -> softmax
  train { epochs = 1 }
  search { objective = maximize(val_accuracy)  algorithm = grid }
}"""


def test_a_folder_with_another_training_is_an_error_and_nothing_is_shown(tmp_path: Path) -> None:
    sqs.search(SPEC, DATA, tmp_path / "s", workers=0)
    study, again = sqs.load_study(tmp_path / "s"), tmp_path / "again"
    first = study.retrain(DATA, again, trial=1, epochs=2, workers=0)
    with pytest.raises(sqs.SqsError, match="SQS927") as refused:
        study.retrain(DATA, again, trial=2, epochs=5, workers=0)
    message = str(refused.value)
    assert (
        f"`{again}` holds a training with other settings: 2 epochs there, 5 here; other choices of `dense.units`"
        in message
    )
    assert "name another folder" in message
    with pytest.raises(sqs.SqsError, match=r"holds the study of a search with 2 trials"):
        sqs.load_study(again).retrain(DATA, tmp_path / "s", workers=0)
    longer = SPEC.replace("epochs = 1", "epochs = 1  learning_rate = 0.1")
    sqs.search(longer, DATA, tmp_path / "other", workers=0)
    with pytest.raises(sqs.SqsError, match="other settings of `train`, of another spec"):
        sqs.load_study(tmp_path / "other").retrain(DATA, again, trial=1, epochs=2, workers=0)
    same = study.retrain(DATA, again, trial=1, epochs=2, workers=0)
    assert same.trials == first.trials
    sqs.load_study(again).export("python")
    card = (again / "export" / "model-card.md").read_text()
    assert (
        "found by a search of the space `s`, as its trial 1. It was trained again with new weights, for 2 epochs"
        in card
    )
    assert "## Training" in card


def test_given_options_for_tables_replace_those_of_the_study_one_by_one(tmp_path: Path) -> None:
    rows = [f"{n},{n % 7},{'' if n % 5 == 0 else n % 4},{n % 3},{n % 2}" for n in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["id,a,b,c,y", *rows]))
    spec = "space s { input x: [3]  output y = x -> dense(1) -> sigmoid  train { epochs = 1 } search { trials = 1 } }"
    data = f"csv:{tmp_path / 't.csv'}"
    known = TableOptions(drop=("id", "c"), missing="indicator")
    sqs.search(spec, data, tmp_path / "s", workers=0, table=known)
    study = sqs.load_study(tmp_path / "s")

    def table(folder: str) -> object:
        return json.loads((tmp_path / folder / "best.json").read_text())["table"]

    study.retrain(data, tmp_path / "one", workers=0, table=TableOptions(drop=("id", "a")))
    assert table("one") == {"drop": ["id", "a"], "missing": "indicator"}
    line = ["retrain", str(tmp_path / "s"), "--data", data, "-o", str(tmp_path / "two"), "--workers", "0"]
    assert main([*line, "--missing", "mean", "--drop", "id"]) == 0
    assert table("two") == {"drop": ["id"]}
    with pytest.raises(sqs.SqsError, match=r"SQS787(.|\n)*by the names of its fields"):
        study.retrain(data, tmp_path / "three", table={"dorp": ("id",)})
