"""Sequences of different lengths: a search from the command line and from Python, and the saved model without this
package."""

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

SPEC = """space texts {
  input word: [10] below 30 padded
  input sound: [12, 2] padded
  let told = word -> embedding(any [4, 6]) -> conv(8, 3) -> relu -> gmp
  let heard = sound -> conv(4, 3, stride = 2) -> relu -> layernorm -> gap
  output topic = concat(told, heard) -> dense(8) -> batchnorm -> relu -> dense(3) -> softmax
  train { epochs = 15  learning_rate = 0.02  batch_size = 16  standardize = per_channel }
  search { algorithm = random  trials = 2  seed = 5 }
}
"""
generator = np.random.default_rng(0)
TOPIC = np.arange(120) % 3
WORDS = [generator.integers(3, 30, generator.integers(1, 11)) for _ in TOPIC]
for word, topic in zip(WORDS, TOPIC, strict=True):
    word[generator.integers(0, len(word))] = topic
SOUNDS = [generator.normal(100, 20, (generator.integers(1, 13), 2)) for _ in TOPIC]

LOAD = """
import sys
import keras
import numpy as np

assert not any(name.startswith("sqsem") for name in sys.modules)
model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
found = model.predict({"word": data["word"], "sound": data["sound"]}, verbose=0)
np.testing.assert_allclose(found, np.load(sys.argv[3]), atol=1e-5)
"""


def filled(seed: int) -> dict[str, np.ndarray]:
    """Padded arrays with random content in the padding, and their lengths."""
    own = np.random.default_rng(seed)
    word, sound = own.integers(-9, 99, (120, 11)), own.normal(0, 1e6, (120, 14, 2))
    for row, one in zip(word, WORDS, strict=True):
        row[: len(one)] = one
    for row, one in zip(sound, SOUNDS, strict=True):
        row[: len(one)] = one
    lengths = {"word_length": [len(one) for one in WORDS], "sound_length": [len(one) for one in SOUNDS]}
    return {"word": word, "sound": sound, **{name: np.array(each) for name, each in lengths.items()}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search from the command line."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.sqs").write_text(SPEC)
    np.savez(folder / "texts.npz", **filled(0), topic=TOPIC)
    command = [sys.executable, "-m", "sqsem_dsl", "search", "texts.sqs", "--data", "texts.npz", "-o", "study"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_learns_and_says_what_is_padded(folder: Path) -> None:
    best = json.loads((folder / "study" / "best.json").read_text())
    assert best["score"] > 0.7  # a third by chance
    assert best["padded"] == ["word", "sound"]


def test_predictions_do_not_depend_on_the_padding(folder: Path) -> None:
    study = sqs.load_study(folder / "study")
    first = study.predict({"word": WORDS, "sound": SOUNDS}).values["topic"]
    for seed in (1, 2):
        np.testing.assert_array_equal(study.predict(filled(seed)).values["topic"], first)
    scores = study.evaluate({**filled(3), "topic": TOPIC}).scores
    assert scores == study.evaluate({"word": WORDS, "sound": SOUNDS, "topic": TOPIC}).scores


def test_a_saved_model_finds_the_padding_without_this_package(folder: Path) -> None:
    expected = sqs.load_study(folder / "study").predict({"word": WORDS, "sound": SOUNDS}).values["topic"]
    word, sound = np.full((120, 10), -1), np.full((120, 12, 2), np.nan, np.float32)
    for at, (one, other) in enumerate(zip(WORDS, SOUNDS, strict=True)):
        word[at, : len(one)], sound[at, : len(other)] = one, other
    np.savez(folder / "marked.npz", word=word, sound=sound)
    np.save(folder / "seen.npy", expected)
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    files = [str(folder / name) for name in ("study/best.keras", "marked.npz", "seen.npy")]
    done = subprocess.run([sys.executable, "-c", LOAD, *files], capture_output=True, text=True, env=plain, cwd=folder)
    assert done.returncode == 0, done.stderr


def test_a_search_from_python_takes_lists(tmp_path: Path) -> None:
    data = ({"word": WORDS, "sound": SOUNDS}, TOPIC)
    result = sqs.search(SPEC, data, tmp_path / "s", trials=1, epochs=1, workers=1)
    shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in result.best_model().inputs}
    assert shapes == {"word": (10,), "sound": (12, 2)}


def test_exports_take_whole_numbers_and_padding(folder: Path) -> None:
    samples = {**filled(0), "topic": TOPIC}
    exports = sqs.load_study(folder / "study").export("keras", "python", data=samples, folder=folder / "exports")
    assert exports.exports[0].difference is not None
    card = (folder / "exports" / "model-card.md").read_text()
    assert "whole numbers from 0 to 29, -1 after the end of a sequence" in card
    assert "input `sound`: float32 `[samples, 12, 2]`, as in the data of the search, NaN after the end" in card


def test_a_second_export_keeps_the_first_one_in_the_card(folder: Path) -> None:
    """Of files that are replaced or removed, only the newest are listed."""
    study, place = sqs.load_study(folder / "study"), folder / "exports twice"
    study.export("keras", "python", data=filled(0), folder=place)
    study.export("python", folder=place)
    space = study.name
    card = (place / "model-card.md").read_text()
    assert [card.count(f"| `{space}{ending}` |") for ending in (".keras", ".py")] == [1, 1]
    record = json.loads((place / "model-card.json").read_text())
    record["exports"][1] |= {"trial": 9}
    (place / "model-card.json").write_text(json.dumps(record))
    study.export("python", folder=place)
    card = (place / "model-card.md").read_text()
    assert f"| `{space}.keras` |" not in card
    assert f"- `{space}.keras`: Keras, trial 9 of a search of the space `{space}`" in card
    (place / f"{space}.keras").unlink()
    study.export("python", folder=place)
    assert f"`{space}.keras`" not in (place / "model-card.md").read_text()
    (place / "model-card.json").write_text("[not a record")
    study.export("python", folder=place)
    assert len(json.loads((place / "model-card.json").read_text())["exports"]) == 1
