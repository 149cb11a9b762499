"""The outputs in the README match the compiler's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ast.read import read
from sqsem_dsl.cli import compile_main
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.read_file import read_file
from tests.docs.test_python import checked
from tests.fakes.journals import make_study

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def test_the_spec_is_the_one_that_the_command_searches() -> None:
    excerpt, text = (text for kind, text in BLOCKS if kind == "sqs")
    assert read(Source("README", text)).spec == read_file(ROOT / "specs" / "digits.sqs").spec
    assert excerpt in text


def test_the_picture_is_of_that_space() -> None:
    (picture,) = re.findall(r'<img src="([^"]*)"', README)
    svg = (ROOT / picture).read_text(encoding="utf-8")
    assert f">{sqs.load(ROOT / 'specs' / 'digits.sqs').doc}</desc>" in svg


def test_the_summary_is_the_one_that_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert compile_main(["specs/digits.sqs"]) == 0
    assert capsys.readouterr().out in README


def test_the_message_is_the_one_that_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wide.sqs").write_text(
        """space wide {
  input image: [32, 32, 3]
  output label = image
    -> repeat blocks in 1..4 as i {
         bypass skip in [none, identity] { conv(16 * (i + 1), 3) -> relu }
         -> maxpool(2)
       }
    -> gap -> dense(10) -> softmax
}
"""
    )
    assert compile_main(["wide.sqs"]) == 1
    assert capsys.readouterr().err.strip() in README


def test_the_example_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line runs, except those that need Keras, and every number is right."""
    monkeypatch.chdir(ROOT)
    text, _ = (text for kind, text in BLOCKS if kind == "python")
    names: dict[str, object] = {}
    numbers = 0
    for line in text.split("import keras_tuner")[0].splitlines():
        code, _, remark = line.partition("  # ")
        if "build()" in code:
            continue
        said = re.match(r"\d+", remark)
        if said:
            assert eval(code, names) == int(said.group()), code
            numbers += 1
        else:
            exec(code, names)
    assert numbers == 4


def test_the_example_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is one up to its first trial, and a study is read as shown; nothing is trained."""
    pytest.importorskip("pandas")
    pytest.importorskip("sklearn")
    make_study(tmp_path / "runs" / "small")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sqs, "search", lambda *args, **kwargs: checked(*args, **kwargs) or StoredResult())
    _, text = (text for kind, text in BLOCKS if kind == "python")
    names: dict[str, Any] = {"sqs": sqs}
    exec(text, names)
    assert names["study"].best.choices["first"] in (8, 16, 32)


class StoredResult:
    """The result of a search that was not run."""

    def __init__(self) -> None:
        study = sqs.load_study("runs/small")
        self.best, self.to_pandas = study.best, study.to_pandas

    def best_model(self) -> None: ...
