"""The page: self-contained, well formed, deterministic, and safe with all names."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.api.study import load_study
from sqsem_dsl.backends.export.architecture_json import architecture_json
from sqsem_dsl.cli import compile_main
from sqsem_dsl.report.html.best_network import compile_command
from sqsem_dsl.report.html.html_page import html_page
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.study import Study
from tests.fakes.journals import ONE, TWO, make_study, trials
from tests.fakes.made_study import made_study, plausible
from tests.report.html.reading import Page

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from sqsem_dsl.report.statistics.find_answers import find_answers

ROOT = Path(__file__).resolve().parents[3]
DIGITS, FIXED = ROOT / "specs" / "digits.sqs", ROOT / "specs" / "squeezenet_1_1.sqs"
HOSTILE = "<script>alert(1)</script>"
CHARTS = {"params", "macs", "curves", "times", "progress"}
"""The prefixes of the ids of the charts on every page with a result."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """30 trials, a failed one, and a baseline with the lowest score."""
    folder = tmp_path_factory.mktemp("page") / "study"
    made_study(folder / "baselines" / "fixed", FIXED, 1, lambda choices, generator: 0.4, failed=0, trained_as=DIGITS)
    return made_study(folder, DIGITS, 30, plausible, failed=1)


@pytest.fixture(scope="module")
def html(study: Study) -> str:
    return html_page(study, find_answers(study))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page.read(html)


def of(folder: Path) -> tuple[str, Page]:
    study = load_study(folder)
    html = html_page(study, find_answers(study))
    return html, Page.read(html)


# ---- checks of every page


def check(page: Page) -> None:
    """It is well formed, loads nothing, runs nothing, and has each id once."""
    assert page.faults == []
    assert page.names().isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    for key in ("src", "srcset", "href", "action", "data", "poster"):
        assert all(value.startswith("#") for value in page.all(key)), key
    assert not [key for _, given in page.elements for key in given if key.startswith("on")]
    styles = [page.style, *page.all("style"), *page.all("fill"), *page.all("clip-path")]
    assert not re.search(r"url\((?!#)|@import|expression\(", "\n".join(styles))
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    referred = [value[1:] for value in page.all("href")]
    referred += [name for value in page.all("aria-labelledby") for name in value.split()]
    referred += re.findall(r"url\(#([^)]+)\)", "\n".join(styles))
    assert set(referred) <= set(ids)


def test_it_stands_alone(page: Page) -> None:
    check(page)
    assert {"nav", "section", "svg", "table", "details"} <= page.names()
    assert len(set(page.all("href"))) > 20  # marks and sections: something could have gone wrong


def test_the_same_study_gives_the_same_bytes(study: Study, html: str) -> None:
    assert html_page(load_study(study.folder), find_answers(study)) == html


def test_colors_are_the_pages_own(html: str) -> None:
    assert "var(--accent)" in html
    assert "#0a0b0" not in html


def test_every_picture_has_a_title_and_a_description(page: Page) -> None:
    pictures = [given for tag, given in page.elements if tag == "svg"]
    assert len(pictures) >= len(CHARTS) + 4
    assert {given.get("role") for given in pictures} == {"img"}
    assert all(given.get("aria-labelledby") for given in pictures)


def test_it_says_what_came_out(study: Study, page: Page) -> None:
    best = study.best
    assert best is not None
    for words in ("Fire modules with optional skips", f"{best.scores[0]:.4f}", f"{best.params:,}", "fixed", "0.4000"):
        assert words in page.text
    for question in find_answers(study).questions:
        assert question.question in page.text
        assert all(sentence in page.text for sentence in question.sentences)
    assert "1 trial failed" in page.text


def test_sections_have_the_order_of_their_links(page: Page) -> None:
    sections = [given["id"] for tag, given in page.elements if tag == "section"]
    links = [value[1:] for tag, given in page.elements if tag == "a" for value in [given["href"] or ""]]
    assert links == sections
    assert sections[:3] == ["questions", "trials", "network"]
    assert sections[-2:] == ["caveats", "method"]


# ---- names with markup


def test_names_are_never_markup(tmp_path: Path) -> None:
    spec = tmp_path / "hostile.sqs"
    text = DIGITS.read_text(encoding="utf-8")
    spec.write_text(text.replace("Fire modules", f"</title></style>{HOSTILE} & modules"), encoding="utf-8")
    folder = tmp_path / "st'udy $x$ <b>"
    made_study(folder / "baselines" / '" onload="alert(2)', spec, 1, plausible, failed=0, trained_as=spec)
    study = made_study(folder, spec, 4, plausible, failed=1, data=HOSTILE, algorithm={"name": HOSTILE}, ended=HOSTILE)
    with closing(Journal.open(folder, write=True)) as journal:
        journal.update(replace(next(t for t in study.trials if t.status == "failed"), reason=f"{HOSTILE}</table>"))
    html, page = of(folder)
    check(page)
    assert HOSTILE not in html
    assert page.text.count(HOSTILE) >= 5
    assert '" onload="alert(2)' in page.text


# ---- studies of all sizes


def test_nothing_has_completed(tmp_path: Path) -> None:
    failed = [trial for trial in trials() if trial.status == "failed"]
    _, page = of(make_study(tmp_path / "study", made=failed))
    check(page)
    assert "No trial of the space has completed" in page.text
    assert "the loss was not a finite number in any epoch" in page.text
    assert "svg" not in page.names()


def test_nothing_was_tried(tmp_path: Path) -> None:
    _, page = of(make_study(tmp_path / "study", made=[]))
    check(page)
    assert "No trial of the space has completed" in page.text


@pytest.mark.parametrize("goals", [ONE, TWO, (("loss", "min"),), (("params", "min"), ("loss", "min"))])
def test_a_study_of_few_trials_that_runs(tmp_path: Path, goals: Sequence[tuple[str, str]]) -> None:
    """A failed one, a running one, one of an earlier spec, and one or several objectives."""
    _, page = of(make_study(tmp_path / "study", goals))
    check(page)
    assert "had not ended" in page.text
    charts = {re.split(r"-(?=title|desc|\d)", name)[0] for name in page.all("id")}
    assert charts >= CHARTS - {"curves"}
    assert "the best of" in page.text


def test_one_trial(tmp_path: Path) -> None:
    _, page = of(make_study(tmp_path / "study", made=trials()[:1], ended="all 1 trials are done"))
    check(page)
    assert "There is only 1 completed trial" in page.text


def test_a_space_that_cannot_be_loaded(tmp_path: Path, study: Study) -> None:
    """The page has no pictures of the network; the answers were computed before."""
    answers = find_answers(study)
    copy = shutil.copytree(study.folder, tmp_path / "study")
    with closing(Journal.open(copy, write=True)) as journal:
        journal.note(sources={**study.notes["sources"], "files": {"gone.sqs": "sqs 1 space gone {"}})
    page = Page.read(html_page(load_study(copy), answers))
    check(page)
    assert "sqsem-compile" not in page.text
    assert f"study.architecture({study.best and study.best.number})" in page.text


@pytest.mark.slow
def test_many_trials_stay_light(study: Study, html: str, tmp_path: Path) -> None:
    """A page of a thousand trials is smaller than a megabyte."""
    answers = find_answers(study)
    done = [trial for trial in study.trials if trial.status == "completed"]
    many = [replace(done[at % len(done)], number=at + 1) for at in range(1000)]
    folder = make_study(tmp_path / "study", made=many, sources=dict(study.notes["sources"]))
    thousand = html_page(load_study(folder), answers)
    check(Page.read(thousand))
    assert len(html) < len(thousand) < 1_000_000


# ---- the command that gives the best architecture


@pytest.mark.parametrize("rate", [1 / 3, 0.5])
def test_the_command_gives_the_best_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rate: float
) -> None:
    """With a constant that was set, and with a third, which JSON cannot represent."""
    made = trials()
    best = next(t for t in made if t.status == "completed" and t.choices["dropout.rate"] == rate and t.valid)
    made = [replace(t, scores=(0.99,)) if t is best else t for t in made if t.valid]
    folder = make_study(tmp_path / "a study", made=made)
    study = load_study(folder)
    (folder / "spec.sqs").write_text(study.spec, encoding="utf-8")
    command = compile_command(ReportData(study, find_answers(study)))
    assert command is not None
    program, *arguments = shlex.split(command)
    monkeypatch.chdir(tmp_path)
    assert program == "sqsem-compile"
    assert compile_main(arguments) == 0
    given: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (given["params"], given["macs"]) == (best.params, best.macs)
    assert architecture_json(study.architecture(best.number))["layers"] == given["layers"]


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
