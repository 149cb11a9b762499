"""A whole search: a study in a folder, new or resumed, until it is complete or interrupted."""

from __future__ import annotations

import errno
import io
import os
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqsem_dsl.data.columns import columns_lines
from sqsem_dsl.data.copies import copies
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors_sources import UndefinedScore
from sqsem_dsl.data.remarks import remarks, undefined, unknown_classes
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.settings import label_settings
from sqsem_dsl.settings.search import Asha
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.algorithms.algorithm import Algorithm
from sqsem_dsl.study.algorithms.asha import AshaAlgorithm
from sqsem_dsl.study.algorithms.describe import describe
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.best_model import scores_on_test_set
from sqsem_dsl.study.check_weights import weights_digests
from sqsem_dsl.study.driver import Driver
from sqsem_dsl.study.ending import Ending
from sqsem_dsl.study.errors import CannotWrite, NothingToTry, NothingTrained, SameFailure
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.journal.journal import FILE
from sqsem_dsl.study.journal.links import check_folder
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.table import write_csv
from sqsem_dsl.study.layout import Plan, remove_leftovers
from sqsem_dsl.study.lock import held
from sqsem_dsl.study.models import Models
from sqsem_dsl.study.objective import Goal, goals_of
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.own_layers import loading_own_layers
from sqsem_dsl.study.progress.progress import NullProgress, Progress, classes_lines
from sqsem_dsl.study.replay import replay, start_points
from sqsem_dsl.study.results import Result, best_json, described
from sqsem_dsl.study.resume import architecture_of, opened, recorded
from sqsem_dsl.study.reuse import Known
from sqsem_dsl.study.spec_snapshot import Sources
from sqsem_dsl.study.stopping.rule import Rule
from sqsem_dsl.study.user_callbacks import UserCallbacks
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.atomic_file import write_whole
from sqsem_dsl.utils.shapes import input_facts
from sqsem_dsl.utils.signals import stop_on_signals


def run_search(
    space: SearchedSpace,
    dataset: Dataset,
    directory: str | os.PathLike[str],
    executor: Executor,
    options: SearchOptions | None = None,
    *,
    sources: Sources | None = None,
    progress: Progress | None = None,
) -> Result:
    """Searches a space on a data set, in a folder. If the folder holds the same study, resumes it.

    The same seed gives the same trials, even after interruptions. `sources` are the sources of the space: with them, a
    study whose spec was edited resumes with the trials that are still valid. The executor is closed at the end.

    Raises SqsError if the objective is not available, if the folder holds another study, a damaged one, links in place
    of its files, or cannot be written, if no trial could be started, if all failed, and if so many failed alike that
    the rest would, too; KeyboardInterrupt if the search was interrupted before the first trial had finished.
    """
    path = Path(directory)
    progress = progress or NullProgress()
    with ExitStack() as stack:
        stack.callback(executor.close)
        stop_asked = stack.enter_context(stop_on_signals())
        check_folder(path)
        try:
            if not stack.enter_context(held(path, progress.remark, stop_asked)):
                raise KeyboardInterrupt
            remove_leftovers(path)
            study = _Search(space, dataset, path, executor, options or SearchOptions(), sources, progress, stop_asked)
            stack.callback(study.opened.journal.close)
            return study.run()
        except OSError as problem:
            raise _cannot_write(path, problem) from problem


