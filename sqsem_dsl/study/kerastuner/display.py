"""The output of a tuner for trials that failed, which KerasTuner calls complete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from keras_tuner.engine.trial import TrialStatus


def name_failures(oracle: Any) -> None:
    """Makes the display of an oracle print why a trial failed; finished trials are printed as before."""
    display = oracle._display
    finished = display.on_trial_end

    def on_trial_end(trial: Any) -> None:
        if display.verbose < 1 or trial.status == TrialStatus.COMPLETED:
            finished(trial)
            return
        elapsed = display.format_duration(datetime.now() - display.trial_start[trial.trial_id])
        print(f"Trial {display.trial_number[trial.trial_id]} failed [{elapsed}]: {reason_of(trial)}")

    display.on_trial_end = on_trial_end


def reason_of(trial: Any) -> str:
    """Why a trial failed: the first line of its message, which the traceback follows."""
    return next(iter((trial.message or "").splitlines()), "") or "its score is not a finite number"
