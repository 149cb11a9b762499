"""The trials of an earlier search of the same study: replayed to the algorithm, so that it continues identically."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Proposal
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.errors_files import DamagedStudy
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.settings_json import settings_json, without_epochs
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.resume import Opened
from sqsem_dsl.study.stopping.rule import Rule
from sqsem_dsl.study.view import View


def replay(opened: Opened, algorithm: Algorithm, view: View, rule: Rule) -> None:
    """Brings an algorithm, the state of a study and its stopping rule to where the recorded trials left them.

    Raises SqsError if the algorithm's own data about a trial are not in the form that it needs.
    """
    trials = {trial.number: trial for trial in opened.trials}
    for number, ends in opened.events:
        trial = trials[number]
        if not ends:
            _recall(opened, trial, algorithm)
            view.started(trial)
            rule.trainings.begin(trial)
            if rule.is_on:
                for epoch in opened.journal.epochs(number):
                    rule.trainings.epoch(epoch)
        else:
            algorithm.tell(number, trial.scores if trial.status == "completed" else None, trial.share)
            view.ended(replace(trial, stops=()) if trial.stops else trial)
            rule.trainings.end(trial)
    view.skipped = algorithm.skipped
    opened.assignments = {}  # the algorithm has what it needs of them


def _recall(opened: Opened, trial: Trial, algorithm: Algorithm) -> None:
    try:
        algorithm.recall(trial.number, opened.assignments[trial.number], trial.memo)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        # Each algorithm stores its own data beside the choices, which may have any form in a damaged journal.
        fault = f"trial {trial.number}: its `choices` and `memo` are not of this algorithm"
        raise SqsError([DamagedStudy(NOWHERE, str(opened.journal.path), (fault,))]) from problem


def start_points(space: SearchedSpace, options: SearchOptions, trials: Iterable[Trial]) -> list[Proposal]:
    """The starting points that were not tried yet, in the order of the options."""
    if not options.start_from:
        return []
    had = {(trial.architecture, without_epochs(trial.training)) for trial in trials if trial.valid}
    found = []
    for choices in options.start_from:
        architecture = space.resolve(ChoiceTree(space.choices).complete(choices))
        if architecture is None:
            continue
        epochs = options.epochs or architecture.train.epochs
        if (architecture.id, without_epochs(settings_json(architecture.train, epochs))) not in had:
            found.append(Proposal(architecture.choices, architecture, epochs))
    return found
