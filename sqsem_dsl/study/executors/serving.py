"""The loop of a worker process: one task after another, until there are no more."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.executors import Evaluate, Tell, named
from sqsem_dsl.study.task import Evaluation, Failed, Task
from sqsem_dsl.utils.exceptions import in_a_line


def serve(
    take: Callable[[], Task | Evaluation | None], tell: Tell, dataset: Dataset, trainer: str, stop: Event
) -> None:
    """Runs the tasks that `take` returns, and reports on them, until it returns None.

    A failure of the code around a training is the failure of that trial; only exceptions that end the process end this
    loop.
    """
    train, evaluate = named(trainer)
    while (work := take()) is not None:
        if isinstance(work, Evaluation):
            tell(_evaluated(work, dataset, evaluate))
            continue
        try:
            tell(train(work, dataset, tell, stop.is_set))
        except MemoryError as error:
            tell(Failed(work.number, "memory", str(error) or "out of memory", traceback.format_exc()))
        except Exception as error:
            tell(Failed(work.number, "error", in_a_line(error), traceback.format_exc()))


def _evaluated(work: Evaluation, dataset: Dataset, evaluate: Evaluate) -> Evaluation:
    """The evaluation with a saved model's scores on the test set, or with the reason why there are none."""
    try:
        return replace(work, scores=evaluate(work, dataset))
    except Exception as error:
        return replace(work, reason=in_a_line(error))


def lost_because(code: int | None, said: str = "") -> str:
    """Why a process is gone, in one line, from its exit code and its last output."""
    if code is None:
        return "its process ended unexpectedly"
    if code == -signal.SIGKILL:
        return "its process was killed (SIGKILL), probably out of memory"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        what = f"its process was killed ({name})"
    else:
        what = f"its process ended with exit code {code}"
    # Frameworks log many messages that are unrelated.
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _LOGGED.match(line)]
    return f"{what}: {lines[-1][:200]}" if lines else what


_LOGGED = re.compile(r"\s*([IWE]\d{4} |WARNING: All log messages|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] )")
"""The prefixes of log lines of TensorFlow and XLA."""
