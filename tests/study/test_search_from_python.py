"""The arguments of `sqs.search`: specs in every form, options as keywords, callbacks; and whole searches with them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.study.options import Keywords, SearchOptions, with_keywords
from sqsem_dsl.study.searched import searched_of
from sqsem_dsl.study.user_callbacks import UserCallbacks

SPEC = """space blobs {
  input x: [4]
  const classes = 3
  output label = x -> dense(any [4, 8]) -> relu -> dense(classes) -> softmax
  train { epochs = 3  learning_rate = 0.05  batch_size = 16 }
  search { algorithm = random  trials = 2  seed = 5 }
}
"""
Y = np.arange(96) % 3
X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
X[np.arange(96), Y] += 3


# ---- the spec


def test_a_space_a_path_and_a_text_are_the_same_spec(tmp_path):
    path = tmp_path / "spaces" / "other name.sqs"
    path.parent.mkdir()
    path.write_text(SPEC)
    one_line = " ".join(SPEC.split())
    for spec in (SPEC, one_line, path, str(path), sqs.loads(SPEC), sqs.load(path)):
        found = searched_of(spec)
        assert found.space.count == 2
        assert found.sources.load().count == 2
        stem = "blobs" if not isinstance(spec, str | Path) or "{" in str(spec) else "other name"
        assert found.folder == Path(f"{stem}-search")


def test_a_study_keeps_the_spec_that_was_compiled_even_if_the_file_has_changed(tmp_path):
    (tmp_path / "blocks.sqs").write_text("sqs 1\nblock b(x, n: int) { out x -> dense(n) -> relu }\n")
    path = tmp_path / "s.sqs"
    path.write_text('sqs 1\nuse b from "blocks.sqs"\nspace s { input x: [4]  output y = x -> b(any [2, 3]) }\n')
    space = sqs.load(path)
    path.write_text(SPEC)
    (tmp_path / "blocks.sqs").unlink()
    assert searched_of(space).sources.load().count == 2


def test_constants_are_set_where_a_spec_is_compiled():
    assert searched_of(SPEC, define={"classes": 5}).space.outputs["label"].shape == (5,)
    with pytest.raises(sqs.SqsError, match="`space`, `define` cannot change a space that is already compiled"):
        searched_of(sqs.loads(SPEC), space="blobs", define={"classes": 5})


@pytest.mark.parametrize("spec", ["no such file.sqs", "space.sqs", 3])
def test_what_is_not_a_spec_is_a_diagnostic(spec):
    with pytest.raises(sqs.SqsError):
        searched_of(spec)


# ---- keywords


def test_every_option_is_a_keyword():
    assert set(Keywords.__annotations__) == set(SearchOptions.__dataclass_fields__)


def test_keywords_override_options():
    given = {"epochs": np.int64(5), "reuse": ["a"], "start_from": ["default", {"n": 1}]}
    found, names = with_keywords(SearchOptions(trials=3, epochs=4), given, {}, ())
    assert found == SearchOptions(trials=3, epochs=5, reuse=(Path("a"),), start_from=({"n": 1},))
    assert type(found.epochs) is int
    assert names == ("default",)


def test_all_faulty_arguments_are_reported_at_once():
    with pytest.raises(sqs.SqsError) as caught:
        sqs.search(SPEC, (X, Y), trails=3, hours=0, workers=-1, folds=1, fraction=2, seed="1")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["SQS786"] + 5 * ["SQS787"]
    assert "an argument with a similar name exists: `trials`" in str(caught.value)


def test_labels_in_the_place_of_the_folder_are_noticed():
    with pytest.raises(sqs.SqsError, match=r"data and labels are one argument, `\(x, y\)`"):
        sqs.search(SPEC, X, Y)


def test_data_by_the_names_of_scikit_learn_or_not_at_all():
    with pytest.raises(sqs.SqsError, match=r"no argument `x`(.|\n)*`search\(spec, \(x, y\)\)`"):
        sqs.search(SPEC, x=X, y=Y)
    with pytest.raises(sqs.SqsError, match="`data` is missing"):
        sqs.search(SPEC)


def test_a_space_has_the_same_search_as_a_method(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "sqsem_dsl.study.search_function.search", lambda *given, **keywords: seen.append((given, keywords))
    )
    space = sqs.loads(SPEC)
    space.search((X, Y), "study", trials=2)
    assert seen == [((space, (X, Y), "study", None), {"trials": 2})]
    monkeypatch.undo()
    with pytest.raises(sqs.SqsError, match="an argument with a similar name exists: `trials`"):
        space.search((X, Y), trails=3)


# ---- callbacks


class Counter:
    """A callback; Keras is not needed to pass it on."""

    def __init__(self, state=None):
        self.state = state or []

    def set_model(self, model): ...
    def on_epoch_end(self, epoch, logs=None): ...


def test_each_training_has_callbacks_of_its_own():
    given = Counter()
    for callbacks in (given, [given], lambda: [Counter()], Counter):
        found = UserCallbacks.of(callbacks)
        assert found.names == ("Counter",)
        (one,), (other,) = found.new(), found.new()
        one.state.append(1)
        assert (given.state, other.state) == ([], [])
    assert UserCallbacks.of(()) is None
    assert UserCallbacks.of(None) is None


def test_callbacks_reach_other_processes_even_from_a_function():
    pytest.importorskip("cloudpickle")

    class Local(Counter):
        pass

    for callbacks in ([Local([7])], lambda: Local([7])):
        found = UserCallbacks.of(callbacks)
        found.check_portable()
        again = pickle.loads(pickle.dumps(found))
        assert again.names == ("Local",)
        assert again.new()[0].state == [7]


def test_callbacks_that_cannot_be_used_are_refused():
    with pytest.raises(sqs.SqsError, match="`int` is not a Keras callback"):
        UserCallbacks.of([Counter(), 3])
    with pytest.raises(sqs.SqsError, match="the function that makes them failed: ZeroDivisionError"):
        UserCallbacks.of(lambda: 1 / 0)
    with pytest.raises(sqs.SqsError, match="they cannot be copied: TypeError: cannot pickle"):
        UserCallbacks.of(Counter(threading.Lock()))
    lock = threading.Lock()
    here = UserCallbacks.of(lambda: Counter(lock))
    assert here.new()[0].state is lock
    with pytest.raises(sqs.SqsError, match=r"they cannot be sent to worker processes.*\n.*use `workers=0`"):
        here.check_portable()


# ---- whole searches


@pytest.fixture(scope="module")
def keras():
    pytest.importorskip("keras_tuner")
    return pytest.importorskip("keras")


@pytest.mark.keras
def test_a_search_with_arrays_weights_and_callbacks(tmp_path, keras):
    seen = []

    class Seen(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.epochs = []
            seen.append(self.epochs)

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(epoch)

    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)  # after the second epoch
    space, folder = sqs.loads(SPEC), tmp_path / "study"
    arguments = {"class_weight": {0: 0.5, 2: 2.0}, "sample_weight": np.linspace(0.5, 1, 96), "workers": 0}
    given = [Seen(), stop]

    def search(**more):
        return sqs.search(space, (X, Y), folder, callbacks=given, progress=False, **{**arguments, **more})

    result = search()
    assert seen == [[0, 1], [0, 1]]
    assert [trial.epochs for trial in result.trials] == [2, 2]
    study = sqs.load_study(folder)
    assert study.space.count == 2
    assert study.notes["callbacks"] == ["Seen", "EarlyStopping"]
    assert json.loads((folder / "best.json").read_text())["callbacks"] == ["Seen", "EarlyStopping"]
    assert "with weights of samples and classes" in study.notes["data"]

    model = result.best_model()
    assert model.predict(X, verbose=0).shape == (96, 3)
    scores = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert scores["accuracy"] > 0.3
    kept = result.load_model(result.best.number).get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), kept, strict=True))
    with pytest.raises(sqs.SqsError, match="has no model of trial 9"):
        result.load_model(9)
    assert repr(result).startswith("<Result blobs: 2 trials in ")

    assert len(search(trials=3).trials) == 2  # the same study; the space has no third network
    assert len(seen) == 2
    with pytest.raises(sqs.SqsError, match="holds a study with other data"):
        search(class_weight={0: 0.25})
    with pytest.raises(sqs.SqsError, match="holds a study with other data"):
        search(sample_weight=None)


@pytest.mark.keras
def test_a_callback_that_stops_does_so_instead_of_the_patience_of_the_spec(tmp_path, keras):
    text = SPEC.replace("epochs = 3", "epochs = 4  early_stopping = patience(1, min_delta = 9.0)")
    arguments = {"trials": 1, "workers": 0, "progress": False}
    patient = keras.callbacks.EarlyStopping("val_loss", patience=9)
    assert sqs.search(text, (X, Y), tmp_path / "spec", **arguments).best.epochs == 2
    assert sqs.search(text, (X, Y), tmp_path / "own", callbacks=patient, **arguments).best.epochs == 4


SCRIPT = '''
import sys
import keras
import numpy as np
import sqsem_dsl as sqs

print("started")
SPEC = """{spec}"""
y = np.arange(96) % 3
x = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")


class Note(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        with open("trained.txt", "a") as file:
            file.write(__name__ + "\\n")


result = sqs.search(SPEC, (x, y), "study", workers=2, epochs=1, callbacks=[Note()], progress=False)
print(len(result.trials), "trials,", result.best.status)
'''


@pytest.mark.search
def test_the_plainest_script_searches_in_worker_processes(tmp_path, keras):
    """Without `if __name__ == "__main__"`, with a class of its own, and with data that it holds."""
    (tmp_path / "plain.py").write_text(SCRIPT.format(spec=SPEC))
    done = subprocess.run(
        [sys.executable, "plain.py"], cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["started", "2 trials, completed"]
    assert (tmp_path / "trained.txt").read_text() == "__main__\n" * 2
