"""A dashboard that is served while a test runs, and studies whose names are attacks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqsem_dsl.study.journal.record import Trial
from tests.fakes.journals import make_study, trials

ATTACK = "<img src=x onerror=window.attacked=1><script>window.attacked=1</script>"
SPEC = f"""sqs 1
space attacked {{
  input x: [8]
  param mode in ["{ATTACK}", "plain"]
  output y = x -> if mode == "plain" {{ dense(5) }} else {{ dense(7) }} -> dense(2) -> softmax
}}
"""


def attacking_study(folder: Path) -> Path:
    """Every text of its journal is an attack."""
    made: Sequence[Trial] = [
        replace(
            trial, choices={ATTACK: (ATTACK, "b")[trial.number % 2], "=1+1": trial.number}, reason=ATTACK,
            trace=ATTACK, worker=ATTACK, metrics={ATTACK: 1.0, **trial.metrics}, architecture=ATTACK,
        )
        for trial in trials()
    ]  # fmt: skip
    notes = {"space": ATTACK, "data": ATTACK, "ended": ATTACK, "goals": [[ATTACK, "max"]], "spec": SPEC}
    sources = {"files": {"a.sqs": SPEC}, "space": ATTACK, "defines": {}, "allow_extern": False}
    return make_study(folder, made=made, **{**notes, "sources": sources, "goals": [[ATTACK, "max"]]})


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the dashboard of a study, until the end of the block."""
    from werkzeug.serving import make_server

    from sqsem_dsl.dashboard.app import Reader, make_app

    reader = Reader(folder)
    server = make_server("127.0.0.1", 0, make_app(reader).server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        reader.close()
