"""The page on untrusted files: each sentence of its lists has a test, here or in the tests of its subject."""

from __future__ import annotations

import ast
import os
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import compile_main, main
from tests.docs.scripts import ROOT, page
from tests.fakes.journals import make_study
from tests.study.damaged import change

PAGE = page("security.md")
PLAIN = re.sub(r"\s+", " ", PAGE)

HELD = {
    "A spec runs no code": "docs.test_security:test_a_spec_runs_no_code",
    "A spec reads no file but": "docs.test_security:test_a_spec_reads_only_below_its_folder",
    "A file of weights (HDF5)": "backends.test_backbone:test_a_file_that_leads_to_another_is_an_error",
    "A file that a spec uses must be a file": "data.test_foreign_files:test_nor_among_specs",
    "A file `queue.py` next to a spec": "study.test_modules:test_processes_run_none_of_them",
    "Arrays in an `.npz` file": "docs.test_security:test_arrays_are_never_unpickled",
    "An `.npz` file whose arrays unpack": "data.test_npz:test_arrays_that_unpack_to_more_than_the_memory_are_refused",
    "Of a folder of images, only": "data.test_foreign_files:test_postscript_named_as_an_image_is_not_run",
    "A table that lists images": "data.test_paths:test_files_outside_of_the_folder_of_the_table_are_not_read",
    "Pipes and devices among the data": "data.test_foreign_files:test_a_pipe_is_not_waited_for",
    "A number that does not fit": "data.test_foreign_files:test_what_32_bits_do_not_hold_is_refused",
    "`python:module:function` is an error": "docs.test_security:test_a_function_of_data_needs_the_flag",
    "`sqsem trials` and `sqsem report` write nothing": "docs.test_security:test_reading_a_study_writes_only_its_page",
    "`sqsem dashboard` writes nothing": "dashboard.test_followed:test_the_folder_is_not_written",
    "Only programs on this machine": "dashboard.test_server:test_requests_for_other_hosts_are_refused",
    "No text of a study is markup": "dashboard.test_server:test_no_text_of_a_study_is_markup",
    "What a study keeps of its spec": "study.test_foreign_studies:test_a_study_writes_no_file_of_its_own_naming",
    "Only you decide whether the spec of a study": "study.test_foreign_studies:test_a_journal_does_not_allow_code",
    "Without `--allow-extern`, `sqsem predict`": (
        "study.test_inference_without_own_code:test_the_commands_predict_and_export_without_the_flag"
    ),
    "A journal with triggers": "study.test_damaged_journals:test_nothing_in_it_runs",
    "Every row of a journal": "study.test_damaged_journals:test_the_other_trials_are_shown",
    "A search does not resume": "study.test_damaged_journals:test_a_search_does_not_continue_with_one",
    "A link in the place": "study.test_foreign_studies:test_nothing_is_written_through_a_link",
    "An export replaces files of its own names": "study.test_export:test_what_cannot_be_exported_is_a_diagnostic",
    "A journal that you delete": "study.test_foreign_studies:test_a_deleted_journal_does_not_come_back",
    "Checkpoints are arrays": "docs.test_security:test_nothing_in_a_checkpoint_runs",
    "Keras loads a model": "docs.test_security:test_models_are_loaded_in_safe_mode",
    "A file in the cache": "syntax.test_grammar_cache:test_nothing_in_it_runs",
}
"""The start of each sentence, and its test."""


def test_every_sentence_is_held() -> None:
    sentences = [re.sub(r"\s+", " ", item) for item in re.findall(r"^- (.+?)(?=^- |\n\n)", PAGE, re.M | re.S)]
    unheld = [one for one in sentences if sum(one.startswith(start) for start in HELD) != 1]
    assert not unheld
    assert len(sentences) == len(HELD)
    for test in HELD.values():
        module, _, name = test.partition(":")
        assert hasattr(import_module(f"tests.{module}"), name)


def test_every_flag_exists() -> None:
    flags = re.findall(r"^\| `(-[\w-]+)`", PAGE, re.M)
    text = "".join(path.read_text() for path in (ROOT / "sqsem_dsl" / "cli").glob("*.py"))
    assert flags
    assert all(f'"{flag}"' in text for flag in flags)


