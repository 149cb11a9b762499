"""The manual matches the compiler: every example compiles, every operator and setting is in its tables."""

from __future__ import annotations

import re
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl
from sqsem_dsl.elaborate.imports import std_index
from sqsem_dsl.lint.findings import choices, operators, requires, training
from sqsem_dsl.lint.findings.lint import Lint
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import REQUIRED, Attribute, Computed, Operator
from sqsem_dsl.settings.table import SECTIONS

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sqs\n(.*?)^```$", MANUAL, re.DOTALL | re.MULTILINE)
FINDINGS = (choices, operators, requires, training)
IN_TABLES = {
    code
    for line in MANUAL.splitlines()
    if line.startswith("|") and line.count("|") > 2
    for code in re.findall(r"`([^`]+)`", line)
}


def title(example: str) -> str:
    found = re.search(r"space (\w+)", example)
    return found.group(1) if found else "?"


@pytest.mark.parametrize("example", EXAMPLES, ids=title)
def test_an_example_compiles_without_diagnostics(example: str, tmp_path: Path) -> None:
    path = tmp_path / "example.sqs"
    path.write_text(example, encoding="utf-8")
    compilation = sqsem_dsl.Compilation.from_file(path)
    assert compilation.findings() == ()
    assert compilation.space.sample_one(0).params > 0


def test_every_fence_is_an_example() -> None:
    assert MANUAL.count("```") == 2 * len(EXAMPLES)


def test_the_paths_in_the_manual_are_those_of_the_first_spec(tmp_path: Path) -> None:
    path = tmp_path / "first.sqs"
    path.write_text(EXAMPLES[0], encoding="utf-8")
    paths = {choice.path for choice in sqsem_dsl.load(path).choices}
    table = MANUAL.split("In the first spec above:")[1].split("\n\n")[1]
    named = {code for line in table.splitlines()[2:] for code in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert len(named) == 9
    assert named <= paths


def written(attribute: Attribute) -> str:
    if attribute.default is REQUIRED:
        return attribute.name
    match attribute.default:
        case bool():
            return f"{attribute.name} = {str(attribute.default).lower()}"
        case Computed(text=text):
            return f"{attribute.name} = {text}"
        case Fraction():
            return f"{attribute.name} = {float(attribute.default)}".replace("e-0", "e-")
        case int() | str():
            return f"{attribute.name} = {attribute.default}"
        case _:
            raise AssertionError(attribute)


def signature(row: Operator) -> str:
    arguments = ", ".join([*(written(a) for a in row.attributes), *(f"{name} = it" for name in row.named)])
    if row.tensors == (2, 2):
        second = {"scale": "gate", "broadcast_like": "t", "subtract": "t", "dot": "t"}[row.name]
        arguments = f"{second}, {arguments}" if arguments else second
    return f"{row.name}({arguments})" if arguments else row.name


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_operator_stands_in_the_manual_with_its_signature(row: Operator) -> None:
    assert signature(row) in IN_TABLES


def mentioned(words: set[str], word: str) -> bool:
    return any(re.match(rf"{re.escape(word)}(\(|$)", code) for code in words)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_and_each_of_its_words_stands_in_the_manual(section: str) -> None:
    text = MANUAL.split(f"### {section}\n")[1].split("\n#")[0]
    codes = set(re.findall(r"`([^`]+)`", text))
    missing = [
        word
        for setting in SECTIONS[section].values()
        for word in (setting.name, *setting.words)
        if word not in ("true", "false") and not mentioned(codes, word)
    ]
    assert missing == []


@pytest.mark.keras
def test_the_example_of_objects_of_the_user_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    text = MANUAL.split("### Losses, metrics, optimizers and callbacks of your own\n")[1].split("\n#")[0]
    module, settings = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    (tmp_path / "my_code.py").write_text(textwrap.dedent(module), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "my_code", None)  # so that it is removed at the end
    monkeypatch.delitem(sys.modules, "my_code")
    spec = f"space own {{ input x: [8]  output y = x -> dense(3) -> softmax  {settings} }}"
    compilation = sqsem_dsl.Compilation.from_text(spec, allow_extern=True)
    assert compilation.findings() == ()
    assert "train.loss.SoftTarget.strength" in {choice.path for choice in compilation.space.choices}
    stopping = settings.replace("train {", "train { early_stopping = patience(5, monitor = val_sureness, mode = max)")
    assert not sqsem_dsl.Compilation.from_text(spec.replace(settings, stopping), allow_extern=True).findings()
    data = {"x": np.random.default_rng(0).normal(size=(90, 8)), "y": np.arange(90) % 3}
    result = sqsem_dsl.search(spec, data, tmp_path / "run", trials=1, epochs=2, workers=0, allow_extern=True)
    assert result.best.metrics.keys() >= {"val_sureness", "val_accuracy"}


def test_every_lint_stands_in_the_manual() -> None:
    found = {name: cls for module in FINDINGS for name, cls in vars(module).items() if isinstance(cls, type)}
    lints = {cls.code for cls in found.values() if issubclass(cls, Lint) and cls.code}
    assert len(lints) > 15
    assert lints == {code for code in IN_TABLES if re.fullmatch(r"SQS8\d\d", code)}


def test_every_block_of_the_library_stands_in_the_manual() -> None:
    assert [block for block in std_index() if not mentioned(IN_TABLES, block)] == []
