"""Studies of many trials: what a command or a trial does must not grow with the number of trials.

Times are in `benchmarks/large_studies.py`.
"""

from __future__ import annotations

import json
import math
import sqlite3
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import main
from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.report.html.costs_chart import POINTS, thinned
from sqsem_dsl.report.statistics.design import design
from sqsem_dsl.report.statistics.find_answers import find_answers
from sqsem_dsl.study.algorithms.gaussian_process import _controller, one_thread
from sqsem_dsl.study.journal import database
from sqsem_dsl.study.journal.table import shown
from sqsem_dsl.study.journal.value_checks import from_json, mapping, number, numbers, plain, values
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.utils.visible import visible
from tests.fakes.journals import make_study, trials
from tests.fakes.searching import search

TEXTS = (
    "{}", '{"a": 1.5}', '{"a": 1}', '{"a": NaN}', '{"a": -Infinity}', '{"a": 1e400}', '{"a": 9223372036854775808}',
    '{"a": -9223372036854775807, "b": true}', '{"a": "x", "b": [1, [true, "y"]]}', '{"a": [NaN]}', '{"a": null}',
    '{"a": {}}', '{"a": 1} ', ' {"a": 1}', '{"a": 1}x', "[]", "1", "", "x", '{"a": "\\ud800"}', '{"a": "\\u00e9"}',
    '{"a": 1e300, "b": "x"}', "{" * 100_000, "\ufeff{}",
)  # fmt: skip
"""What a column may hold: valid, invalid, and at the limits."""


def of(check: Any, value: str) -> str:
    try:
        return repr(check(value))
    except ValueError as problem:
        return f"ValueError: {problem}"


@pytest.mark.parametrize(("quick", "thorough"), [(numbers, mapping(number)), (values, mapping(plain))])
@pytest.mark.parametrize("text", TEXTS)
def test_quick_checks_accept_and_reject_the_same(quick: Any, thorough: Any, text: str) -> None:
    assert of(from_json(quick), text) == of(from_json(thorough), text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_column_is_json_if_json_says_so(text: str) -> None:
    try:
        expected = repr(json.loads(text))
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        expected = "ValueError: not JSON"
    assert of(from_json(lambda value: value), text) == expected


def many(count: int) -> list[Any]:
    """Completed trials with the numbers from 1."""
    one = trials()[0]
    return [replace(one, number=number, scores=(1 / number,)) for number in range(1, count + 1)]


class Counted(sqlite3.Connection):
    """A connection that counts its statements."""

    statements: ClassVar[Counter[str]] = Counter()

    def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
        self.statements[" ".join(statement.split()[:3])] += 1
        return super().execute(statement, *more)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    connect = sqlite3.connect
    Counted.statements = Counter()
    monkeypatch.setattr(database.sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Counted}))
    return Counted.statements


@pytest.mark.parametrize("command", [["trials"], ["trials", "--json"], ["trials", "--csv"], ["trials", "-n", "3"]])
def test_a_page_of_trials_takes_as_many_queries_in_any_study(
    command: list[str], tmp_path: Path, statements: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for count in (3, 60):
        folder = make_study(tmp_path / str(count), made=many(count))
        statements.clear()
        assert main([command[0], str(folder), *command[1:]]) == 0
        found.append(Counter(statements))
    assert found[0] == found[1]


def test_a_trial_takes_as_many_queries_at_any_time(tmp_path: Path, statements: Counter[str]) -> None:
    """And none of them reads the trials or epochs before it."""
    marks: list[Counter[str]] = []

    class Marks(NullProgress):
        def ended(self, trial: Any, view: Any) -> None:
            marks.append(Counter(statements))

    search(tmp_path / "out", trials=30, workers=0, progress=Marks())
    later = [after - before for before, after in pairwise(marks)]
    assert len(later) == 29
    assert later[1:] == [later[1]] * 28
    assert not [text for text in later[1] if text.startswith("SELECT")]


def test_resuming_reads_each_table_once(tmp_path: Path, statements: Counter[str]) -> None:
    found = []
    for count in (3, 20):
        folder = tmp_path / str(count)
        search(folder, trials=count, workers=0)
        statements.clear()
        search(folder, trials=count, workers=0)
        found.append(Counter(statements))
    assert found[0] == found[1]


def test_a_text_that_keeps_its_lines_is_not_looked_at_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqsem_dsl.utils.visible._shown", lambda char: pytest.fail(f"looked at {char!r}"))
    assert visible("a\n\tb\n" * 1000, "\n\t") == "a\n\tb\n" * 1000
    with pytest.raises(pytest.fail.Exception):
        visible("a\n\tb\n", "\n")


def test_few_of_many_trials_are_marks_of_a_chart() -> None:
    assert thinned(range(POINTS)) == list(range(POINTS))
    kept = thinned(range(20_000))
    assert math.ceil(POINTS / 2) <= len(kept) <= POINTS
    assert {b - a for a, b in pairwise(kept)} == {7}


def test_the_same_trials_are_read(tmp_path: Path) -> None:
    made = many(40)
    assert list(sqs.load_study(make_study(tmp_path, made=made)).trials) == made


def test_forests_of_a_large_study_are_grown_from_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    study = sqs.load_study(make_study(tmp_path, made=many(200)))
    table = design(study)
    assert table.sample(200, 7) is table
    part = table.sample(50, 7)
    numbers = [trial.number for trial in part.trials]
    assert len(set(numbers)) == 50
    assert numbers == sorted(numbers)
    assert part.scores.tolist() == [1 / number for number in numbers]
    assert all(factor.exists.shape == (50,) for factor in part.factors)
    assert table.sample(50, 7).scores.tolist() == part.scores.tolist()
    assert "were used" not in find_answers(study).importance_method
    monkeypatch.setattr("sqsem_dsl.report.statistics.find_answers.SAMPLED", 50)
    assert find_answers(study).importance_method.endswith(" Of 200 trials, 50 were used, chosen at random.")
    assert find_answers(study).trials == 200


@pytest.mark.parametrize(
    "data", [0.1, 1 / 3, 1e-05, 5e-324, 1.5e300, 1e22, 3.0, -0.25, 2, True, "max", [0.5, [1, "a"]]]
)
def test_values_in_a_table_are_those_of_a_spec(data: Any) -> None:
    assert shown(data) == show(exact(data))


def test_a_proposal_uses_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads() -> list[int]:
        return [library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]

    before = threads()
    _controller.cache_clear()
    with one_thread():
        assert set(threads()) <= {1}
    assert threads()[: len(before)] == before
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    _controller.cache_clear()
    with one_thread():
        pass
    _controller.cache_clear()
