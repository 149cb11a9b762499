"""`sqs.search`: from a spec and the name of some data to a finished study. The fastest checks come first."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.study.backend import import_quietly, prepare_backend
from sqsem_dsl.study.baselines import baseline_of
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.executors.default_workers import default_workers
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.progress.progress import Progress
from sqsem_dsl.study.results import Result
from sqsem_dsl.study.resume import check_same, comparable, recorded
from sqsem_dsl.study.spec_snapshot import Sources


def search(
    spec: str | os.PathLike[str],
    data: str | Sequence[str] | Dataset,
    directory: str | os.PathLike[str] | None = None,
    options: SearchOptions | None = None,
    *,
    workers: int | None = None,
    gpus: Sequence[int] | None = None,
    executor: Callable[[Dataset], Executor] | None = None,
    start_from: Sequence[str] = (),
    baselines: Sequence[str] = (),
    validation_data: str | Sequence[str] | None = None,
    test_data: str | Sequence[str] | None = None,
    fraction: float = 1.0,
    folds: int = 0,
    group: str | None = None,
    split: str = "random",
    gap: int = 0,
    windows: Windows | None = None,
    space: str | None = None,
    define: Mapping[str, str] | None = None,
    allow_extern: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Searches the space of a spec on data, in a folder. If the folder holds the same study, resumes it.

    `data` is a value of `--data`, or a `Dataset`. The default folder is the spec's name with `-search`. Trials run in
    `workers` processes of this machine: 0 means this process, None as many as cores, memory and the trials allow. The
    GPUs `gpus` are divided among them. `executor` can run them elsewhere. `start_from` names points to start with
    (`study.warm_start`), `baselines` networks of other specs that are trained first, for comparison
    (`study.baselines`). If `data` is not a `Dataset`, a `fraction` of the data may be used, and each trial may be
    trained once for each of so many `folds`. Then `validation_data` and `test_data` name the sources of these sets,
    `group` is the column whose equal values stay in one set, and `split` is `random`, `ordered` (with `gap` unused
    samples between sets), or the path of a table of sets by id (docs/data.md). `windows` makes windows over the rows
    of a table samples.

    Raises SqsError for any error in the spec, the data or the search, before training starts if possible, and
    KeyboardInterrupt if the search is interrupted before its first trial has finished.
    """
    compilation = Compilation.from_file(Path(spec), space=space, define=define, allow_extern=allow_extern)
    searched = compilation.space
    searched.check_outputs()
    folder = Path(directory or f"{Path(spec).stem}-search")
    options = options or SearchOptions()
    if options.seed is None:
        noted = recorded(folder)
        options = replace(options, seed=searched.search.seed if noted is None else noted["seed"])
    prepare_backend()
    compared = [baseline_of(text, searched, allow_extern) for text in baselines]
    if not isinstance(data, Dataset):
        from sqsem_dsl.data.load import load_data

        assert options.seed is not None
        splitting = Splitting(options.seed, fraction, folds, group, split, gap)
        sets = {"validation": validation_data, "test": test_data}
        data = load_data(
            data, searched.inputs, searched.outputs, splitting, **sets, windows=windows, allow_extern=allow_extern
        )
    if executor is None and workers is None:
        found = default_workers(searched, data, options.limit(searched.search), gpus)
        workers = found.count
        if progress is not None:
            progress.remark(str(found))
    running = executor(data) if executor is not None else _here(data, workers or 0, gpus)
    try:
        from sqsem_dsl.study.search import run_search
        from sqsem_dsl.study.train_baseline import train_baseline
        from sqsem_dsl.study.warm_start import start_points

        points = tuple(architecture.choices for architecture in start_points(searched, tuple(start_from)))
        options = replace(options, start_from=(*options.start_from, *points))
        sources = Sources.of(compilation)
        noted = recorded(folder)
        if noted is not None and compared:  # Errors that are found below must be found before a baseline is trained.
            executions = data.trainings(searched.search.executions)
            check_same(folder, noted, comparable(data, options.seed, executions))
        for baseline in compared:
            train_baseline(baseline, data, folder, running, options, progress)
        return run_search(searched, data, folder, running, options, sources=sources, progress=progress)
    finally:
        running.close()


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
