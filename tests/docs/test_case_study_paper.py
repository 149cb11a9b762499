"""The page with the paper's searches: each command is valid, its space is as described, and the data fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqsem_dsl.data.keras_datasets import KNOWN
from sqsem_dsl.data.load import load_data
from tests.docs.scripts import ROOT, script

pytestmark = pytest.mark.slow

script("paper_stand_ins")
commands = script("paper_commands")
PAGE = commands.PAGE.read_text(encoding="utf-8")
SEARCHES = {Path(words[-1]).name: words for words in commands.searches()}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_command_has_the_space_that_the_page_says(name: str) -> None:
    assert commands.row(SEARCHES[name]) in PAGE
    assert commands.compilation(SEARCHES[name]).findings() == ()


def test_the_table_has_a_line_for_each_command() -> None:
    assert re.findall(r"^\| (\w+) \| \[", PAGE, re.MULTILINE) == list(SEARCHES)


@pytest.mark.parametrize("name", SEARCHES)
def test_they_are_trained_as_the_paper_has_it(name: str) -> None:
    training = commands.compilation(SEARCHES[name]).space.default().train
    stopping = training.early_stopping
    assert (training.batch_size, training.epochs, stopping.epochs, stopping.monitor) == (32, 100, 10, "val_accuracy")


@pytest.mark.parametrize("name", [name for name in SEARCHES if "cifar10" in name])
def test_cifar10_fits(name: str) -> None:
    space = commands.compilation(SEARCHES[name]).space
    assert commands.parsed(SEARCHES[name]).data == ["cifar10"]
    [shape], [output] = space.inputs.values(), space.outputs.values()
    assert (shape, output.shape) == (KNOWN["cifar10"].shape, (10,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for the Tsinghua data, sorted by the page's own commands."""
    pytest.importorskip("PIL")
    made = tmp_path_factory.mktemp("paper")
    commands.prepare(made, persons=4, size=(40, 32))
    return made


@pytest.mark.parametrize("name", [name for name in SEARCHES if "tsinghua" in name])
def test_the_tsinghua_data_fit(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space, given = commands.compilation(SEARCHES[name]).space, commands.parsed(SEARCHES[name])
    monkeypatch.chdir(folder)
    found = load_data(given.data, space.inputs, space.outputs, 7)
    assert len(found.train) + len(found.validation) + len(found.test) == 4 * 8
    for part in (found.train, found.validation, found.test):
        assert {name: held.shape[1:] for name, held in part.inputs.items()} == dict(space.inputs)
    (output,) = space.outputs
    assert set(found.train.labels[output]) == set(range(8))
