"""How good the networks are that a search finds in some time, on the tasks of search_quality.py.

    python benchmarks/wall_time.py [--tasks digits cancer] [--seeds 20]

The searches are the stored ones. A trial takes the seconds of its network's training (training_seconds.py), in
proportion to the epochs that it trains, and those of its proposal (proposal_seconds.py): the time of a search that
makes one trial after the other on one idle processor. All systems are paid by the same seconds. Time is counted in
trainings of mean length, so that tasks can be compared.

`bayesian per second` is the experiment of cost_aware.py; its searches that are missing in a task's file are run and
added. The script prints the tables of docs/algorithms.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, hypot, log
from statistics import mean

import numpy as np
from algorithms import error, markdown, spread
from cost_aware import per_second_search
from proposal_seconds import PER_SECOND, endless, stored
from search_quality import AFTER, DEFAULT, SEARCHED, SYSTEMS, System
from searches import SLOW, THEIRS, Searches, keep, kept, of
from tasks import EPOCHS, TASKS, Step, Table, read_table
from training_seconds import seconds_of

MOST = AFTER[-1]
"""The time of a search, in mean trainings."""
PARTS = 10
"""Moments in the time of a mean training at which the best score is read."""
RESAMPLED = 1_000
"""Random samples of seeds, for intervals."""
ALL: tuple[System, ...] = (DEFAULT, PER_SECOND, *SYSTEMS[1:])


@dataclass(frozen=True)
class Timed:
    """The searches of all systems on one task, over time."""

    table: Table
    unit: float
    """The seconds of a mean training."""
    curves: dict[System, list[list[float]]]
    """For each search, the best score so far after each of `PARTS` parts of a mean training."""

    def ends(self, n: int) -> dict[System, list[float]]:
        """The best score of each search after the time of n mean trainings, or at its end."""
        at = n * PARTS - 1
        return {
            system: [curve[min(at, len(curve) - 1)] for curve in several] for system, several in self.curves.items()
        }

    def loss(self, scores: Sequence[float]) -> float:
        """The mean; less is better."""
        return self.table.task.goal.sign * mean(scores)


def timed(table: Table, searches: Searches) -> Timed:
    seconds = seconds_of(table)
    proposals = stored()
    unit = mean(seconds)
    curves: dict[System, list[list[float]]] = {}
    for system in ALL:
        several = of(searches, *system)
        if len(several) > 1:
            own = proposals[table.task.name, system]
            times = [moments(steps, seconds, own) for steps in several]
            # A search of 50 trainings says nothing of the time after its end; others ended because nothing was left.
            most = min(MOST, *(each[-1] / unit for each in times)) if system == SLOW else MOST
            curves[system] = [
                over_time(table, steps, [each / unit for each in moment], most)
                for steps, moment in zip(several, times, strict=True)
            ]
    return Timed(table, unit, curves)


def moments(steps: Sequence[Step], seconds: Sequence[float], proposals: Sequence[float]) -> list[float]:
    """The time at the end of each trial."""
    found, now = [], 0.0
    for step, proposal in zip(steps, endless(list(proposals)), strict=False):
        now += proposal + seconds[step.number] * (step.last - step.first) / EPOCHS
        found.append(now)
    return found


def over_time(table: Table, steps: Sequence[Step], ends: Sequence[float], most: float) -> list[float]:
    """The best score at each moment until `most`; the worst there is before the end of the first trial. Times are in
    mean trainings."""
    found, best, at = [], table.task.worst, 0
    for part in range(1, int(most * PARTS) + 1):
        while at < len(steps) and ends[at] <= part / PARTS:
            best = table.task.best((best, table.score(steps[at])))
            at += 1
        found.append(best)
    return found


# ---- the tables of the page


def facts_rows(tasks: Sequence[Timed]) -> Iterator[list[str]]:
    """By task: the seconds of a training, and by system those of a proposal, on average over the first 50 trials."""
    proposals = stored()
    for each in tasks:
        name, seconds = each.table.task.name, seconds_of(each.table)
        own = [mean(s for s, _ in zip(endless(proposals[name, system]), range(50), strict=False)) for system in ALL]
        spans = f"{each.unit:.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
        yield [name, spans, *(f"{seconds:.3f}" for seconds in own)]


def best_rows(each: Timed) -> Iterator[list[str]]:
    """By system: the best score after each time of AFTER."""
    for system, several in each.curves.items():
        ends = [[curve[n * PARTS - 1] for curve in several if n * PARTS <= len(curve)] for n in AFTER]
        yield [*system, *(spread(scores) if scores else "" for scores in ends)]


def needed_rows(tasks: Sequence[Timed]) -> Iterator[list[str]]:
    """By system: for each task the time until its mean reaches the last mean of KerasTuner's best tuner, in mean
    trainings; and the ratio to the time of the first of KerasTuner's tuners that reaches it, as a geometric mean. A
    system that does not reach it counts as if it did in the end."""
    for system in ALL:
        if not all(system in each.curves for each in tasks):
            continue
        own = [reached(each, system, target(each)[1]) for each in tasks]
        ratios = [
            (time or len(each.curves[system][0]) / PARTS) / first
            for time, (each, first) in zip(own, firsts(tasks), strict=True)
        ]
        cells = ["> " + str(MOST) if time is None else f"{time:.1f}" for time in own]
        yield [*system, *cells, f"{'> ' if None in own else ''}{exp(mean(map(log, ratios))):.2f}"]


def firsts(tasks: Sequence[Timed]) -> Iterator[tuple[Timed, float]]:
    """For each task, when the first of KerasTuner's tuners reaches the target."""
    for each in tasks:
        times = [reached(each, system, target(each)[1]) for system in each.curves if system[0] == THEIRS]
        yield each, min(time for time in times if time is not None)


