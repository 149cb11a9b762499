"""`sqs.search`: from a spec and data to a finished study. The fastest checks come first."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.backend import import_quietly, loading, prepare_backend
from sqsem_dsl.study.baselines import baseline_of
from sqsem_dsl.study.check_weights import check_weights
from sqsem_dsl.study.errors_arguments import BadArgument
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.executors.default_workers import default_workers
from sqsem_dsl.study.journal.disk_usage import LOGS
from sqsem_dsl.study.options import Keywords, SearchOptions, with_keywords
from sqsem_dsl.study.progress import progress_on
from sqsem_dsl.study.progress.hparams_log import HParamsLog
from sqsem_dsl.study.progress.progress import CompositeProgress, NullProgress, Progress
from sqsem_dsl.study.results import Result
from sqsem_dsl.study.resume import check_same, comparable, recorded
from sqsem_dsl.study.searched import searched_of
from sqsem_dsl.study.user_callbacks import UserCallbacks


def search(
    spec: Space | str | os.PathLike[str],
    data: Any = None,
    directory: str | os.PathLike[str] | None = None,
    options: SearchOptions | None = None,
    *,
    validation_data: Any = None,
    test_data: Any = None,
    sample_weight: Any = None,
    class_weight: Mapping[Any, Any] | None = None,
    progress: Progress | bool = True,
    workers: int | None = None,
    gpus: Sequence[int] | None = None,
    executor: Callable[[Dataset], Executor] | None = None,
    baselines: Sequence[str] = (),
    fraction: float = 1.0,
    folds: int = 0,
    group: Any = None,
    split: str | os.PathLike[str] = "random",
    gap: int = 0,
    windows: Windows | None = None,
    table: TableOptions | None = None,
    space: str | None = None,
    define: Mapping[str, object] | None = None,
    allow_extern: bool = False,
    **keywords: Unpack[Keywords],
) -> Result:
    """Searches a space on data, in a folder. If the folder holds the same study, resumes it.

    `spec` is a `Space`, the path of a spec, or its text; `space`, `define` and `allow_extern` are those of `load`.

    `data`, `validation_data` and `test_data` are values of `--data`, or objects in memory: `(x, y)`, a dict by the
    names of inputs and outputs, a data frame, batches of `tf.data`, Keras or PyTorch (`data.objects`). Sets that are
    not given are split off. `sample_weight` has a weight for each sample of `data`, or such an array by output;
    `class_weight` maps class numbers or names to weights, or outputs to such dicts. Of the data, a `fraction` may be
    used, and each trial may be trained once for each of so many `folds`. `group` is the column, or an array, whose
    equal values stay in one set, and `split` is `random`, `ordered` (with `gap` unused samples between sets), or the
    path of a table of sets by id (docs/data.md). `windows` makes windows over the rows of a table samples; `table`
    says how the columns of tables and frames are used.

    Every field of `SearchOptions` is a keyword (`trials=20, epochs=5, callbacks=[…]`) and overrides that of `options`.
    `start_from` also takes names of points to start with (`study.warm_start`); `baselines` names networks of other
    specs that are trained first, for comparison (`study.baselines`).

    The default folder is the spec's name with `-search`. Trials run in `workers` processes of this machine: 0 means
    this process, None as many as cores, memory and the trials allow. The GPUs `gpus` are divided among them. `executor`
    can run them elsewhere. `progress` shows the trials as they end: True, False, or an object with the methods of
    `Progress`.

    Raises SqsError with all problems of the arguments, the spec, the data or the search, before training starts if
    possible, and KeyboardInterrupt if the search is interrupted before its first trial has finished.
    """
    numbers = {"workers": workers, "fraction": fraction, "folds": folds, "gap": gap}
    options, points = with_keywords(options, keywords, numbers, tuple(signature(search).parameters)[:-1])
    workers, folds, gap = None if workers is None else int(workers), int(folds), int(gap)
    for name, value, kind, expected in (
        ("split", split, str | os.PathLike, "`random`, `ordered`, or the path of a file"),
        ("windows", windows, Windows | None, "a `Windows`"),
        ("table", table, TableOptions | None, "a `TableOptions`"),
    ):
        if not isinstance(value, kind):
            raise SqsError([BadArgument(NOWHERE, name, repr(value)[:60], expected)])
    if data is None:
        raise SqsError(
            [BadArgument(NOWHERE, "data", "missing", "`(x, y)`, a dict, a data frame or a text like `--data`")]
        )
    shown = _progress(progress)
    searched = searched_of(spec, space=space, define=define, allow_extern=allow_extern)
    searched.space.check_outputs()
    folder = _folder(directory, searched.folder)
    seed = options.seed
    if seed is None:
        noted = recorded(folder)
        seed = int(searched.space.search_settings.seed if noted is None else noted["seed"])
    options = replace(options, seed=seed, callbacks=UserCallbacks.of(options.callbacks))
    prepare_backend()
    compared = [baseline_of(text, searched.space, allow_extern) for text in baselines]
    only = options.start_from[0] if options.trials == len(options.start_from) == 1 and not points else None
    check_weights([searched.space if only is None else searched.space.at(only), *compared], shown.remark)
    if table is not None and table.to_plain():
        options = replace(options, facts={**(options.facts or {}), "table": table.to_plain()})
    dataset = load_given(
        data,
        searched.space.inputs,
        searched.space.outputs,
        Splitting(seed, fraction, folds, split=os.fspath(split), gap=gap),
        group=group,
        validation_data=validation_data,
        test_data=test_data,
        sample_weight=sample_weight,
        class_weight=class_weight,
        windows=windows,
        table=table,
        allow_extern=allow_extern,
    )
    if executor is None and workers is None:
        found = default_workers(searched.space, dataset, options.limit(searched.space.search_settings), gpus)
        workers = found.count
        shown.remark(str(found))
    if options.callbacks is not None and (executor is not None or workers):
        options.callbacks.check_portable()
    if executor is None and (said := loading(workers or 0)) is not None:
        shown.remark(said)
    running = executor(dataset) if executor is not None else _here(dataset, workers or 0, gpus)
    try:
        from sqsem_dsl.study.search import run_search
        from sqsem_dsl.study.train_baseline import train_baseline
        from sqsem_dsl.study.warm_start import start_points

        named = tuple(architecture.choices for architecture in start_points(searched.space, points))
        options = replace(options, start_from=(*options.start_from, *named))
        noted = recorded(folder)
        if noted is not None and compared:  # Errors that are found below must be found before a baseline is trained.
            executions = dataset.trainings(searched.space.search_settings.executions)
            check_same(folder, noted, comparable(dataset, seed, executions))
        for baseline in compared:
            train_baseline(baseline, dataset, folder, running, options, shown)
        if options.tensorboard:
            shown = CompositeProgress([shown, HParamsLog(folder / LOGS, searched.space.choices, shown.remark)])
        return run_search(searched.space, dataset, folder, running, options, sources=searched.sources, progress=shown)
    finally:
        running.close()


def _folder(directory: object, default: Path) -> Path:
    """The folder of the study. Raises SqsError if it is not a path, such as labels in its place."""
    if directory is None:
        return default
    if not isinstance(directory, str | os.PathLike):
        expected = "the path of a folder (data and labels are one argument, `(x, y)`)"
        raise SqsError([BadArgument(NOWHERE, "directory", f"of type `{type(directory).__name__}`", expected)])
    return Path(directory or default)


def _progress(given: Progress | bool | None) -> Progress:
    if given is True:
        return progress_on()
    return given or NullProgress()


def _here(dataset: Dataset, workers: int, gpus: Sequence[int] | None) -> Executor:
    """This machine. Its processes load their framework while the search prepares."""
    if workers == 0:
        from sqsem_dsl.study.executors.inline import Inline

        import_quietly()
        return Inline(dataset)
    from sqsem_dsl.study.executors.processes import Processes

    processes = Processes(dataset, workers, gpus=gpus)
    processes.start()
    return processes
