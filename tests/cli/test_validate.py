"""`sqsem-compile --validate`: the verdict, exit codes and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.cli import compile_main
from tests.test_imports import FRAMEWORKS, command
from tests.test_imports import run as run_without

SMALL = """\
space small {
  input x: [8]
  output y = x -> dense(any [4, 6]) @hidden -> relu -> dense(2) -> softmax
}
"""
UNTRAINED = """\
space untrained {
  input x: [8]
  output y = x -> dense(1) -> layernorm -> dense(any [2, 3]) -> softmax
}
"""
CUT = """\
space cut {
  input x: [4]
  output y = concat(x -> dense(3) @kept, x -> dense(4) @lost) -> slice(0, 3) -> softmax
}
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem-compile` in a folder with the specs above: exit code, output, messages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.sqs").write_text(SMALL)
    (tmp_path / "untrained.sqs").write_text(UNTRAINED)
    (tmp_path / "cut.sqs").write_text(CUT)

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = compile_main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.keras
def test_the_verdict_where_all_is_well(run: Run) -> None:
    import keras

    code, out, err = run("small.sqs", "--validate", "5")
    other = f"Keras {keras.__version__} on {keras.config.backend()}"
    verdict, times = out.splitlines()
    assert code == 0
    assert verdict == (
        f"small: 2 architectures, the whole space: shapes, parameters and MACs of 10 layers agree with {other}; "
        "forward and backward passes are finite and reach every weight"
    )
    assert re.fullmatch(r"  \d+\.\d s: building and comparing \d+\.\d s, passes \d+\.\d s", times)
    assert err == f"validating small with {other}: at most 5 architectures\n"


@pytest.mark.keras
def test_a_disagreement_is_a_bug_of_ours_and_reported_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    right = __import__("sqsem_dsl.diagram.domains", fromlist=["count"]).count

    def count(row: Any, shapes: Any, attributes: Any) -> Any:
        weights, macs = right(row, shapes, attributes)
        return weights, macs + (attributes.get("units") == 2)

    monkeypatch.setattr("sqsem_dsl.diagram.domains.count", count)
    code, out, err = run("small.sqs", "--validate", "1")
    assert code == 70
    assert out.splitlines()[0].endswith(": 1 disagree")
    assert err.split("\n", 1)[1] == (
        "error[SQS771]: MACs of `dense`: the compiler says 9, Keras says 8\n"
        " --> small.sqs:3:56\n"
        "  |\n"
        "3 |   output y = x -> dense(any [4, 6]) @hidden -> relu -> dense(2) -> softmax\n"
        "  |                                                        ^^^^^\n"
        "  |\n"
        "  = help: this is a bug in sqsem, not in the spec: please report it with the spec and these choices\n"
        "  = note: it happens with `hidden.units` = 4\n"
        "\n"
        "1 error\n"
    )


@pytest.mark.keras
def test_a_layer_that_a_slice_cuts_away_is_a_warning_at_its_place(run: Run) -> None:
    code, out, err = run("cut.sqs", "--validate", "1")
    assert code == 0
    assert out.startswith("cut: 1 architecture, the whole space: shapes, parameters and MACs of 6 layers agree with")
    assert "and reach every weight that an output reads\n" in out
    assert "warning[SQS776]: no output reads `lost`: `slice` cuts its channels away\n --> cut.sqs:3:" in err


@pytest.mark.keras
def test_a_bad_pass_is_an_error_of_the_spec(run: Run) -> None:
    code, out, err = run("untrained.sqs", "--validate", "3", "--message-format", "json")
    assert code == 1
    assert out.startswith("untrained: 2 architectures, the whole space with ")
    assert out.splitlines()[0].endswith(": 2 fail in a pass")
    (found,) = (json.loads(line) for line in err.splitlines()[1:])
    assert found["code"] == "SQS773"
    assert found["title"] == "no gradient reaches `dense/kernel`, `dense/bias`, `layernorm/gamma`"
    assert found["note"] == "it happens with `dense.units` = 2"


@pytest.mark.keras
def test_several_specs_are_validated_and_the_worst_counts(run: Run) -> None:
    code, out, _ = run("untrained.sqs", "small.sqs", "missing.sqs", "--validate", "1")
    assert code == 1
    assert [line.partition(":")[0] for line in out.splitlines()[::2]] == ["untrained", "small"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--validate", "0"], "must be at least 1"),
        (["--validate", "some"], "`some` is not a whole number"),
        (["--validate", "2", "--check"], "--validate excludes --check and --emit"),
        (["--validate", "2", "--emit", "text"], "--validate excludes --check and --emit"),
        (["--seed", "2"], "--seed requires --validate"),
    ],
)
def test_usage(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run("small.sqs", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_without_keras_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "small.sqs").write_text(SMALL)
    result = run_without(command(str(tmp_path / "small.sqs"), "--validate", "2"), *FRAMEWORKS, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "error[SQS753]: a validation needs `tensorflow`, which is not installed" in result.stderr
    assert "sqsem-dsl[tensorflow]" in result.stderr
