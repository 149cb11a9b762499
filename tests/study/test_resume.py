"""A search that is killed repeatedly ends with exactly the trials of an uninterrupted one."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sqsem_dsl.study.journal.journal import Journal
from tests.fakes.searching import SPEC, search

pytestmark = pytest.mark.search
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")

KILLS = os.environ.get("SQSEM_KILLS")
"""How often a search is killed in the tests of random moments, if it is set."""
RULES = {"asha": "stopping = asha", "median": "stopping = median(min_trials = 3)"}
ROOT = Path(__file__).resolve().parents[2]


def recorded_trials(folder):
    """The results of a study that do not depend on the clock."""
    with closing(Journal.open(folder)) as journal:
        return [
            (t.number, t.status, t.choices, t.scores, t.epochs, t.continues, t.reason, t.architecture)
            for t in journal.trials()
        ]


def start(folder, options, **environment):
    """The search as a process; it has started when it says so."""
    command = [sys.executable, "-m", "tests.fakes.searching", str(folder), json.dumps(options)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    for line in process.stderr:
        if line.startswith("space small, data blobs"):
            return process
    raise AssertionError(f"the search ended with {process.wait()}")


def wait_for_more(log, process):
    """Until another epoch starts."""
    before = log.stat().st_size if log.exists() else 0
    while (log.stat().st_size if log.exists() else 0) == before and process.poll() is None:
        time.sleep(0.005)


def trained(log, number):
    """How many epochs of a trial were trained so far, counting repeats."""
    return sum(line.split()[0] == str(number) for line in log.read_text().splitlines()) if log.exists() else 0


def start_and_kill(folder, options, log, moments):
    """A search that is killed during an epoch, or before one has started."""
    process = start(folder, options, EPOCH_SECONDS="0.2", TRAINED=str(log))
    if moments.random() < 0.9:  # otherwise perhaps before any trial resumes
        wait_for_more(log, process)
    time.sleep(moments.uniform(0, 0.25))
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it had ended by itself: there was nothing left to kill"
    process.stderr.close()


@pytest.mark.parametrize("algorithm", ["random", "hyperband(factor = 3, max_epochs = 9)"])
def test_killed_at_random_moments(tmp_path, algorithm):
    options = {"search": f"algorithm = {algorithm}", "trials": 39}
    search(tmp_path / "undisturbed", **options)
    moments = random.Random(algorithm)
    log, folder = tmp_path / "trained", tmp_path / "killed"
    kills = int(KILLS or (50 if algorithm == "random" else 10))
    for _ in range(kills):
        start_and_kill(folder, options, log, moments)
    before = len(recorded_trials(folder))
    search(folder, **options)
    assert recorded_trials(folder) == recorded_trials(tmp_path / "undisturbed")
    assert before > 5, "it was always killed before it had done anything"
    with closing(sqlite3.connect(folder / "study.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    # The state is saved after each epoch: a kill loses only the epoch in training.
    again = sum(times - 1 for times in Counter(log.read_text().splitlines()).values())
    assert again <= kills


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rule", RULES)
def test_killed_at_random_moments_with_trials_that_stop(tmp_path, rule, workers):
    """No finished trial is lost, changed or trained again; with one worker, all are those of an undisturbed search."""
    spec = SPEC.replace("epochs = 3", "epochs = 9")
    options = {"search": f"algorithm = random  {RULES[rule]}", "trials": 39, "spec": spec}
    moments = random.Random(f"{rule}/{workers}")
    log, folder = tmp_path / "trained", tmp_path / "killed"
    finished = {}
    for _ in range(int(KILLS or 4)):
        start_and_kill(folder, {**options, "workers": workers}, log, moments)
        found = recorded_trials(folder)
        assert [trial[0] for trial in found] == list(range(1, len(found) + 1))
        after = {trial[0]: (trial, trained(log, trial[0])) for trial in found if trial[1] != "running"}
        assert {number: after.get(number) for number in finished} == finished
        finished = after
    search(folder, **options, workers=workers)
    trials = recorded_trials(folder)
    assert {trial[0]: trial for trial in trials if trial[0] in finished} == {n: t for n, (t, _) in finished.items()}
    assert all(trial[1] == "completed" for trial in trials)
    assert sum(trial[5] is None for trial in trials) == 39
    assert len({str(trial[2]) for trial in trials}) == 39
    if workers == 1:
        search(tmp_path / "undisturbed", **options)
        assert trials == recorded_trials(tmp_path / "undisturbed")


def test_killed_in_the_middle_of_a_write(tmp_path):
    """Killed during a journal write, at each of the first writes in turn: it opens, and no write is partial."""
    code = (
        "import os, sys, sqsem_dsl.study.journal.journal as j\n"
        "from tests.fakes.searching import search\n"
        "left = [int(sys.argv[2])]; before = j.Journal._transaction\n"
        "def transaction(self, work):\n"
        "    def half(connection):\n"
        "        work(connection)\n"
        "        left[0] -= 1\n"
        "        if left[0] == 0: os.kill(os.getpid(), 9)\n"
        "    before(self, half)\n"
        "j.Journal._transaction = transaction\n"
        "search(sys.argv[1], trials=4)\n"
    )
    search(tmp_path / "undisturbed", trials=4)
    for write in range(1, 14):
        folder = tmp_path / f"killed-{write}"
        done = subprocess.run([sys.executable, "-c", code, str(folder), str(write)], cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL
        search(folder, trials=4)
        assert recorded_trials(folder) == recorded_trials(tmp_path / "undisturbed")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_asked_to_end(tmp_path, name):
    """A clean end: running trials save their state, and the same command resumes."""
    options = {"trials": 12}
    process = start(tmp_path / "asked", options, EPOCH_SECONDS="0.2")
    assert any(line.startswith("trial 1/") for line in iter(process.stderr.readline, ""))
    process.send_signal(getattr(signal, name))
    said = process.stderr.read()
    assert process.wait() == {"SIGINT": 130, "SIGTERM": 143}[name]
    assert "saving running trials" in said
    trials = recorded_trials(tmp_path / "asked")
    assert [t[1] for t in trials[:-1]] == ["completed"] * (len(trials) - 1)
    search(tmp_path / "asked", **options)
    search(tmp_path / "undisturbed", **options)
    assert recorded_trials(tmp_path / "asked") == recorded_trials(tmp_path / "undisturbed")


def test_a_second_process_waits_for_the_first(tmp_path):
    options = {"trials": 8}
    first = start(tmp_path / "one", options, EPOCH_SECONDS="0.1")
    second = subprocess.run(
        [sys.executable, "-m", "tests.fakes.searching", str(tmp_path / "one"), json.dumps(options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    first.stderr.close()
    assert first.wait() == 0
    assert f"process {first.pid} on " in second.stderr
    assert "works on this study: waiting until it is done" in second.stderr
    assert json.loads(second.stdout)["trials"] == 8
    search(tmp_path / "undisturbed", **options)
    assert recorded_trials(tmp_path / "one") == recorded_trials(tmp_path / "undisturbed")


def test_a_longer_search_continues(tmp_path):
    search(tmp_path / "grown", trials=5)
    search(tmp_path / "grown", trials=12)
    search(tmp_path / "undisturbed", trials=12)
    assert recorded_trials(tmp_path / "grown") == recorded_trials(tmp_path / "undisturbed")
