"""Exported models give the outputs of the original, or are refused."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras.unrolled import unrolled  # noqa: E402
from sqsem_dsl.data.dataset import Loaded, Part  # noqa: E402
from sqsem_dsl.study.export import export_model as exporting  # noqa: E402
from sqsem_dsl.study.export.export_forms import export_forms  # noqa: E402
from sqsem_dsl.study.export.export_model import export_model  # noqa: E402
from sqsem_dsl.study.export.formats import FORMATS  # noqa: E402

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The same weights in each run: how far a network of 8-bit integers is from its original depends on them."""
    keras.utils.set_random_seed(0)


SPECS = {
    "images": """space s { input image: [8, 8, 3]
      output y = image -> conv(4, 3) -> batchnorm -> relu -> maxpool(2) -> gap -> dense(3) -> softmax }""",
    "series": "space s { input x: [12, 2]  output y = x -> conv(4, 3) -> layernorm -> swish -> flatten -> dense(1) }",
    "two inputs, two outputs": """space s { input zeta: [4]  input alpha: [6, 2]
      let h = concat(zeta -> dense(3), alpha -> conv(4, 3) -> gap)
      output second = h -> dense(3) -> softmax  output first = h -> dense(1) }""",
    "recurrent": """space s { input x: [9, 4]
      output y = x -> gru(5, sequences = true, backwards = true) -> rnn(3, sequences = true)
        -> lstm(4, bidirectional = true) -> dense(2) -> softmax }""",
    "attention": """space s { input x: [9, 4]
      output y = x -> class_token -> positions -> attention(2, causal = true) -> rmsnorm -> prelu -> layer_scale(0.5)
        -> crop(0, 1) -> transpose([1, 0]) -> zeropad(1, 2) -> conv(3, 3, padding = causal) -> gap -> dense(2) }""",
    "mask": "space s { input image: [8, 8, 1]  output mask = image -> conv(4, 3) -> relu -> conv(1, 1) -> sigmoid }",
}


def samples_of(architecture: sqs.Architecture, count: int = 12) -> dict[str, np.ndarray]:
    return {name: RANDOM.random((count, *shape)).astype(np.float32) for name, shape in architecture.inputs.items()}


def forms() -> list[str]:
    on_tensorflow = keras.config.backend() == "tensorflow"
    return [
        name
        for name, form in FORMATS.items()
        if name != "python"
        and all(importlib.util.find_spec(package) for package in form.needs)
        and (on_tensorflow or not form.on_tensorflow)
    ]


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_has_the_outputs_of_the_original(tmp_path: Path, kind: str, form: str) -> None:
    if form not in forms():
        pytest.skip(f"{form} needs packages that are not installed, or has no file to run")
    architecture = sqs.loads(SPECS[kind]).default()
    model, samples = architecture.build(), samples_of(architecture)
    path = tmp_path / f"model{FORMATS[form].ending}"
    export = export_model(model, form, path, samples)
    assert path.exists()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert export.difference is not None
    assert export.difference <= 1e-3
    expected = model.predict(samples if len(samples) > 1 else next(iter(samples.values())), verbose=0)
    for name, values in export.values.items():
        right = expected[name] if isinstance(expected, dict) else expected
        np.testing.assert_allclose(values, right, atol=1e-4)
    assert export.size > 0
    assert export.seconds is not None
    again = export_model(model, form, path, samples)  # replaces the export
    assert again.size > 0


def test_long_sequences_are_not_unrolled(tmp_path: Path) -> None:
    """Each place of a recurrent layer adds operations to a LiteRT model."""
    if "litert" not in forms():
        pytest.skip("it needs packages that are not installed")
    text = "space s { input x: [LENGTH, 2]  output y = x -> gru(3, bidirectional = true) -> dense(1) }"
    architecture = sqs.loads(text.replace("LENGTH", "300")).default()
    path = tmp_path / "model.tflite"
    with pytest.raises(sqs.SqsError, match="its recurrent layers read 600 places"):
        export_model(architecture.build(), "litert", path, samples_of(architecture))
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    architecture = sqs.loads(SPECS["series"]).default()
    model, other, samples = architecture.build(), architecture.build(), samples_of(architecture)
    other.set_weights([weights + 0.1 for weights in other.get_weights()])
    write = exporting.write_model
    monkeypatch.setattr(exporting, "write_model", lambda _, *given, **more: write(other, *given, **more))
    differs = r"SQS924(.|\n)*exported to Keras differs from the original: `y` of sample s\d+ by \d"
    ids = tuple(f"s{number}" for number in range(12))
    with pytest.raises(sqs.SqsError, match=differs):
        export_model(model, "keras", tmp_path / "model.keras", samples, ids=ids)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    architecture = sqs.loads(SPECS["series"]).default()
    model, samples = architecture.build(), samples_of(architecture)
    with pytest.raises(sqs.SqsError, match="SQS925"):
        export_model(model, "keras", tmp_path / "model.keras")
    (tmp_path / "folder" / "mine").mkdir(parents=True)
    with pytest.raises(sqs.SqsError, match=r"SQS926(.|\n)*it is a folder with other files"):
        export_model(model, "keras", tmp_path / "folder", samples)
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(sqs.SqsError, match=r"SQS926(.|\n)*it is a link"):
        export_model(model, "keras", tmp_path / "link" / "model.keras", samples)
    (tmp_path / "file").write_text("")
    with pytest.raises(sqs.SqsError, match="SQS926"):
        export_model(model, "keras", tmp_path / "file" / "model.keras", samples)
    monkeypatch.setattr("sqsem_dsl.study.export.formats.find_spec", lambda name: None)
    with pytest.raises(sqs.SqsError, match=r"needs `tensorflow`(.|\n)*sqsem-dsl\[export\]"):
        export_model(model, "onnx", tmp_path / "model.onnx", samples)


