"""A table with categories and gaps, searched from a data frame and from a file: other tables are encoded like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs

pd = pytest.importorskip("pandas")
pytest.importorskip("keras")

pytestmark = [pytest.mark.keras, pytest.mark.search]

SPEC = """
space prices {
  input house: [5]
  output price = house -> dense(8) -> relu -> dense(1)
  train { epochs = 3  batch_size = 8  learning_rate = 0.01 }
  search { objective = minimize(val_mae)  trials = 1 }
}
"""


def houses(count: int, seed: int) -> pd.DataFrame:
    """Three kinds of houses, an area with gaps, an age, and a price in euros."""
    random = np.random.default_rng(seed)
    kind = random.choice(["flat", "house", "villa"], count)
    area = random.uniform(40, 200, count)
    price = 2000.0 * area + 50_000 * (kind == "villa")
    area[::7] = np.nan
    return pd.DataFrame({"kind": kind, "area": area, "age": random.integers(0, 80, count), "price": price})


def test_a_frame_and_a_file_are_the_same_data(tmp_path: Path) -> None:
    frame = houses(60, 0)
    frame.to_csv(tmp_path / "houses.csv", index=False)
    found = [
        sqs.search(SPEC, data, tmp_path / name, workers=0, seed=1, progress=False)
        for name, data in (("frame", frame), ("file", f"csv:{tmp_path / 'houses.csv'}"))
    ]
    assert found[0].best.score == pytest.approx(found[1].best.score)
    assert (
        sqs.load_study(tmp_path / "frame").notes["fingerprint"]
        == sqs.load_study(tmp_path / "file").notes["fingerprint"]
    )

    study = sqs.load_study(tmp_path / "frame")
    new = houses(5, 1)
    by_frame = study.predict(new).values["price"]
    assert by_frame.shape == (5, 1)
    assert by_frame.mean() > 1000  # in euros
    without = study.predict(new.drop(columns="price").assign(garden="yes")).values["price"]
    np.testing.assert_allclose(by_frame, without, rtol=1e-5)
    new.drop(columns="price").to_csv(tmp_path / "new.csv", index=False)
    np.testing.assert_allclose(study.predict(f"csv:{tmp_path / 'new.csv'}").values["price"], by_frame, rtol=1e-4)
    scores = {score.name: score.value for score in study.evaluate(new).scores}
    assert scores["mae"] == pytest.approx(np.abs(by_frame[:, 0] - new["price"]).mean(), rel=1e-3)


def test_a_table_that_lacks_a_column(tmp_path: Path) -> None:
    sqs.search(SPEC, houses(40, 0), tmp_path / "run", workers=0, progress=False)
    with pytest.raises(sqs.SqsError, match="area"):
        sqs.load_study(tmp_path / "run").predict(houses(5, 1).drop(columns=["area", "price"]))
