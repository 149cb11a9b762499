"""Data from untrusted authors: no code in them runs, nothing blocks, and no number is lost."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import compile_main
from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_image

EPS = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
CLASSES = {"y": OutputFact((2,), "softmax")}
NUMBERS = {"x": (3,)}
IMAGES = {"x": (8, 8, 3)}


def folder(place: Path) -> Path:
    for name in ("a", "b"):
        (place / name).mkdir(parents=True)
        for number in range(10):
            write_image(place / name / f"{number}.png", size=(8, 8))
    return place


@pytest.mark.parametrize("ending", ["png", "jpg", "gif"])
def test_postscript_named_as_an_image_is_not_run(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EpsImagePlugin = pytest.importorskip("PIL.EpsImagePlugin")  # noqa: N806
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **more: pytest.fail("Ghostscript was called"))
    (folder(tmp_path) / "a" / f"cat.{ending}").write_text(EPS)
    with pytest.raises(sqs.SqsError, match=rf"a/cat.{ending}"):
        load_data(f"images:{tmp_path}", IMAGES, CLASSES, 0)


@pytest.mark.keras
def test_nor_where_it_comes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import EpsImagePlugin

    from sqsem_dsl.data.images import decode

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **more: pytest.fail("Ghostscript was called"))
    (tmp_path / "cat.png").write_text(EPS)
    with pytest.raises(OSError, match=r"cat\.png"):
        decode(str(tmp_path / "cat.png"), (8, 8, 3))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("source", ["{}/data.npz", "csv:{}/data.csv", "images:{}"])
def test_a_pipe_is_not_waited_for(source: str, tmp_path: Path) -> None:
    for name in ("data.npz", "data.csv"):
        os.mkfifo(tmp_path / name)
    os.mkfifo(folder(tmp_path) / "a" / "x.png")
    inputs = IMAGES if source.startswith("images") else NUMBERS
    with pytest.raises(sqs.SqsError, match="it is a pipe, not a file"):
        load_data(source.format(tmp_path), inputs, CLASSES, 0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_nor_among_specs(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.sqs")
    Path("s.sqs").write_text('sqs 1 use b from "pipe.sqs" space s { input x: [4] output y = x -> b() -> dense(2) }')
    assert [compile_main([name]) for name in ("pipe.sqs", "s.sqs", "/dev/zero")] == [1, 1, 1]
    said = capsys.readouterr().err
    assert "it is a pipe, not a file" in said
    assert "it is a device, not a file" in said


@pytest.mark.parametrize("kind", [np.float64, np.longdouble])
def test_what_32_bits_do_not_hold_is_refused(kind: type, tmp_path: Path) -> None:
    x = np.ones((40, 3), kind)
    x[7, 1] = 1e300
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(40) % 2)
    with pytest.raises(sqs.SqsError, match=r"`x` has 1 value that is too large for 32 bits .* sample 7"):
        load_data(str(tmp_path / "d.npz"), NUMBERS, CLASSES, 0)


def test_so_are_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.ones((40, 3)), y=np.full(40, 1e39))
    with pytest.raises(sqs.SqsError, match="`y` has 40 values that are too large for 32 bits"):
        load_data(str(tmp_path / "d.npz"), NUMBERS, {"y": OutputFact((1,), None)}, 0)


def test_the_largest_number_of_32_bits_is_taken(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.full((40, 3), float(np.finfo(np.float32).max)), y=np.arange(40) % 2)
    assert load_data(str(tmp_path / "d.npz"), NUMBERS, CLASSES, 0)
