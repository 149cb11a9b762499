"""A full disk during a search: it ends with a message, no finished trial is lost, and it can resume later."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.journal import Journal
from tests.fakes.searching import search
from tests.study.test_resume import recorded_trials

pytestmark = pytest.mark.search
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")

SIZE = 3 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A separate file system of 3 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place):
    """Use up all remaining space."""
    with (place / "filling").open("wb", buffering=0) as file:
        while shutil.disk_usage(place).free:
            file.write(bytes(4096))


@pytest.mark.parametrize("workers", [0, 1])
def test_the_disk_fills_up_while_trials_run(small_disk, tmp_path, monkeypatch, workers):
    from sqsem_dsl.study import driver

    ended = []
    ends = driver.Driver._end

    def end(self, trial):
        ends(self, trial)
        ended.append(trial.number)
        if trial.number == 4:
            fill(small_disk)

    monkeypatch.setattr(driver.Driver, "_end", end)
    with pytest.raises(SqsError) as caught:
        search(small_disk / "out", trials=20, workers=workers)
    monkeypatch.undo()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS756"
    assert diagnostic.title.endswith("no space left on device")
    assert diagnostic.help == "free some space, then run the same command again to resume"
    journal = Journal.open(small_disk / "out")
    finished = [trial.number for trial in journal.trials() if trial.status == "completed"]
    journal.close()
    assert finished == ended, "every trial that ended is recorded"
    assert len(finished) >= 4
    (small_disk / "filling").unlink()
    search(small_disk / "out", trials=20, workers=workers)
    search(tmp_path / "undisturbed", trials=20, workers=workers)
    assert recorded_trials(small_disk / "out") == recorded_trials(tmp_path / "undisturbed")


def test_no_room_to_begin(small_disk):
    fill(small_disk)
    with pytest.raises(SqsError) as caught:
        search(small_disk.parent / "disk" / "out", trials=2, file=small_disk.parent / "spec.sqs")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS756"
    assert "no space left on device" in diagnostic.title
