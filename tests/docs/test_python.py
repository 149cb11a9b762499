"""The page on Python: its first search and its result are real; of the other searches, the arguments are checked and
the data are loaded, and nothing is trained."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data import errors_objects
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.read_batches import LARGEST
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.diagnostics.diagnostic import REGISTRY
from sqsem_dsl.study import errors_arguments
from sqsem_dsl.study.search_function import search
from sqsem_dsl.study.searched import searched_of
from sqsem_dsl.study.user_callbacks import UserCallbacks
from tests.docs.scripts import page

PAGE = page("python.md")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def checked(*args: Any, **kwargs: Any) -> None:
    """A search up to its first trial."""
    given = inspect.signature(search).bind(*args, **kwargs).arguments
    space = searched_of(given["spec"]).space
    names = ("validation_data", "test_data", "sample_weight", "class_weight")
    sets = {name: given[name] for name in names if name in given}
    data = load_given(given["data"], space.inputs, space.outputs, Splitting(space.search_settings.seed), **sets)
    assert all(len(part) for part in data.sets.values())
    callbacks = UserCallbacks.of(given.get("keywords", {}).get("callbacks"))
    if callbacks is not None:
        callbacks.check_portable()
    Path(given["directory"]).mkdir(parents=True, exist_ok=True)


@pytest.mark.search
def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("sklearn", "keras_tuner", "tensorflow", "pandas", "cloudpickle"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    first, *others = BLOCKS
    others.insert(0, others.pop(next(at for at, block in enumerate(others) if "best_model" in block)))
    names: dict[str, Any] = {"__name__": "page"}
    short = first.replace('"runs/small_digits")', '"runs/small_digits", trials=2, epochs=1, workers=0, progress=False)')
    assert short != first
    exec(short, names)
    exec(others[0], names)
    assert names["model"].output_shape == (None, 10)
    assert len(names["result"].trials) == len(names["study"].trials) == 2
    monkeypatch.setattr(sqs, "search", checked)
    for block in others[1:]:
        exec(block, names)
    folders = set(re.findall(r'"(runs/\w+)"', PAGE))
    assert {str(path.relative_to(tmp_path)) for path in (tmp_path / "runs").iterdir()} == folders


def test_every_argument_is_listed() -> None:
    listed = set(re.findall(r"`(\w+)[`=]", PAGE))
    arguments = {name for name in inspect.signature(search).parameters if name not in ("spec", "keywords")}
    assert not (arguments | set(sqs.SearchOptions.__dataclass_fields__)) - listed - {"data", "directory"}


def test_every_code_is_listed() -> None:
    modules = {errors_objects.__name__, errors_arguments.__name__}
    listed = re.findall(r"`(SQS\d+)`", PAGE)
    assert sorted(listed) == sorted(code for code, cls in REGISTRY.items() if cls.__module__ in modules)


def test_the_numbers_are_those_of_the_program() -> None:
    assert f"{LARGEST >> 30} GiB" in PAGE
