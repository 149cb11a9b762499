"""The page on your own images: its images, spec and messages; nothing is trained."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import compile_main
from sqsem_dsl.data.load import load_data
from tests.docs.scripts import page

PAGE = page("your-own-images.md")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SPEC = next(text for kind, text in BLOCKS if kind == "sqs")
MAKE = next(text for kind, text in BLOCKS if kind == "python")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's spec and images."""
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    Path("photos.sqs").write_text(SPEC, encoding="utf-8")
    exec(MAKE, {})
    return tmp_path / "photos"


def test_the_summary_begins_as_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos.sqs").write_text(SPEC, encoding="utf-8")
    assert compile_main(["photos.sqs"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    card, _, _ = printed.out.partition("\n\n")
    assert f"```text\n{card}\n```" in PAGE


def test_the_images_fit(photos: Path) -> None:
    space = sqs.load("photos.sqs")
    found = load_data("images:photos", space.inputs, space.outputs, space.search_settings.seed)
    sizes = [len(part) for part in (found.train, found.validation, found.test)]
    assert "{} training, {} validation, {} test samples".format(*sizes) in PAGE


def test_one_folder_too_many_is_reported_as_it_is_printed(photos: Path) -> None:
    shutil.copytree(photos / "spots", photos / "extra")
    space = sqs.load("photos.sqs")
    with pytest.raises(sqs.SqsError) as raised:
        load_data("images:photos", space.inputs, space.outputs, 1)
    assert raised.value.diagnostics[0].title in PAGE