def target(each: Timed) -> tuple[System, float]:
    """KerasTuner's tuner with the best mean at the end, and this mean."""
    ends = {system: scores for system, scores in each.ends(MOST).items() if system[0] == THEIRS}
    best = min(ends, key=lambda system: each.loss(ends[system]))
    return best, mean(ends[best])


def reached(each: Timed, system: System, score: float) -> float | None:
    """The time at which the mean of the searches is as good as this, in mean trainings; None if it never is."""
    sign = each.table.task.goal.sign
    for part, scores in enumerate(zip(*each.curves[system], strict=True), 1):
        if sign * mean(scores) <= sign * score + 1e-12:
            return part / PARTS
    return None


def per_second_rows(tasks: Sequence[Timed]) -> Iterator[list[str]]:
    """By task: by how much `bayesian per second` is better than `bayesian`, with the standard error of the difference;
    the ratio of their times until the last mean of KerasTuner's best tuner; and an interval of this ratio. The last
    line has the geometric mean of the ratios."""
    every = []
    for each in tasks:
        cells = []
        for n in AFTER:
            ends = each.ends(n)
            lead = each.loss(ends[DEFAULT]) - each.loss(ends[PER_SECOND])
            cells.append(f"{lead:+.4f} ± {hypot(error(ends[DEFAULT]), error(ends[PER_SECOND])):.4f}")
        every.append(log_ratios(each))
        yield [each.table.task.name, *cells, *_ratio(every[-1])]
    yield ["all tasks", *("" for _ in AFTER), *_ratio(np.mean(every, axis=0))]


def log_ratios(each: Timed) -> np.ndarray:
    """The logarithm of the ratio of times to the target, per second to plain: for the searches, and for `RESAMPLED`
    random samples of their seeds. Both start with the same trials, so the samples have the same seeds."""
    random = np.random.default_rng(0)
    sign, (_, score) = each.table.task.goal.sign, target(each)
    losses = [sign * np.array(each.curves[system]) for system in (PER_SECOND, DEFAULT)]
    seeds = len(losses[0])
    samples = [np.arange(seeds), *(random.integers(seeds, size=seeds) for _ in range(RESAMPLED))]
    times = [[_first(loss[sample].mean(axis=0) <= sign * score + 1e-12) for loss in losses] for sample in samples]
    return np.array([log(aware / plain) for aware, plain in times])


def _first(reached: np.ndarray) -> int:
    """The number of the first moment that is true; of the last if none is."""
    return int(reached.argmax()) + 1 if reached.any() else len(reached)


def _ratio(logs: np.ndarray) -> tuple[str, str]:
    """The ratio of all searches, and the middle 95 % of those of the samples."""
    own, (low, high) = exp(logs[0]), np.exp(np.quantile(logs[1:], [0.025, 0.975]))
    return f"{own:.2f}", f"{low:.2f} to {high:.2f}"


def report(tables: Sequence[Table], searches: Sequence[Searches]) -> list[str]:
    """The tables of the page."""
    tasks = [timed(table, kept_ones) for table, kept_ones in zip(tables, searches, strict=True)]
    after = [f"after {n}" for n in AFTER]
    names = []
    for each in tasks:
        (_, algorithm), score = target(each)
        names.append(f"{each.table.task.name}: {score:.4f} ({algorithm})")
    systems = [" ".join(system) for system in ALL]
    return [
        markdown(("", "training", *systems), facts_rows(tasks)),
        markdown(("", "algorithm", *names, "ratio"), needed_rows(tasks)),
        markdown(("", *after, "ratio of times", "95 % interval"), per_second_rows(tasks)),
        *(markdown((f"{each.table.task.name}, over time", "algorithm", *after), best_rows(each)) for each in tasks),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare searches over time.")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=SEARCHED)
    parser.add_argument("--seeds", type=int, default=20, help="searches per second (default: 20)")
    arguments = parser.parse_args()
    tables = [read_table(TASKS[name]) for name in arguments.tasks]
    for table in tables:
        seconds = seconds_of(table)
        for seed in range(arguments.seeds):
            key = (*PER_SECOND, seed)
            if key not in kept(table.task):
                print(table.task.name, *key, flush=True)
                keep(table.task, {key: per_second_search(table, seconds, MOST, seed)})
    print(*report(tables, [kept(table.task) for table in tables]), sep="\n\n")


if __name__ == "__main__":
    main()
