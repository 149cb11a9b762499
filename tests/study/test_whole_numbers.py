"""A classifier of tokens: searched from the command line and from Python, and its saved model without this package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("keras_tuner")

SPEC = """space tokens {
  const vocabulary = 30
  input word: [8] below vocabulary
  input size: [2]
  let told = word -> embedding(any [4, 6]) -> conv(8, 3) -> relu -> gap
  output topic = concat(told, size) -> dense(3) -> softmax
  train { epochs = 15  learning_rate = 0.02  batch_size = 16  standardize = per_channel  regularize = l2(1e-4) }
  search { algorithm = random  trials = 2  seed = 5 }
}
"""
generator = np.random.default_rng(0)
TOPIC = np.arange(120) % 3
WORD = generator.integers(3, 30, (120, 8))
WORD[np.arange(120), generator.integers(0, 8, 120)] = TOPIC
SIZE = generator.normal(100, 20, (120, 2)).astype(np.float32)

LOAD = """
import sys
import keras
import numpy as np

assert not any(name.startswith("sqsem") for name in sys.modules)
model = keras.models.load_model(sys.argv[1])
assert {t.name: str(t.dtype) for t in model.inputs}["word"] == "int32"
data = np.load(sys.argv[2])
found = model.predict({"word": data["word"], "size": data["size"]}, verbose=0)
np.testing.assert_allclose(found, np.load(sys.argv[3]), atol=1e-5)
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search from the command line, with a token that no sample may have in a second file."""
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "tokens.sqs").write_text(SPEC)
    np.savez(folder / "tokens.npz", word=WORD, size=SIZE, topic=TOPIC)
    bad = WORD.copy()
    bad[5, 0] = 30
    np.savez(folder / "bad.npz", word=bad, size=SIZE, topic=TOPIC)
    command = [sys.executable, "-m", "sqsem_dsl", "search", "tokens.sqs", "--data", "tokens.npz", "-o", "study"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_tokens_are_learned_and_described(study: Path) -> None:
    best = json.loads((study / "study" / "best.json").read_text())
    assert best["score"] > 0.7  # a third by chance
    assert best["inputs"] == {"word": [8], "size": [2]}
    assert best["below"] == {"word": 30}


def test_a_saved_model_takes_whole_numbers_without_this_package(study: Path) -> None:
    found = sqs.load_study(study / "study").predict({"word": WORD, "size": SIZE})
    np.save(study / "seen.npy", found.values["topic"])
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    files = [str(study / name) for name in ("study/best.keras", "tokens.npz", "seen.npy")]
    done = subprocess.run([sys.executable, "-c", LOAD, *files], capture_output=True, text=True, env=plain, cwd=study)
    assert done.returncode == 0, done.stderr


def test_numbers_outside_the_bound_are_errors_in_predictions_and_scores(study: Path) -> None:
    found = sqs.load_study(study / "study")
    said = "has the value 30 in sample 5, but whole numbers from 0 to 29"
    bad = np.load(study / "bad.npz")
    for call in (found.predict, found.evaluate):
        with pytest.raises(sqs.SqsError, match=said):
            call(str(study / "bad.npz"))
        with pytest.raises(sqs.SqsError, match=said) as error:
            call({name: bad[name] for name in bad.files})
        assert "help: give the numbers as in the data of the search" in str(error.value)
        assert "spec" not in str(error.value)
        with pytest.raises(sqs.SqsError, match="SQS705") as error:
            call({"word": WORD[:, :5], "size": SIZE, "topic": TOPIC})
        assert "spec" not in str(error.value)
    with pytest.raises(sqs.SqsError, match=said):
        sqs.search(SPEC, dict(bad), study / "none")


def test_a_search_from_python_and_its_trials(tmp_path: Path) -> None:
    data = ({"word": WORD, "size": SIZE}, TOPIC)
    result = sqs.search(SPEC, data, tmp_path / "s", validation_data=data, trials=1, epochs=2, workers=1)
    model = result.best_model()
    assert {tensor.name: str(tensor.dtype) for tensor in model.inputs}["word"] == "int32"
    assert model.get_layer("embedding").embeddings.shape[0] == 30


def test_columns_of_categories_are_embedded(tmp_path: Path) -> None:
    cities = [["Bern", "Rome", "Oslo"][n % 3] if n % 10 else "" for n in range(90)]
    rows = ["city,size,rich", *(f"{city},{n / 9:.2f},{'yn'[n % 3 == 1]}" for n, city in enumerate(cities))]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "new.csv").write_text("city,size\nRome,1\nParis,2\n,3\n")
    spec = """space people {
      input city: [1] below 4
      input size: [1]
      output rich = concat(city -> embedding(2) -> flatten, size) -> dense(4) -> relu -> dense(1) -> sigmoid
      train { epochs = 2 }
      search { algorithm = random  trials = 1 }
    }"""
    source = [f"{name}=csv:{tmp_path / 't.csv'}" for name in ("city", "size")]
    result = sqs.search(spec, source, tmp_path / "s", workers=1)
    model = result.best_model()
    layer = model.get_layer("city.encode")
    codes = np.array([[0], [1], [2], [3]], np.float32)
    assert np.asarray(layer(codes)).tolist() == [[1], [2], [3], [0]]
    new = f"csv:{tmp_path / 'new.csv'}"
    found = sqs.load_study(tmp_path / "s").predict([f"city={new}", f"size={new}"])
    assert found.values["rich"].shape == (3, 1)
