"""Studies from untrusted authors: they run no code, and read or write nothing outside of their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import main
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.spec_snapshot import Sources
from sqsem_dsl.utils.atomic_file import write_whole
from tests.fakes.journals import DEFINES, SPEC, make_study
from tests.fakes.searching import search
from tests.study.damaged import change_sources

# ---- the spec in a journal


@pytest.mark.parametrize(
    "name", ["/{outside}", "../outside", "a/../../outside", "..\\outside", "C:outside", "", "a\0b"]
)
def test_a_study_writes_no_file_of_its_own_naming(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, outside = make_study(tmp_path / "study"), tmp_path / "outside"
    name = name.format(outside=outside)
    change_sources(study, lambda sources: sources["files"].update({name: "written by a study"}))
    assert main(["trials", str(study), "--csv"]) == 0
    assert main(["report", str(study), "--no-html"]) == 1
    assert "SQS775" in capsys.readouterr().err
    assert not outside.exists()


def test_files_that_a_spec_uses_are_kept(tmp_path: Path) -> None:
    block = "sqs 1\nblock twice(x, units: int) { out x -> dense(units) -> relu -> dense(units) -> relu }"
    spec = SPEC.replace("sqs 1", 'sqs 1\nuse twice from "parts/blocks.sqs"').replace("-> slot", "-> twice(4) -> slot")
    kept = Sources({"s.sqs": spec, "parts/blocks.sqs": block}, "perceptron", DEFINES)
    read = Sources.from_plain(kept.to_plain(), allow_extern=False)
    assert read.files == kept.files
    assert read.load().name == "perceptron"


def test_a_journal_does_not_allow_code(tmp_path: Path) -> None:
    """The previous spec is loaded to compare it, with the permissions of this search."""
    search(tmp_path / "study", trials=1, workers=0)

    def with_code(sources):
        [name] = sources["files"]
        sources["allow_extern"] = True
        sources["files"][name] = sources["files"][name].replace("-> relu", '-> extern("this:Layer")')

    change_sources(tmp_path / "study", with_code)
    with pytest.raises(sqs.SqsError, match="--allow-extern"):
        search(tmp_path / "study", trials=2, workers=0)


# ---- links


@pytest.mark.parametrize(
    "name", [".reserve", ".lock", "study.sqlite-wal", "study.sqlite-shm", "best/.trial-0001.1.keras"]
)
def test_nothing_is_written_through_a_link(name: str, tmp_path: Path) -> None:
    folder, precious = tmp_path / "study", tmp_path / "precious"
    search(folder, trials=1, workers=0)
    precious.write_text("precious")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(precious)
    with pytest.raises(sqs.SqsError, match="is a link"):
        search(folder, trials=2, workers=0)
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("name", ["best", "running", "tensorboard", "baselines"])
def test_a_folder_elsewhere_is_neither_filled_nor_tidied(name: str, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "study", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".profile").write_text("mine")
    folder.mkdir()
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(sqs.SqsError, match="is a link"):
        search(folder, trials=1, workers=0)
    assert [path.name for path in elsewhere.iterdir()] == [".profile"]


@pytest.mark.parametrize("name", ["trials.csv", "best.json", "spec.sqs"])
def test_results_take_the_place_of_a_link(name: str, tmp_path: Path) -> None:
    folder, precious = tmp_path / "study", tmp_path / "precious"
    folder.mkdir()
    precious.write_text("precious")
    (folder / name).symlink_to(precious)
    search(folder, trials=1, workers=0)
    assert precious.read_text() == "precious"
    assert not (folder / name).is_symlink()


def test_what_is_written_on_the_way_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / f".page.{os.getpid()}.html").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "page.html", "page")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "page.html").read_text() == "page"


def test_a_journal_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    make_study(tmp_path / "other")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / FILE).symlink_to(tmp_path / "other" / FILE)
    with pytest.raises(sqs.SqsError, match="is a link"):
        sqs.load_study(tmp_path / "study")


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    make_study(tmp_path / "other")
    (tmp_path / "study").symlink_to(tmp_path / "other")
    assert len(sqs.load_study(tmp_path / "study").trials) == 7


# ---- leftovers of another database


def test_a_deleted_journal_does_not_come_back(tmp_path: Path) -> None:
    journal = Journal.open(make_study(tmp_path / "old"), write=True)  # open, as after a killed search
    journal.note(space="changed")
    (tmp_path / "study").mkdir()
    for end in ("-wal", "-shm"):
        (tmp_path / "study" / f"{FILE}{end}").write_bytes((tmp_path / "old" / f"{FILE}{end}").read_bytes())
    journal.close()
    made = Journal.create(tmp_path / "study", {"space": "new"})
    assert (made.notes(), made.trials()) == ({"space": "new"}, [])
    made.close()


def test_an_undo_log_that_no_search_leaves_is_refused(tmp_path: Path) -> None:
    """SQLite would roll it back, and remove the file named in it."""
    make_study(tmp_path)
    (tmp_path / f"{FILE}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
    with pytest.raises(sqs.SqsError, match="-journal"):
        sqs.load_study(tmp_path)