def test_python_code_builds_the_same_network(tmp_path: Path) -> None:
    architecture = sqs.loads(SPECS["images"]).default()
    model, path = architecture.build(), tmp_path / "network.py"
    export_model(model, "python", path)
    found: dict[str, object] = {}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), found)
    copy = found["build_model"]()  # type: ignore[operator]
    copy.set_weights(model.get_weights())
    samples = samples_of(architecture)["image"]
    np.testing.assert_allclose(copy.predict(samples, verbose=0), model.predict(samples, verbose=0), atol=1e-6)


@pytest.mark.skipif("litert" not in forms(), reason="LiteRT is not installed")
@pytest.mark.parametrize("network", ["avgpool(2) -> gap", "gmp", "maxpool(2) -> conv(4, 3) -> maxpool(2) -> gap"])
@pytest.mark.parametrize("words", [True, False])
def test_pools_of_padded_sequences_in_8_bit_integers(network: str, words: bool, tmp_path: Path) -> None:
    """Windows of padding alone are no division by zero, and no number in place of padding widens a range."""
    declared, start = ("[12] below 10", "x -> embedding(3)") if words else ("[12, 3]", "x")
    data = RANDOM.integers(0, 10, (40, 12)).astype(np.int32) if words else RANDOM.normal(size=(40, 12, 3))
    for at in range(30):
        data[at, 1 + at % 12 :] = -1 if words else np.nan
    data = data if words else data.astype(np.float32)
    model = (
        sqs.loads(f"space s {{ input x: {declared} padded  output y = {start} -> {network} -> dense(1) }}")
        .default()
        .build()
    )
    export = export_model(model, "litert", tmp_path / "s.tflite", {"x": data}, int8=True)
    assert export.difference is not None
    assert export.difference < 0.05 * np.abs(model.predict(data, verbose=0)).max() + 0.005


@pytest.mark.parametrize(
    "rest", ["gmp -> dense(2)", "conv(3, 3) -> gap", "maxpool(2) -> attention(2) -> gap", "dense(2) -> gap"]
)
def test_unrolled_layers_of_two_directions_leave_out_padding(rest: str) -> None:
    """Keras, unrolled, zeroes the places of a layer that reads backwards by the mask in the other order."""
    text = f"""space s {{ input x: [6, 4] padded
      output y = x -> gru(3, sequences = true, bidirectional = true) -> lstm(2, sequences = true, bidirectional = true)
        -> {rest} }}"""
    data = RANDOM.normal(size=(6, 6, 4)).astype(np.float32)
    for at in range(5):
        data[at, 1 + at :] = np.nan
    model = sqs.loads(text).default().build()
    np.testing.assert_allclose(unrolled(model).predict(data, verbose=0), model.predict(data, verbose=0), atol=1e-6)


@pytest.mark.skipif("litert" not in forms(), reason="LiteRT is not installed")
def test_unrolled_layers_leave_out_padding(tmp_path: Path) -> None:
    text = """space s { input x: [7, 3] padded
      output y = x -> lstm(4, sequences = true, backwards = true) -> layer_scale(0.5) -> gru(3, bidirectional = true)
        -> dense(2) }"""
    data = RANDOM.normal(size=(12, 7, 3)).astype(np.float32)
    for at in range(6):
        data[at, 1 + at :] = np.nan
    model = sqs.loads(text).default().build()
    layers = [(layer.name, len(layer._inbound_nodes)) for layer in model.layers]
    export = export_model(model, "litert", tmp_path / "s.tflite", {"x": data})
    assert export.difference is not None
    assert export.difference < 1e-5
    assert layers == [(layer.name, len(layer._inbound_nodes)) for layer in model.layers]  # it is not changed


