"""`sqsem diff`: the pages beside the specs in `diff/`, JSON, exit codes, and trials.

To change a page, run `pytest tests/cli/test_diff.py --update-golden` and read the difference.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from tests.fakes.journals import SPEC, make_study

HERE = Path(__file__).parent / "diff"
CASES = {
    "widened": [],
    "narrowed": ["--trials", "run"],
    "rebuilt": [],
    "narrowed, estimated": ["--enumerate", "5", "--samples", "40"],
}
"""Pages, and the options to use with the two specs."""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem diff` in a copy of the folder: exit code, output, messages."""
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["diff", *arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize("case", CASES)
def test_page(run: Run, case: str, update_golden: bool) -> None:
    name = case.partition(",")[0]
    code, out, err = run(f"{name}.old.sqs", f"{name}.new.sqs", *CASES[case])
    assert (code, err) == (0, "")
    page = HERE / f"{case.replace(', ', '-')}.txt"
    if update_golden:
        page.write_text(out, encoding="utf-8")
    assert out == page.read_text(encoding="utf-8")


def test_every_spec_has_its_page() -> None:
    specs = {path.name.partition(".")[0] for path in HERE.glob("*.sqs")}
    assert specs == {case.partition(",")[0] for case in CASES}


def test_nothing_differs(run: Run) -> None:
    code, out, _ = run("widened.old.sqs", "widened.old.sqs")
    assert code == 0
    assert "nothing differs: the two describe the same space" in out
    assert out.endswith("assignments   12\narchitectures the same in both\n")


def test_as_json(run: Run) -> None:
    code, out, _ = run("narrowed.old.sqs", "narrowed.new.sqs", "--json", "--trials", "run")
    assert code == 0
    data = json.loads(out)
    assert data["same"] is False
    assert (data["old"]["assignments"], data["new"]["assignments"]) == (18, 12)
    domains = {each["old"]["path"]: each for each in data["choices"] if each["change"] == "domain"}
    assert domains.keys() == {"first", "end.dropped.dropout.rate"}
    assert (domains["first"]["removed"], domains["first"]["default"]) == ([32], [8, 16])
    assert {"what": "train", "name": "epochs", "old": "10", "new": "20"} in data["altered"]
    counted = data["architectures"]
    assert counted["how"] == "counted"
    assert counted["old"] - counted["kept"] == counted["lost"]
    assert [(t["trial"], t["verdict"]) for t in data["trials"]] == [
        (1, "settings changed"),
        (2, "not in the new space"),
        (3, "settings changed"),
        (5, "not in the new space"),
        (6, "not in the new space"),
    ]
    assert data["trials"][0]["choices"]["first"] == 8
    assert data["trials"][0]["reason"] == "epochs 10 -> 20"


def test_a_trial_is_valid_where_nothing_of_it_changed(run: Run) -> None:
    _, out, _ = run("narrowed.old.sqs", "narrowed.old.sqs", "--trials", "run")
    assert out.endswith("trials  (run: 5 finished, 1 failed)\n  5 valid: 1, 2, 3, 5, 6\n")


def test_trials_of_a_journal(run: Run, tmp_path: Path) -> None:
    """Trial 6 is still running, trial 7 is of another spec; rates like 1/3 are known exactly."""
    make_study(tmp_path / "study")
    (tmp_path / "searched.sqs").write_text(SPEC.replace("classes = 2", "classes = 3"))
    (tmp_path / "edited.sqs").write_text(SPEC.replace("[8, 16, 32]", "[8, 16]").replace("classes = 2", "classes = 3"))
    _, out, err = run("searched.sqs", "edited.sqs", "--trials", "study", "--json")
    assert err == ""
    assert [(t["trial"], t["verdict"]) for t in json.loads(out)["trials"]] == [
        (1, "valid"),
        (2, "not in the new space"),
        (3, "valid"),
        (5, "valid"),
    ]


# ---- errors


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("slot more", "slot extra"), "the space has no choice `more`"),
        (("[8, 16, 32]", "[8, 16]"), "trial 2: `first` has no value 32"),
        (("-> relu\n", "-> relu -> batchnorm\n"), "trial 1 had 195 parameters and 184 MACs"),
    ],
)
def test_a_journal_of_another_space(run: Run, tmp_path: Path, edit: tuple[str, str], message: str) -> None:
    make_study(tmp_path / "study")
    assert edit[0] in SPEC
    (tmp_path / "other.sqs").write_text(SPEC.replace("classes = 2", "classes = 3").replace(*edit))
    code, out, err = run("other.sqs", "other.sqs", "--trials", "study")
    assert (code, out) == (1, "")
    assert "error[SQS762]" in err
    assert message in err


def test_errors_of_both_specs_are_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.sqs").write_text("space s { input x: [8]  output y = x -> dens(3) }")
    code, out, err = run("missing.sqs", "bad.sqs", "--message-format", "short")
    assert (code, out) == (1, "")
    assert [line.partition("[")[2][:6] for line in err.splitlines()] == ["SQS020", "SQS204"]


def test_a_constant_may_be_set_in_both(run: Run) -> None:
    _, out, _ = run("rebuilt.old.sqs", "rebuilt.new.sqs", "--define", "classes=7")
    assert "outputs" not in out
    code, _, err = run("rebuilt.old.sqs", "widened.old.sqs", "--define", "classes=7")
    assert code == 1
    assert "SQS104" in err


@pytest.mark.parametrize(
    ("edit", "code", "message"),
    [
        (("first", "furst"), "SQS762", "the space has no choice `furst`"),
        (("1,completed,0.81,195", "1,completed,0.81,196"), "SQS762", "trial 1 had 196 parameters and 184 MACs"),
        ((",16,true,16,plain", ",64,true,16,plain"), "SQS762", "`first` is 64 in trial 6"),
        ((",0.25,", ",0.75,"), "SQS762", "`end.dropped.dropout.rate` is 0.75 in trial 3"),
        ((",32,false,", ",32,,"), "SQS762", "trial 2: missing value for `more`"),
        (("trial,status", "number,status"), "SQS761", "it has no column `trial`"),
        (("2,completed", "two,completed"), "SQS761", "trial two: invalid literal"),
    ],
)
def test_trials_of_another_space(run: Run, tmp_path: Path, edit: tuple[str, str], code: str, message: str) -> None:
    table = tmp_path / "run" / "trials.csv"
    text = table.read_text()
    assert edit[0] in text
    table.write_text(text.replace(*edit))
    result, out, err = run("narrowed.old.sqs", "narrowed.new.sqs", "--trials", "run")
    assert (result, out) == (1, "")
    assert f"error[{code}]" in err
    assert message in err


def test_no_trials(run: Run) -> None:
    code, _, err = run("widened.old.sqs", "widened.new.sqs", "--trials", "nowhere")
    assert code == 1
    assert "cannot read the trials in `nowhere`: no such file or directory" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--samples", "0"], "must be at least 1"),
        (["--enumerate", "many"], "`many` is not a whole number"),
        (["--define", "classes"], "--define expects NAME=VALUE"),
    ],
)
def test_usage(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run("widened.old.sqs", "widened.new.sqs", *arguments)
    assert (code, out) == (2, "")
    assert message in err
