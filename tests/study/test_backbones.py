"""Searches of spaces with a backbone: its weights, its frozen layers, and interrupted trainings."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.diagnostics.errors import SqsError

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.data.arrays import Bytes  # noqa: E402
from sqsem_dsl.data.dataset import Dataset, Part  # noqa: E402
from sqsem_dsl.study.objective import Goal  # noqa: E402
from sqsem_dsl.study.task import Stopped, Task, Trained  # noqa: E402
from sqsem_dsl.study.trial.trial import _compiled  # noqa: E402
from tests.fakes.trials import after, run  # noqa: E402

SPEC = """sqs 1
space small {
  "A cut MobileNet, and whether its own weights help."
  input image: [32, 32, 3]
  output label = image
    -> backbone(mobilenet, weights = any [none, "own.weights.h5"], cut = "conv_pw_2_relu", trainable = none)
    -> gap -> dense(2) -> softmax
  train { epochs = 1  batch_size = 16 }
  search { algorithm = grid }
}
"""
NETWORK = {"include_top": False, "weights": None, "input_shape": (32, 32, 3)}


def samples():
    """Dark and bright images of bytes."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = random.integers(0, 128, (60, 32, 32, 3)) + 127 * labels[:, None, None, None]
    return images.astype("uint8"), labels


@pytest.fixture
def spec(tmp_path):
    keras.applications.MobileNet(**NETWORK).save_weights(tmp_path / "own.weights.h5")
    (tmp_path / "small.sqs").write_text(SPEC, encoding="utf-8")
    return tmp_path / "small.sqs"


def own_weights(folder):
    """The first kernel of the file."""
    network = keras.applications.MobileNet(**NETWORK)
    network.load_weights(folder / "own.weights.h5")
    return network.get_weights()[0]


@pytest.mark.search
@pytest.mark.parametrize("workers", [0, 1])
def test_a_search_starts_from_the_file_next_to_the_spec(workers, spec, tmp_path):
    result = sqs.search(spec, samples(), tmp_path / "run", workers=workers, keep=2)
    assert [trial.status for trial in result.trials] == ["completed"] * 2
    paths = {str(trial.choices["backbone.weights"]) for trial in result.trials}
    assert paths == {"none", "own.weights.h5"}
    (own,) = (trial for trial in result.trials if trial.choices["backbone.weights"] == "own.weights.h5")
    model = result.load_model(own.number)
    np.testing.assert_array_equal(model.get_layer("backbone").get_weights()[0], own_weights(tmp_path))
    (tmp_path / "own.weights.h5").unlink()
    kept = sqs.load_study(tmp_path / "run")  # which does not need the file
    assert len(kept.predict(samples()[0])) == 60
    assert kept.space.count == 2
    with pytest.raises(SqsError, match="the spec has no folder"):
        kept.space.at({"backbone.weights": "own.weights.h5"}).build()
    with pytest.raises(
        SqsError, match=r"it starts from the file `own\.weights\.h5`, which is in the folder of the spec"
    ):
        kept.retrain(samples(), tmp_path / "again", trial=own.number, workers=0)
    again = kept.retrain(samples(), tmp_path / "again", trial=3 - own.number, workers=0)  # which needs no file
    assert again.trials[0].choices["backbone.weights"] == "none"


@pytest.mark.search
def test_a_file_of_weights_that_was_changed_is_an_error_and_nothing_is_reused(spec, tmp_path):
    spec.write_text(SPEC.replace('any [none, "own.weights.h5"]', '"own.weights.h5"'), encoding="utf-8")
    sqs.search(spec, samples(), tmp_path / "run", workers=0)
    keras.utils.set_random_seed(5)
    keras.applications.MobileNet(**NETWORK).save_weights(tmp_path / "own.weights.h5")
    with pytest.raises(SqsError, match=r"SQS765(.|\n)*a study with other weights in `own\.weights\.h5`"):
        sqs.search(spec, samples(), tmp_path / "run", workers=0)
    for number in (1, 2):
        again = sqs.search(
            spec, samples(), tmp_path / f"{number}", workers=0, reuse=[tmp_path / "run", tmp_path / "1"][:number]
        )
        assert again.trials[0].origin == ("search" if number == 1 else "reused")


def test_weights_that_cannot_be_read_are_an_error_before_the_first_trial(spec, tmp_path):
    (tmp_path / "own.weights.h5").write_bytes(b"not a file of weights")
    with pytest.raises(SqsError) as caught:
        sqs.search(spec, samples(), tmp_path / "run", workers=0)
    assert [found.code for found in caught.value.diagnostics] == ["SQS760"]
    assert not (tmp_path / "run").exists()


def test_weights_that_cannot_be_read_are_an_error_before_a_tuner_is_made(spec, tmp_path, capsys):
    space = sqs.load(spec)
    space.tuner(directory=tmp_path / "tuner")
    assert "loading weights: own.weights.h5 of mobilenet" in capsys.readouterr().out
    (tmp_path / "own.weights.h5").write_bytes(b"not a file of weights")
    for make in (space.tuner, space.hypermodel):
        with pytest.raises(SqsError, match="SQS760"):
            make()


@pytest.mark.parametrize("trainable", ["none", '"conv_pw_2"', "all"])
def test_an_interrupted_training_gives_the_same(trainable, spec, tmp_path):
    text = SPEC.replace('any [none, "own.weights.h5"]', '"own.weights.h5"')
    spec.write_text(text.replace("trainable = none", f"trainable = {trainable}"), encoding="utf-8")
    images, labels = samples()
    part = Part({"image": Bytes.of(images)}, {"label": labels.astype("int32")})
    space = sqs.load(spec)
    data = Dataset("bytes", space.outputs, part, part, part)
    steps = 4  # of an epoch: 60 samples

    def of(name):
        files = {"checkpoint": str(tmp_path / f"{name}.npz"), "model": str(tmp_path / f"{name}.keras")}
        return Task(1, space.default(), (Goal("val_loss", "min"),), 3, (5,), **files)

    whole = run(of("whole"), data=data)
    parts = [run(of("parts"), after(steps + 3), data)]
    assert isinstance(parts[0].end, Stopped)
    _compiled.clear()  # as if the rest had its own process
    parts.append(run(of("parts"), data=data))
    assert isinstance(parts[1].end, Trained)
    assert parts[1].end == whole.end
    one, two = (keras.models.load_model(tmp_path / f"{name}.keras").get_weights() for name in ("whole", "parts"))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    started = own_weights(tmp_path)
    assert np.array_equal(one[0], started) == (trainable != "all")
