"""A study's folder at the start of a search: new, to resume, with an edited spec, or of something else; and the trials
that stay valid after an edit of the spec."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import time
from typing import Any

from sqsem_dsl.compare.matching import match
from sqsem_dsl.compare.validity import Judge, NotThere, Valid
from sqsem_dsl.compare.wording import reason_of
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Assignment, decode_choices, encode_choices
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.backend import backend
from sqsem_dsl.study.check_weights import weights_digests
from sqsem_dsl.study.errors import OtherStudy
from sqsem_dsl.study.errors_files import DamagedStudy
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.rows import NEEDED
from sqsem_dsl.study.journal.scored import scored
from sqsem_dsl.study.lock import owner
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.spec_snapshot import Sources


def recorded(folder: Path) -> dict[str, Any] | None:
    """The notes of a folder's journal about its study; None if there is no journal. Raises SqsError if it cannot be
    read."""
    if not (folder / FILE).exists():
        return None
    with closing(Journal.open(folder)) as journal:
        return journal.notes(needed=NEEDED)


@dataclass
class Opened:
    """A study that can be run."""

    journal: Journal
    trials: list[Trial]
    """Every trial by number, including invalid ones."""
    events: list[tuple[int, bool]]
    """Numbers of valid trials in the order of their starts (False) and ends (True)."""
    running: deque[tuple[Trial, Architecture]]
    """Interrupted trials."""
    notes: Mapping[str, Any]
    assignments: Mapping[int, Assignment]
    """The choices of the valid trials by number, as exact values."""


def opened(
    folder: Path,
    space: SearchedSpace,
    dataset: Dataset,
    *,
    seed: int,
    executions: int,
    goals: tuple[Goal, ...],
    sources: Sources | None,
    callbacks: tuple[str, ...] = (),
    remark: Callable[[str], None],
) -> Opened:
    """Creates or opens the journal of a folder, and updates its contents to the current spec.

    Raises SqsError if it holds a study on other data, with another seed or number of executions, or whose backbones
    started from other weights in a file of the same name; OSError if it cannot be written.
    """
    facts = {
        "space": space.name,
        "spec": None if sources is None else sources.text,
        "sources": None if sources is None else sources.to_plain(),
        **comparable(dataset, seed, executions),
        "classes": dataset.classes,
        "goals": [[goal.metric, goal.direction] for goal in goals],
        "lower_bounds": sorted(space.analysis.lower_bounds) if isinstance(space, Space) else [],
        "algorithm": space.search_settings.algorithm.model_dump(mode="json"),
        "stopping": space.search_settings.stopping.model_dump(mode="json"),
        "callbacks": list(callbacks),
        "weights": weights_digests(space),
        "keras": _version("keras"),
        "backend": backend(),
    }
    before = recorded(folder)
    if before is None:
        notes = {**facts, "created": time(), "elapsed": 0.0, "skipped": 0, "ended": None, "owner": owner()}
        journal = Journal.create(folder, notes)
        journal.reserve()
        return Opened(journal, [], [], deque(), notes, {})
    check_same(folder, before, facts)
    facts["weights"] = _same_weights(folder, before.get("weights") or {}, facts["weights"])
    journal = Journal.open(folder, write=True)
    journal.reserve()
    trials = written = {trial.number: trial for trial in journal.trials()}
    if isinstance(space, Space) and before["sources"] is not None and before["sources"] != facts["sources"]:
        old = Sources.from_plain(before["sources"], allow_extern=sources is not None and sources.allow_extern).load()
        _assignments(journal, old, trials.values())
        edited = after_edit(old, space, trials.values())
        trials = dict(edited.trials)
        remark(edited.describe())
    if before["goals"] != facts["goals"]:
        remark(f"the objective was {_written(before['goals'])}: trials are scored again")
        trials = {number: _scored_anew(trial, journal, goals) for number, trial in trials.items()}
    if before.get("callbacks", []) != facts["callbacks"]:
        remark(
            f"the callbacks were {', '.join(before.get('callbacks', [])) or 'none'}: finished trials keep their scores"
        )
    assignments = _assignments(journal, space, trials.values())
    changed = [trial for number, trial in trials.items() if trial is not written[number] and trial != written[number]]
    journal.revise(changed, **facts, ended=None, owner=owner())
    running: deque[tuple[Trial, Architecture]] = deque()
    for trial in trials.values():
        if trial.valid and trial.status == "running":
            had = sum(epoch.seconds for epoch in journal.epochs(trial.number))
            running.append((replace(trial, seconds=max(trial.seconds, had)), architecture_of(journal, space, trial)))
    events = [(number, ends) for number, ends in journal.events() if trials[number].valid]
    return Opened(journal, [trials[number] for number in sorted(trials)], events, running, before, assignments)


def architecture_of(journal: Journal, space: SearchedSpace, trial: Trial) -> Architecture:
    """The network of a trial. Raises SqsError if its choices are not in the space."""
    try:
        found = space.resolve(decode_choices(space.choices, trial.choices))
    except (LookupError, ValueError):
        found = None
    if found is None:
        raise _none_of_the_space(journal, trial)
    return found


def _assignments(journal: Journal, space: SearchedSpace, trials: Iterable[Trial]) -> dict[int, Assignment]:
    """The choices of the valid trials by number. Raises SqsError if some are not choices of the space."""
    choices = {choice.path: choice for choice in space.choices}
    found: dict[int, Assignment] = {}
    for trial in trials:
        try:
            if trial.valid:
                found[trial.number] = decode_choices(choices, trial.choices)
        except ValueError:
            raise _none_of_the_space(journal, trial) from None
    return found


def _none_of_the_space(journal: Journal, trial: Trial) -> SqsError:
    fault = f"trial {trial.number}: its `choices` are not in the space"
    return SqsError([DamagedStudy(NOWHERE, str(journal.path), (fault,))])


def comparable(dataset: Dataset, seed: int | None, executions: int) -> dict[str, Any]:
    """The facts that must be equal for comparable scores, and a description of the data."""
    return {
        "data": dataset.describe(),
        "fingerprint": dataset.fingerprint,
        "seed": seed,
        "executions": executions,
    }


def check_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Checks that both studies have comparable scores: the same data, seed and executions. Raises SqsError if not."""
    for key, what in (
        ("seed", "another seed"),  # which splits the data differently
        ("fingerprint", "other data"),
        ("executions", "another number of executions"),
    ):
        if before[key] != now[key]:
            there, here = before[key], now[key]
            if key == "fingerprint":
                there, here = f"{before['data']} ({there})", f"{now['data']} ({here})"
            raise SqsError([OtherStudy(NOWHERE, str(folder), what, str(there), str(here))])


def _same_weights(folder: Path, before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The digests of all files of weights, those of before included. Raises SqsError if a file has changed."""
    for name, digest in now.items():
        if before.get(name, digest) != digest:
            what, there = f"other weights in `{name}`", f"a file with the digest {before[name]}"
            raise SqsError([OtherStudy(NOWHERE, str(folder), what, there, f"one with {digest}")])
    return {**before, **now}


def _scored_anew(trial: Trial, journal: Journal, goals: tuple[Goal, ...]) -> Trial:
    if trial.status != "completed" or not trial.valid:
        return trial
    found = scored(trial, journal.epochs(trial.number), goals)
    if found is None:
        return replace(trial, valid=False, reason="its epochs do not record the objective")
    return found


def _version(package: str) -> str | None:
    """The version of an installed package, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _written(goals: list[list[str]]) -> str:
    return ", ".join(f"{'maximize' if direction == 'max' else 'minimize'} {metric}" for metric, direction in goals)


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
