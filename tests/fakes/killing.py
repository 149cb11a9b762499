"""Searches with `fake_training` that are killed by SIGKILL at any moment at which they write something.

A process that has loaded everything forks a copy of itself for each search, so a kill takes milliseconds. A moment is
before, in the middle of, or after a transaction of the journal, or before a change of the file system: a file that is
opened for writing, linked, renamed or removed, or a folder that is made or removed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}
"""The audit events of Python for changes of the file system, besides `open`."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killing:
    """A process that runs searches, one after another. Use it in a `with` statement."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.killing"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"EPOCH_SECONDS": "0", **os.environ},
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()

    def run(self, folder, kill=0, **options):
        """A search that is killed at its moment `kill`, from 1; 0 and a number above that of its moments: never.

        Returns the number of moments that it had, or None if it was killed. Raises AssertionError if it failed.
        """
        self._process.stdin.write(json.dumps([str(folder), kill, options]) + "\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        assert found is None or isinstance(found, int), found
        return found

    def run_to_the_end(self, folder, moments, most, **options):
        """A search that is killed at a random one of its first `most` moments, again and again until it ends before.
        `moments` is a `Random`. Returns the number of kills."""
        kills = 0
        while self.run(folder, moments.randint(1, most), **options) is None:
            kills += 1
            assert kills < 1000, "the search does not end"
        return kills


def main() -> None:
    import sqsem_dsl.study.search  # noqa: F401 (loaded before the first search)
    from tests.fakes.searching import search

    for line in sys.stdin:
        folder, kill, options = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _search(search, writing, folder, kill, options)
        os.close(writing)
        with os.fdopen(reading) as file:
            said = file.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            said = "null"
        print(said or json.dumps(f"the search ended with {status}"), flush=True)


def _search(search, writing, folder, kill, options) -> None:
    """Runs a search and writes the number of its moments into a pipe, and ends this process."""
    moments = 0

    def moment() -> None:
        nonlocal moments
        moments += 1
        if moments == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch_files(Path(folder), moment)
    _watch_journal(moment)
    try:
        options["reuse"] = tuple(map(Path, options.get("reuse", ())))
        search(folder, **{"workers": 0, **options})
        said: object = moments
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    os.write(writing, json.dumps(said).encode())
    os._exit(0)


def _watch_files(folder: Path, moment) -> None:
    """Calls a function before each change of a file in a folder."""
    own = str(folder)

    def watch(event, arguments) -> None:
        if (event in CHANGES or (event == "open" and arguments[2] & WRITES)) and str(arguments[0]).startswith(own):
            moment()

    sys.addaudithook(watch)


def _watch_journal(moment) -> None:
    """Calls a function before, within and after each transaction of a journal."""
    from sqsem_dsl.study.journal.journal import Journal

    before = Journal._transaction

    def transaction(self, work) -> None:
        def watched(connection) -> None:
            work(connection)
            moment()

        moment()
        before(self, watched)
        moment()

    Journal._transaction = transaction


if __name__ == "__main__":
    main()
