"""A search that is killed by SIGKILL at any moment at which it writes something leaves, after it was resumed, the same
trials, models and files as one that was not killed."""

from __future__ import annotations

import json
import os
import shutil
from random import Random

import pytest

from sqsem_dsl.study.layout import remove_leftovers
from tests.fakes.fake_training import score
from tests.fakes.killing import Killing
from tests.fakes.outcome import outcome
from tests.fakes.searching import SPEC

pytestmark = pytest.mark.search
pytest.importorskip("filelock")

KILLS = os.environ.get("SQSEM_KILLS")
"""If it is set, all moments are tried, and not every third: no window between two steps of a search has fewer."""
LONG = SPEC.replace("epochs = 3", "epochs = 9")
PARTS = {
    "random, median": {"search": "algorithm = random  stopping = median(min_trials = 2)", "spec": LONG},
    "grid": {"search": "algorithm = grid"},
    "evolution, asha": {"search": "algorithm = evolution(population = 4, sample = 2)  stopping = asha", "spec": LONG},
    "hyperband": {"search": "algorithm = hyperband(factor = 3, max_epochs = 9)", "spec": LONG},
    "bayesian": {"search": "algorithm = bayesian"},
    "bayesian, asha": {"search": "algorithm = bayesian  stopping = asha", "spec": LONG},
    "bayesian, median": {"search": "algorithm = bayesian  stopping = median(min_trials = 2)", "spec": LONG},
    "two objectives": {
        "search": "algorithm = bayesian  objective = [maximize(val_accuracy), minimize(params)]",
        "keep": 1,
    },
    "starting points": {"start_from": [{"n": 1, "n[0].dense.units": 16}, {"n": 1, "n[0].dense.units": 4}]},
}


@pytest.fixture(scope="module")
def killing():
    with Killing() as process:
        yield process


@pytest.mark.parametrize("part", ["models", "results of another study"])
def test_killed_at_a_moment_and_resumed(part, killing, tmp_path):
    """Each moment of a search of two trials, of which the second is the best."""
    options = {"trials": 2, "keep": 1}
    if part != "models":
        killing.run(tmp_path / "other", trials=1)
        options = {"trials": 2, "reuse": [str(tmp_path / "other")]}
    moments = killing.run(tmp_path / "undisturbed", **options)
    expected = outcome(tmp_path / "undisturbed")
    assert expected["best"]["trial"] == 2
    assert expected["trials"][1]["origin"] == ("search" if part == "models" else "reused")
    for moment in range(1, moments + 1, 1 if KILLS else 3):
        folder = tmp_path / "killed"
        assert killing.run(folder, moment, **options) is None
        killing.run(folder, **options)
        assert outcome(folder) == expected, moment
        shutil.rmtree(folder)


@pytest.mark.parametrize("part", PARTS)
def test_killed_again_and_again(part, killing, tmp_path):
    if "bayesian" in part:
        pytest.importorskip("sklearn")
    options = {"trials": 10, **PARTS[part]}
    moments = killing.run(tmp_path / "undisturbed", **options)
    kills = killing.run_to_the_end(tmp_path / "killed", Random(part), moments // 3, **options)
    assert kills >= 3
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "undisturbed")


@pytest.mark.parametrize("stopping", ["none", "asha", "median(min_trials = 2)"])
def test_killed_again_and_again_with_two_workers(stopping, killing, tmp_path):
    """Which trials there are depends on which of them ends first, but none is lost or trained twice."""
    options = {"search": f"algorithm = random  stopping = {stopping}", "spec": LONG, "trials": 8, "workers": 2}
    folder, random, finished, moments = tmp_path / "killed", Random(stopping), {}, None
    for kills in range(200):  # noqa: B007
        moments = killing.run(folder, random.randint(40, 90), **options)
        if (folder / "study.sqlite").exists():
            trials = outcome(folder)["trials"]
            assert list(trials) == list(range(1, len(trials) + 1))
            assert {number: trials[number] for number in finished} == finished
            finished = {number: trial for number, trial in trials.items() if trial["status"] == "completed"}
        if moments is not None:
            break
    assert kills >= 2
    assert len(finished) == len(trials)
    firsts = [trial for trial in trials.values() if trial["continues"] is None]
    continued = [trial["continues"] for trial in trials.values() if trial["continues"] is not None]
    assert len(firsts) == len({trial["architecture"] for trial in firsts}) == 8
    assert len(continued) == len(set(continued))
    for trial in trials.values():
        assert trial["scores"] == (score(trial["choices"], trial["epochs"]),)
        if trial["continues"] is not None:
            before = trials[trial["continues"]]
            assert (before["choices"], before["stopped"] is None) == (trial["choices"], False)
            assert before["epochs"] < trial["epochs"]
        assert (trial["epochs"] < 9) == (trial["stopped"] is not None)
    best = json.loads((folder / "best.json").read_text())
    assert json.loads((folder / "best.keras").read_text())["val_accuracy"] == best["metrics"]["val_accuracy"]
    assert not [path for path in folder.rglob(".*") if path.name != ".lock"]
    assert not (folder / "running").exists()


def test_what_killed_processes_left_is_removed(killing, tmp_path):
    """Temporary files of the search, and no other hidden file."""
    folder = tmp_path / "study"
    killing.run(folder, trials=1)
    expected = outcome(folder)["files"]
    left = [
        ".best.77.keras",
        ".study.77.sqlite",
        ".study.77.sqlite-wal",
        "best/.trial-0001.77.keras",
        "tensorboard/.events.out.tfevents.1.host.77.77.experiment",
        "tensorboard/trial-0001/.events.out.tfevents.1.host.77.77.start",
    ]
    kept = [".ipynb_checkpoints/a", ".best.notes.json", ".notes", "best/.gitkeep", "best/.ipynb_checkpoints/a"]
    for name in (*left, *kept):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    killing.run(folder, trials=1)
    files = {name for name in outcome(folder)["files"] if (folder / name).is_file()}
    assert files - set(expected) == set(kept)
    assert not list((folder / "tensorboard").rglob(".*"))


def test_the_folders_of_another_program_keep_their_files(tmp_path):
    """They may have the names of a study's."""
    for name in ("best/.model.77.keras", "running/.job.12"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert (tmp_path / "best/.model.77.keras").exists()
    assert (tmp_path / "running/.job.12").exists()
