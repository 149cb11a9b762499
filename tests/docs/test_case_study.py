"""The case study's page: its numbers match the trials beside it, and its spec is the one of the search."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from statistics import fmean

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.spec_snapshot import Sources
from tests.fakes.journals import make_study

HERE = Path(__file__).parents[2] / "docs" / "case-study"
SPEC = HERE.parents[1] / "specs" / "face_expression.sqs"
PAGE = (HERE / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trials() -> list[dict[str, str]]:
    with (HERE / "trials.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["status"] == "completed"]


def score(row: dict[str, str]) -> float:
    return float(row["score"])


def test_the_trials_are_of_the_spec(trials: list[dict[str, str]]) -> None:
    space = sqs.load(SPEC)
    assert {choice.path for choice in space.choices} <= set(trials[0])
    assert f"{space.count:,}" in PAGE


def test_the_figures_of_the_page(trials: list[dict[str, str]]) -> None:
    best = max(trials, key=score)
    assert f"{len(trials)} trials" in PAGE
    assert f"{score(best):.3f}" in PAGE
    assert f"{int(best['params']):,}" in PAGE


def test_the_table_of_inputs(trials: list[dict[str, str]]) -> None:
    rows = re.findall(r"^\| (unused|early|middle|late) \| (yes|no) \| (\d+) \| (0\.\d+) \| (0\.\d+) \|$", PAGE, re.M)
    assert len(rows) == 8
    for depth, landmarks, count, mean, best in rows:
        wanted = "true" if landmarks == "yes" else "false"
        scores = [score(t) for t in trials if t["depth"] == depth and t["use_landmarks"].lower() == wanted]
        assert (len(scores), f"{fmean(scores):.2f}", f"{max(scores):.2f}") == (int(count), mean, best)


def recorded(space: sqs.Space, row: dict[str, str]) -> Trial:
    """A line of the table as a trial, without its times."""
    choices = {
        choice.path: next(value for value in choice.domain.values if str(value).lower() == row[choice.path].lower())
        for choice in space.choices
        if row[choice.path]
    }
    architecture = space.at(choices)
    assert (architecture.params, architecture.macs) == (int(row["params"]), int(row["macs"]))
    return Trial(
        int(row["trial"]),
        encode_choices(space.choices, architecture.choices),
        architecture.id,
        "{}",
        architecture.params,
        architecture.macs,
        status="completed",
        scores=(score(row),),
        metrics={"val_accuracy": score(row)},
    )


@pytest.mark.slow
def test_the_answers_follow_from_the_trials(trials: list[dict[str, str]], tmp_path: Path) -> None:
    """The page has every effect that the report of these trials states, with the same interval."""
    pytest.importorskip("scipy")
    pytest.importorskip("sklearn")
    from sqsem_dsl.report.statistics.find_answers import find_answers

    space, text = sqs.load(SPEC), SPEC.read_text(encoding="utf-8")
    facts = {"space": space.name, "spec": text, "sources": Sources({SPEC.name: text}, space.name, {}).to_plain()}
    study = sqs.load_study(make_study(tmp_path, made=[recorded(space, row) for row in trials], **facts))
    sentences = " ".join(text for question in find_answers(study).questions for text in question.sentences)
    effects = re.findall(r"\d\.\d+ \(\d\.\d+ … \d\.\d+\)", sentences)
    assert len(effects) == 5
    assert [effect for effect in effects if effect not in PAGE] == []