class _Search:
    """One run of a study: its components, put together."""

    def __init__(
        self,
        space: SearchedSpace,
        dataset: Dataset,
        path: Path,
        executor: Executor,
        options: SearchOptions,
        sources: Sources | None,
        progress: Progress,
        stop_asked: Callable[[], str | None],
    ) -> None:
        self.space, self.dataset, self.path, self.options, self.progress = space, dataset, path, options, progress
        search, limit = space.search_settings, options.limit(space.search_settings)
        self.goals = goals = goals_of(search, space.default().train, space.outputs)
        meaningless = undefined(dataset, space.default().train)
        if problems := [
            UndefinedScore(NOWHERE, g.metric, meaningless[g.metric]) for g in goals if g.metric in meaningless
        ]:
            raise SqsError(problems)
        settings = label_settings(space.graph) if isinstance(space, Space) else [space.default().train]
        if unknown := [problem for train in settings for problem in unknown_classes(dataset, train)]:
            raise SqsError(list(dict.fromkeys(unknown)))
        executions = dataset.trainings(search.executions)
        self.callbacks = callbacks = UserCallbacks.of(options.callbacks)
        names = () if callbacks is None else callbacks.names
        known = Known.of(options.reuse, dataset.fingerprint, executions, goals, names, weights_digests(space))
        self.seed, self.sources = _seed(path, options, search.seed), sources
        algorithm: Algorithm = make_algorithm(space, search, goals, trials=limit, epochs=options.epochs, seed=self.seed)
        rule = Rule(search.stopping, goals[0])
        if isinstance(search.stopping, Asha):
            factor = search.stopping.factor
            algorithm = AshaAlgorithm(algorithm, space, rule.trainings, factor=factor, trials=limit)
        self.opened = opened(
            path,
            space,
            dataset,
            seed=self.seed,
            executions=executions,
            goals=goals,
            sources=sources,
            callbacks=names,
            remark=progress.remark,
        )
        notes, whole = self.opened.notes, path.absolute()
        plan = Plan(
            whole,
            self.seed,
            executions,
            target=search.target if options.target is None else options.target,
            trial_minutes=options.trial_minutes or search.trial_minutes,
            tensorboard=options.tensorboard,
            checkpoint_seconds=options.checkpoint_seconds,
            callbacks=callbacks,
        )
        view = View(
            goals,
            limit=limit,
            counted_by_algorithm=isinstance(search.stopping, Asha),
            hours=options.hours or search.hours,
            before=notes["elapsed"],
            workers=executor.capacity,
        )
        models = Models(whole, goals, options.keep)
        plan.prepare()
        if sources is not None:
            write_whole(path / "spec.sqs", sources.text)
        replay(self.opened, algorithm, view, rule)
        trials = self.opened.trials
        self.driver = Driver(
            self.opened.journal,
            algorithm,
            executor,
            view,
            plan,
            models,
            progress,
            known,
            Ending(stop_asked, executor.stop, progress.remark),
            space.choices,
            rule,
            next_number=max((trial.number for trial in trials), default=0) + 1,
            again=self.opened.running,
            first=deque(start_points(space, options, trials)),
        )

    def run(self) -> Result:
        """Runs the study and writes its results. Raises the same exceptions as `run_search`."""
        driver, progress = self.driver, self.progress
        progress.begin(f"space {self.space.name}, data {self.dataset.describe()}: {_listed(self.goals)}", driver.view)
        if self.space.choices:
            priors = any(choice.prior is not None for choice in self.space.choices)
            progress.remark(describe(self.space.search_settings, driver.view.limit, priors))
        loading = loading_own_layers(self.space.default()) if isinstance(self.space, Space) else None
        if loading is not None:
            progress.remark(loading)
        for line in classes_lines(self.dataset.classes):
            progress.remark(f"classes of {line}")
        for line in columns_lines(self.dataset.columns):
            progress.remark(line)
        for line in (*remarks(self.dataset, self.space.default().train), *copies(self.dataset)):
            progress.remark(line)
        if self.opened.trials:
            view = driver.view
            progress.remark(f"resuming {self.path} ({len(view.trials)} trials, {len(view.ranking)} completed)")
        try:
            driver.run()
            test = scores_on_test_set(driver, self.space, self.dataset)
        finally:
            progress.close()
        ended = driver.ending.reason or "there was nothing to do"
        if driver.ending.full is not None:
            raise driver.ending.full
        self.opened.journal.note(ended=ended, elapsed=driver.view.elapsed, limit=driver.view.limit)
        self._write(ended, test)
        self.opened.journal.release()
        return self._result(ended, test)

    def _write(self, ended: str, test: Mapping[str, float]) -> None:
        """Writes `best.json` and `trials.csv`, and removes files that no trial needs any more. Raises OSError."""
        driver, best = self.driver, self.driver.view.best
        trials = list(driver.view.trials.values())
        table = io.StringIO()
        notes = self.opened.journal.notes()
        bounds = notes.get("lower_bounds") or ()
        write_csv(table, trials, [choice.path for choice in self.space.choices], bounds)
        write_whole(self.path / "trials.csv", table.getvalue())
        if not driver.view.running and not any(trial.status == "running" for trial in trials):
            driver.plan.clear()
        if best is None:
            return
        more: dict[str, Any] = {
            "space": self.space.name,
            "data": self.dataset.describe(),
            "fingerprint": self.dataset.fingerprint,
            "seed": self.seed,
            "trials": len(trials),
            "ended": ended,
            "keras": notes.get("keras"),
            "backend": notes.get("backend"),
            **self._inputs(best),
            **described(self.dataset),
            "classes": self.dataset.classes,
            **({} if self.callbacks is None else {"callbacks": self.callbacks.names}),
            **(self.options.facts or {}),
        }
        if len(self.goals) > 1:
            more["front"] = [trial.number for trial in driver.view.front]
        write_whole(self.path / "best.json", best_json(best, self.goals, test, more, bounds))

    def _inputs(self, best: Trial) -> dict[str, Any]:
        """The inputs of a trial's model, with the shapes of samples and the bounds of whole numbers, without inputs of
        the space that it does not use."""
        used = architecture_of(self.opened.journal, self.space, best).inputs
        shapes = {name: self.space.inputs[name] for name in used}
        raw = {name: [len(columns.each)] for name, columns in self.dataset.encoded.items()}
        inputs = {name: raw.get(name, list(shape)) for name, shape in shapes.items()}
        return {"inputs": inputs, **input_facts({name: one for name, one in shapes.items() if name not in raw})}

    def _result(self, ended: str, test: Mapping[str, float]) -> Result:
        driver = self.driver
        trials = tuple(driver.view.trials.values())
        if driver.ending.hopeless:
            failures = driver.ending.failures
            folder = str(self.path)
            raise SqsError([SameFailure(NOWHERE, failures.count, failures.reason, failures.kind, folder)])
        if driver.view.best is None:
            if driver.ending.interrupted:
                raise KeyboardInterrupt
            if not trials:
                raise SqsError([NothingToTry(NOWHERE, ended)])
            diverged = all(trial.error == "diverged" for trial in trials)
            reasons = tuple((trial.number, trial.reason or "") for trial in trials)
            raise SqsError([NothingTrained(NOWHERE, reasons, diverged)])
        why = ended if driver.ending.interrupted else None
        return Result(
            self.space.name,
            self.goals,
            trials,
            self.path,
            ended,
            driver.view.elapsed,
            test,
            why,
            self.sources is not None and self.sources.allow_extern,
        )


def _seed(path: Path, options: SearchOptions, of_the_spec: int) -> int:
    """The requested seed, otherwise that of the study in the folder, otherwise that of the spec."""
    if options.seed is not None:
        return options.seed
    noted = recorded(path)
    return of_the_spec if noted is None else int(noted["seed"])


def _listed(goals: tuple[Goal, ...]) -> str:
    return ", ".join(map(str, goals))


def _cannot_write(path: Path, problem: OSError) -> SqsError:
    reason = problem.strerror or str(problem) or errno.errorcode.get(problem.errno or 0, "unknown")
    place = str(problem.filename or path)
    return SqsError([CannotWrite(NOWHERE, place, reason[0].lower() + reason[1:], kept=(path / FILE).exists())])
