"""The grammar's tables in the cache: private to this user, and plain data."""

from __future__ import annotations

import os
import pickle
from functools import cache
from pathlib import Path

import pytest

from sqsem_dsl.syntax import grammar

MADE = cache(grammar.make_parser)
"""Makes the parser once for all tests: it takes most of their time."""
TEXT = "sqs 1\nspace s { input x: [4]  output y = x -> dense(2) }"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the tables, created by a first parser."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(grammar, "make_parser", MADE)
    grammar.parser.__wrapped__()
    [found] = (tmp_path / "sqsem").iterdir()
    return found


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("RAN",)


def test_it_is_read_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "make_parser", lambda text: pytest.fail("the tables were made anew"))
    assert grammar.parser.__wrapped__().parse(TEXT)


def test_nothing_in_it_runs(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    place.write_bytes(pickle.dumps({"data": _Runs(), "memo": {}}))
    assert grammar.parser.__wrapped__().parse(TEXT)
    assert not Path("RAN").exists()


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are of POSIX")
def test_one_that_others_could_have_written_is_not_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = grammar.make_parser
    monkeypatch.setattr(grammar, "make_parser", lambda text: made.append(text) or make(text))
    place.chmod(0o666)
    assert grammar.parser.__wrapped__().parse(TEXT)
    assert len(made) == 1
    monkeypatch.setattr(os, "getuid", lambda: place.stat().st_uid + 1)
    assert grammar.parser.__wrapped__().parse(TEXT)
    assert len(made) == 2