def test_a_spec_runs_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.sqs").write_text('sqs 1 space s { input x: [4] output y = x -> extern("this:Layer") -> dense(2) }')
    assert compile_main([str(tmp_path / "s.sqs")]) == 1
    assert "--allow-extern" in capsys.readouterr().err


def test_a_spec_reads_only_below_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.sqs").write_text("sqs 1 block b() { dense(2) }")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "link.sqs").symlink_to(tmp_path / "secret.sqs")
    for used in ("../secret.sqs", "link.sqs", str(tmp_path / "secret.sqs")):
        spec = tmp_path / "specs" / "s.sqs"
        spec.write_text(f'sqs 1 use b from "{used}" space s {{ input x: [4] output y = x -> b() }}')
        assert compile_main([str(spec)]) == 1
        assert "outside the folder" in capsys.readouterr().err


def test_so_are_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.weights.h5").write_bytes(b"")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "link.weights.h5").symlink_to(tmp_path / "secret.weights.h5")
    (tmp_path / "specs" / "folder.h5").mkdir()
    os.mkfifo(tmp_path / "specs" / "pipe.h5")
    spec = tmp_path / "specs" / "s.sqs"
    for named, reason in (
        ("../secret.weights.h5", "outside the folder"),
        ("link.weights.h5", "outside the folder"),
        (str(tmp_path / "secret.weights.h5"), "outside the folder"),
        ("folder.h5", "it is not a file"),
        ("pipe.h5", "it is not a file"),
    ):
        text = f'input x: [32, 32, 3] output y = x -> backbone(vgg16, weights = "{named}") -> gap -> dense(2)'
        spec.write_text(f"sqs 1 space s {{ {text} }}")
        assert compile_main([str(spec)]) == 1
        message = capsys.readouterr().err
        assert "error[SQS213]" in message
        assert reason in message


def test_arrays_are_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    class Runs:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, ("RAN",)

    np.savez("d.npz", x=np.array([Runs()] * 40, object), y=np.arange(40) % 2)
    space = sqs.loads("space s { input x: [1] output y = x -> dense(2) -> softmax }")
    from sqsem_dsl.data.load import load_data

    with pytest.raises(sqs.SqsError, match="Python objects"):
        load_data("d.npz", space.inputs, space.outputs, 0)
    assert not Path("RAN").exists()


def test_a_function_of_data_needs_the_flag() -> None:
    from sqsem_dsl.data.load import load_data

    space = sqs.loads("space s { input x: [1] output y = x -> dense(2) -> softmax }")
    with pytest.raises(sqs.SqsError, match="--allow-extern"):
        load_data("python:this:x", space.inputs, space.outputs, 0)


def test_reading_a_study_writes_only_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = make_study(tmp_path / "study")
    change(study, "UPDATE trial SET reason = '../../x' WHERE number = 4")
    assert [main(["trials", str(study)]), main(["report", str(study)])] == [0, 0]
    assert {path.name for path in tmp_path.iterdir()} == {"study"}
    assert {path.name for path in study.iterdir()} <= {"study.sqlite", "report.html"}


def test_nothing_in_a_checkpoint_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqsem_dsl.study.trial.checkpoint import read_checkpoint

    monkeypatch.chdir(tmp_path)

    class Runs:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, ("RAN",)

    np.savez("c.npz", head=np.array([Runs()], object))
    assert read_checkpoint("c.npz") is None
    assert not Path("RAN").exists()


def test_models_are_loaded_in_safe_mode() -> None:
    """The program loads models nowhere else."""
    loads = []
    for path in (ROOT / "sqsem_dsl").rglob("*.py"):
        text = path.read_text()
        assert "enable_unsafe_deserialization" not in text
        tree = ast.parse(text if "load_model" in text else "")
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        loads += [call for call in calls if ast.unparse(call.func).endswith("models.load_model")]
    modes = [[ast.unparse(k.value) for k in call.keywords if k.arg == "safe_mode"] for call in loads]
    assert modes == [["True"]]
