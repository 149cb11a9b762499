"""The parts of a study that stay valid after an edit of its spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqsem_dsl.compare.matching import match
from sqsem_dsl.compare.validity import Judge, NotThere, Valid
from sqsem_dsl.compare.wording import reason_of
from sqsem_dsl.ir.choices import decode_choices, encode_choices
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.journal.record import Trial


@dataclass(frozen=True)
class Edited:
    """Trials of the old spec, as trials of the new one."""

    trials: Mapping[int, Trial]
    """Every trial with its new status; one that is not of the new spec is not `valid`."""
    outdated: Mapping[int, str]
    """Why a previously valid trial is not valid any more."""

    def describe(self) -> str:
        """In one line."""
        valid = sum(trial.valid for trial in self.trials.values())
        said = f"the spec was edited: {valid} of {valid + len(self.outdated)} trials are valid in the new one"
        reasons = dict.fromkeys(self.outdated.values())
        return said + (f" (others: {'; '.join(list(reasons)[:3])})" if reasons else "")


def after_edit(old: Space, new: Space, trials: Iterable[Trial]) -> Edited:
    """Checks the trials of a space against another: the same network with the same training is the same trial."""
    judge = Judge(old, new, match(old, new).names)
    found: dict[int, Trial] = {}
    outdated: dict[int, str] = {}
    for trial in trials:
        found[trial.number] = trial
        if not trial.valid:
            continue
        architecture = old.resolve(decode_choices(old.choices, trial.choices))
        verdict = judge.verdict(architecture) if architecture is not None else NotThere(())
        if isinstance(verdict, Valid):
            now = verdict.architecture
            found[trial.number] = replace(
                trial,
                choices=encode_choices(new.choices, now.choices),
                memo={},  # the additional data of the algorithm are for the old space
            )
        else:
            outdated[trial.number] = reason = reason_of(verdict) or "the spec no longer has this network"
            now_outdated = replace(trial, valid=False, reason=trial.reason or reason)
            if trial.status == "running":
                now_outdated = replace(now_outdated, status="failed", error="outdated")
            found[trial.number] = now_outdated
    return Edited(found, outdated)
