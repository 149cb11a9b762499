"""What a process that trains does: task after task, until there are no more."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.executors import Evaluate, Tell, named
from sqsem_dsl.study.task import Evaluation, Failed, Task


def serve(
    take: Callable[[], Task | Evaluation | None], tell: Tell, dataset: Dataset, trainer: str, stop: Event
) -> None:
    """Do what `take` gives, and tell of it, until it gives None.

    A failure of the machinery around a training is the failure of that trial; only what ends the process ends this.
    """
    train, evaluate = named(trainer)
    while (work := take()) is not None:
        if isinstance(work, Evaluation):
            tell(_evaluated(work, dataset, evaluate))
            continue
        try:
            tell(train(work, dataset, tell, stop.is_set))
        except MemoryError as error:
            tell(Failed(work.number, "memory", str(error) or "no memory is left", traceback.format_exc()))
        except Exception as error:
            first = (str(error).strip().splitlines() or [""])[0]
            reason = f"{type(error).__name__}: {first}" if first else type(error).__name__
            tell(Failed(work.number, "error", reason, traceback.format_exc()))


def _evaluated(work: Evaluation, dataset: Dataset, evaluate: Evaluate) -> Evaluation:
    """With a saved model's scores on the test part, or why there are none."""
    try:
        return replace(work, scores=evaluate(work, dataset))
    except Exception as error:
        return replace(work, reason=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")


def lost_because(code: int | None, said: str = "") -> str:
    """Why a process is gone, in a line, from its exit code and what it wrote last."""
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    if code is None:
        what = "its process is gone"
    elif code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        what = f"its process was killed ({name})"
        if -code == getattr(signal, "SIGKILL", 9):
            what += ", as a system does that has no memory left"
    else:
        what = f"its process ended with exit code {code}"
    return f"{what}: {last[:200]}" if last else what