def test_python_code_of_a_backbone_makes_it_with_keras_applications(tmp_path: Path) -> None:
    spec = """space s { input image: [32, 32, 3]
      output y = image -> backbone(mobilenet, cut = "conv_pw_2_relu", trainable = none) -> gap -> dense(2) }"""
    space = sqs.loads(spec)
    architecture = space.default()
    model = architecture.build()
    [found] = export_forms(model, architecture, ("python",), tmp_path, None, space.outputs).exports
    code = found.path.read_text(encoding="utf-8")
    assert "keras.applications.MobileNet(" in code
    room: dict[str, Any] = {}
    exec(code, room)
    again = room["build_model"]()
    again.set_weights(model.get_weights())
    images = RANDOM.random((3, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(again.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5)


def test_8_bit_integers_are_calibrated_and_their_score_is_measured(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    space = sqs.loads(SPECS["images"].replace("conv(4, 3)", "conv(32, 3) -> conv(64, 3)"))
    architecture = space.default()
    model, samples = architecture.build(), samples_of(architecture, 40)
    labels = model.predict(samples["image"], verbose=0).argmax(axis=1)
    loaded = Loaded("made", Part(samples, {"y": labels}))
    found = export_forms(model, architecture, ("litert",), tmp_path, loaded, space.outputs, int8=True)
    plain = export_model(model, "litert", tmp_path / "plain.tflite", samples)
    [small] = found.exports
    assert small.int8
    assert small.size < plain.size
    assert 0 < (small.difference or 0) < 0.2
    assert found.scores == {"accuracy": 1.0}
    assert 0.5 < found.exported_scores[0]["accuracy"] <= 1.0


TABLE = """
space flats {
  input flat: [5]
  output price = flat -> dense(8) -> relu -> dense(1)
  train { epochs = 3  batch_size = 8  standardize = per_channel }
  search { trials = 1 }
}
"""


@pytest.mark.search
def test_a_table_with_categories_and_gaps_from_the_command_line(tmp_path: Path) -> None:
    """The model takes the raw columns and returns euros in each format."""
    kinds = ["flat", "house", "loft"]
    rows = [f"{kinds[n % 3]},{'' if n % 7 == 0 else 40 + n},{n % 4},{1000 * (50 + n)}" for n in range(60)]
    (tmp_path / "flats.csv").write_text("\n".join(["kind,area,rooms,price", *rows]))
    (tmp_path / "flats.sqs").write_text(TABLE)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sqsem_dsl", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)

    assert run("search", "flats.sqs", "--data", "csv:flats.csv", "-o", "run").returncode == 0
    study = sqs.load_study(tmp_path / "run")
    again = run("retrain", "run", "--data", "csv:flats.csv", "--epochs", "5", "--workers", "0", "-o", "longer")
    assert again.returncode == 0, again.stderr
    longer = sqs.load_study(tmp_path / "longer")
    assert [(trial.choices, trial.epochs) for trial in longer.trials] == [(study.trials[0].choices, 5)]
    assert json.loads((tmp_path / "longer" / "best.json").read_text())["retrained"] == {"study": "flats", "trial": 1}
    assert "--horizon requires --window" in run("retrain", "run", "--data", "d", "-o", "w", "--horizon", "3").stderr
    for forms_given in (("onyx",), ()):
        with pytest.raises(sqs.SqsError, match=r"SQS787(.|\n)*`litert`"):
            study.export(*forms_given)
    for words in (["-o", "run"], ["-o", "other", "--trial", "9"]):
        refused = run("retrain", "run", "--data", "csv:flats.csv", *words)
        assert (refused.returncode, "SQS927" in refused.stderr) == (1, True)
    assert not (tmp_path / "other").exists()

    names = forms()
    done = run("export", "run", "csv:flats.csv", "--to", *names, "python")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["file", "size", "one", "sample", "difference", "mae"]
    assert [line.split()[0] for line in lines[2 : 3 + len(names)]] == [
        f"flats{FORMATS[name].ending}" for name in (*names, "python")
    ]
    original = lines[1].split()[-1]
    assert all(line.split()[-1] == original for line in lines[2 : 2 + len(names)])
    card = (tmp_path / "run" / "export" / "model-card.md").read_text(encoding="utf-8")
    assert "column 0: `kind` (0 = flat, 1 = house, 2 = loft, 3 = missing or unknown)" in card
    assert f"The original has there: mae {original}." in card
    refused = run("export", "run", "--to", "keras")
    assert (refused.returncode, "SQS925" in refused.stderr) == (1, True)
    assert run("export", "run", "--to", "keras", "--int8").returncode == 2
