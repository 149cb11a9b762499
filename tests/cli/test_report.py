"""`sqsem report`: the summary, the page and its path, and errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from tests.fakes.journals import make_study
from tests.fakes.made_study import made_study, plausible
from tests.test_imports import command
from tests.test_imports import run as python

pytestmark = pytest.mark.slow

pytest.importorskip("sklearn")
pytest.importorskip("scipy")

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "specs" / "digits.sqs"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 30 trials, one that failed, and a baseline."""
    folder = tmp_path_factory.mktemp("report") / "study"
    made_study(folder / "baselines" / "fixed", DIGITS, 1, lambda choices, generator: 0.4, failed=0, trained_as=DIGITS)
    return made_study(folder, DIGITS, 30, plausible, failed=1, data="made up").folder


@pytest.fixture
def run(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem report` beside `study`: exit code, output, messages."""
    shutil.copytree(made, tmp_path / "study")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["report", *arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_page_is_in_the_folder(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    code, out, err = run("study")
    assert (code, err) == (0, "")
    assert out.endswith("\nthe report is in study/report.html\n")
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert not list((tmp_path / "study").glob(".report*"))


def test_the_page_is_where_it_is_asked_for(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    (tmp_path / "page.html").write_text("an older one")
    code, out, _ = run("study", "-o", "page.html")
    assert code == 0
    assert "the report is in page.html" in out
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not (tmp_path / "study" / "report.html").exists()


def test_the_summary(tmp_path: Path, run: Run) -> None:
    code, out, err = run("study", "--no-html")
    assert (code, err) == (0, "")
    assert not (tmp_path / "study" / "report.html").exists()
    lines = out.splitlines()
    assert lines[0] == "digits  (study)"
    assert lines[1] == "  searched on made up to maximize val_accuracy"
    heads = [
        *("The best trials", "How many blocks are needed?", "Should a skip be applied, and where?"),
        *("Where should an SE block be inserted?", "Which choices matter", "Caveats"),
    ]
    places = [lines.index(head) for head in heads]
    assert places == sorted(places)
    assert any("fixed" in line for line in lines[: places[1]])
    assert any("█" in line for line in lines[places[4] : places[5]])
    assert max(map(len, lines)) <= 100


def test_a_study_without_a_result(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    make_study(tmp_path / "new", made=[])
    code, out, _ = run("new")
    assert code == 0
    assert "no trial has completed" in out
    assert "No trial of the space has completed" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")


# ---- errors


def test_no_study(run: Run) -> None:
    code, out, err = run("nowhere")
    assert (code, out) == (1, "")
    assert "error[SQS763]: there is no study in `nowhere`" in err


def test_a_page_that_cannot_be_written(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("no folder")
    code, out, err = run("study", "-o", "file/page.html")
    assert code == 1
    assert out.startswith("digits")
    assert "file/page.html" in err
    assert "help: name another file with `-o`" in err
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_page_and_none(run: Run) -> None:
    code, _, err = run("study", "--no-html", "-o", "page.html")
    assert code == 2
    assert "not allowed with" in err


@pytest.mark.parametrize(("module", "package"), [("matplotlib", "matplotlib"), ("jinja2", "Jinja2")])
def test_without_a_package_of_the_page_there_is_the_summary(made: Path, module: str, package: str) -> None:
    result = python(command("report", str(made), program="main"), module, check=False)
    assert result.returncode == 1
    assert "How many blocks are needed?" in result.stdout
    assert f"error[SQS753]: the page of a report needs `{package}`" in result.stderr
    assert "pip install 'sqsem-dsl[report]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (made / "report.html").exists()


def test_without_these_packages_no_page_is_no_error(made: Path) -> None:
    result = python(command("report", str(made), "--no-html", program="main"), "matplotlib", "jinja2", "markupsafe")
    assert result.stderr == ""
    assert "Which choices matter" in result.stdout


def test_without_scikit_learn_it_says_what_to_install(made: Path) -> None:
    result = python(command("report", str(made), program="main"), "sklearn", check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "needs `scikit-learn`, which is not installed" in result.stderr
    assert "pip install 'sqsem-dsl[report]'" in result.stderr
