"""The results of inherited_weights.py as tables; it needs no framework.

    python benchmarks/inherited_weights_table.py

A search has chosen, at any moment, the finished trial with the best score of its own. What it has found is measured
in two ways: by this score, and by the score of the chosen network when it is trained from scratch for 9 epochs. The
latter is looked up in the tables of make_table.py, whose seed no search used, and an arm that has not trained its
choice like that pays for these 9 epochs, too. The first is what a user sees; the second is comparable.

How much faster an arm is than `scratch 9`: the mean of the scores of `scratch 9` after half of its epochs and after
all is the target, and the ratio is between the epochs, or seconds, after which the mean of the searches of each first
reaches it. Intervals are percentiles (2.5 and 97.5) of 2,000 bootstrap samples of the seeds, the same for both arms;
`none` is an arm that does not reach the target in all that it pays for.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from statistics import fmean, stdev

import numpy as np
from inherited_weights import ARMS, FINAL, TRAININGS, Trial, stored
from scipy.stats import spearmanr
from tasks import EPOCHS, TASKS, Table, read_table

PAID = TRAININGS * EPOCHS
AFTER = (PAID // 4, PAID // 2, 3 * PAID // 4, PAID)
FIRST = "scratch 9"
SAMPLES = 2000


@dataclass(frozen=True)
class Search:
    """A search as what it had found after each of its trials. All scores are negated where more is better."""

    table: Table
    arm: str
    trials: list[Trial]

    @cached_property
    def own(self) -> list[float]:
        """The score of each trial."""
        goal = self.table.task.goal
        return [goal.sign * self.table.task.best(trial.scores) for trial in self.trials]

    @cached_property
    def chosen(self) -> list[int]:
        """After each trial, the position of the best one so far."""
        found = [0]
        for at in range(1, len(self.trials)):
            found.append(at if self.own[at] < self.own[found[-1]] else found[-1])
        return found

    @property
    def from_scratch(self) -> list[float]:
        """The score of the chosen network when it is trained from scratch, after each trial."""
        goal = self.table.task.goal
        return [goal.sign * self.table.scores[self.trials[at].number] for at in self.chosen]

    @property
    def best(self) -> list[float]:
        return [self.own[at] for at in self.chosen]

    def paid(self, seconds: str | None) -> list[float]:
        """After each trial, the epochs that were paid for, or the seconds: `all`, or those without `tracing`."""
        match seconds:
            case None:
                costs = [float(len(trial.scores)) for trial in self.trials]
            case "all":
                costs = [trial.tracing + trial.copying + trial.training for trial in self.trials]
            case _:
                costs = [trial.copying + trial.training for trial in self.trials]
        return list(np.cumsum(costs))

    def last(self, seconds: str | None) -> float:
        """The price of training the choice from scratch: 0 where each trial is trained so, otherwise that of a full
        training at the mean price of an epoch and of tracing in this search."""
        if self.arm == FIRST:
            return 0.0
        if seconds is None:
            return EPOCHS
        epochs = sum(len(trial.scores) for trial in self.trials)
        full = EPOCHS * sum(trial.training for trial in self.trials) / epochs
        return full + (fmean(trial.tracing for trial in self.trials) if seconds == "all" else 0.0)

    def curve(self, at: Sequence[float], how: str, seconds: str | None) -> list[float]:
        """What the search has found at these prices; infinity before anything."""
        values, late = (self.best, 0.0) if how == "own" else (self.from_scratch, self.last(seconds))
        paid = self.paid(seconds)
        return [values[done - 1] if (done := bisect_right(paid, price - late + 1e-9)) else inf for price in at]


Searches = dict[tuple[str, str], dict[str, list[Search]]]
"""By task and algorithm, those of each arm, by seed; only seeds for which all arms are done."""


def read() -> Searches:
    found: Searches = {}
    kept = stored()
    tables = {task: read_table(TASKS[task]) for task in dict.fromkeys(key[0] for key in kept)}
    for task, algorithm in dict.fromkeys(key[:2] for key in kept):
        arms = [arm for arm in ARMS if any(key[:3] == (task, algorithm, arm) for key in kept)]
        seeds = [n for n in range(1, 100) if all((task, algorithm, arm, n) in kept for arm in arms)]
        if len(seeds) > 1:
            found[task, algorithm] = {
                arm: [Search(tables[task], arm, kept[task, algorithm, arm, n]) for n in seeds] for arm in arms
            }
    return found


# ---- the tables


def found_rows(searches: Searches, how: str) -> Iterator[list[str]]:
    """What has been found after a quarter, half, three quarters and all of the epochs: the mean over the searches, and
    for other arms than the first by how much it is better, with the standard error of the paired difference."""
    for (task, algorithm), arms in searches.items():
        sign = TASKS[task].goal.sign
        first = np.array([one.curve(AFTER, how, None) for one in arms[FIRST]])
        for arm, several in arms.items():
            these = np.array([one.curve(AFTER, how, None) for one in several])
            cells = []
            for mine, theirs in zip(these.T, first.T, strict=True):
                cell = f"{sign * fmean(mine):.4f}"
                if arm != FIRST:
                    better = theirs - mine
                    cell += f" ({fmean(better):+.4f} ± {_error(better):.4f})"
                cells.append(cell)
            yield [task, algorithm, arm, *cells]


def speed_rows(searches: Searches, seconds: str | None) -> Iterator[list[str]]:
    """How much faster each arm reaches what the first has found after half of its epochs and after all."""
    for (task, algorithm), arms in searches.items():
        for arm, several in arms.items():
            if arm != FIRST:
                cells = [
                    _shown(*ratio(arms[FIRST], several, how, seconds, share)) for how in HOW for share in (0.5, 1.0)
                ]
                yield [task, algorithm, arm, *cells]


HOW = ("own", "from scratch")


def ratio(
    first: Sequence[Search], others: Sequence[Search], how: str, seconds: str | None, share: float
) -> tuple[float, float, float]:
    """The price at which the first searches reach their mean after a share of all epochs, divided by that of the
    others; 0 if these do not. With the limits of its interval."""
    prices = np.unique(
        np.concatenate(
            [np.array(one.paid(seconds)) + late for one in (*first, *others) for late in {0.0, one.last(seconds)}]
        )
    )
    mine = np.array([one.curve(prices, how, seconds) for one in first])
    theirs = np.array([one.curve(prices, how, seconds) for one in others])
    ends = np.array([one.curve([share * PAID], how, None)[0] for one in first])

    def of(sample: np.ndarray) -> float:
        target = ends[sample].mean() + 1e-9
        reached = [np.flatnonzero(each[sample].mean(0) <= target) for each in (mine, theirs)]
        return float(prices[reached[0][0]] / prices[reached[1][0]]) if len(reached[1]) else 0.0

    rng = np.random.default_rng(0)
    samples = [of(rng.integers(len(first), size=len(first))) for _ in range(SAMPLES)]
    low, high = np.percentile(samples, [2.5, 97.5])
    return of(np.arange(len(first))), float(low), float(high)


def _shown(value: float, low: float, high: float) -> str:
    point, least, most = (f"{number:.2f}" if number else "none" for number in (value, low, high))
    return f"{point} ({least} to {most})"


def rank_rows(searches: Searches) -> Iterator[list[str]]:
    """Spearman's correlation, within a search, of a trial's own score with the score of its network in the table, and
    with the number of the trial (positive where later ones are better): means over the searches and their standard
    errors. The last columns are medians over the trials with a parent: what was different, and the share of inherited
    weights."""
    for (task, algorithm), arms in searches.items():
        for arm, several in arms.items():
            scratch = [
                spearmanr(one.own, [TASKS[task].goal.sign * one.table.scores[t.number] for t in one.trials]).statistic
                for one in several
            ]
            later = [-spearmanr(one.own, range(len(one.own))).statistic for one in several]
            children = [trial for one in several for trial in one.trials if trial.parent]
            trials = fmean(len(one.trials) for one in several)
            cells = [f"{fmean(each):.2f} ± {_error(each):.2f}" for each in (scratch, later)]
            parents = (
                [f"{np.median([t.distance for t in children]):.0f}", f"{np.median([t.copied for t in children]):.2f}"]
                if children
                else ["", ""]
            )
            yield [task, algorithm, arm, f"{trials:.0f}", *cells, *parents]


def final_rows(searches: Searches) -> Iterator[list[str]]:
    """The networks that the searches chose in the end: their own score, and when trained from scratch the mean
    validation score and the mean score on the test set over new seeds."""
    with FINAL.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for (task, algorithm), arms in searches.items():
        sign = TASKS[task].goal.sign
        kept = {(int(line["number"]), int(line["seed"])): line for line in lines if line["task"] == task}
        ends: dict[str, np.ndarray] = {}
        for arm, several in arms.items():
            rows = []
            for one in several:
                at = one.chosen[-1]
                runs = [line for (number, _), line in kept.items() if number == one.trials[at].number]
                scores = [fmean(float(line[name]) for line in runs) for name in ("score", "test")]
                rows.append([sign * one.own[at], *scores])
            ends[arm] = np.array(rows)
            cells = [f"{fmean(column):.4f}" for column in ends[arm].T]
            if arm != FIRST:
                for at in (1, 2):
                    better = sign * (ends[FIRST][:, at] - ends[arm][:, at])
                    cells[at] += f" ({fmean(better):+.4f} ± {_error(better):.4f})"
            yield [task, algorithm, arm, *cells]


def second_rows(searches: Searches) -> Iterator[list[str]]:
    """Seconds per trial: tracing, copying weights, and training, as means."""
    for (task, algorithm), arms in searches.items():
        for arm, several in arms.items():
            trials = [trial for one in several for trial in one.trials]
            children = [trial for trial in trials if trial.parent]
            yield [
                *(task, algorithm, arm),
                f"{fmean(t.tracing for t in trials):.2f}",
                f"{fmean(t.copying for t in children):.4f}" if children else "",
                f"{fmean(t.training for t in trials):.2f}",
            ]


def _error(values: Sequence[float]) -> float:
    return stdev(map(float, values)) / len(values) ** 0.5


def show(title: str, head: Sequence[str], rows: Iterator[list[str]]) -> None:
    print(f"\n{title}\n")
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    searches = read()
    for (task, algorithm), arms in searches.items():
        print(f"{task} {algorithm}: {len(arms[FIRST])} seeds")
    three = ("task", "algorithm", "arm")
    after = [f"after {paid} epochs" for paid in AFTER]
    show("The best own score", [*three, *after], found_rows(searches, "own"))
    show("The chosen network trained from scratch", [*three, *after], found_rows(searches, "from scratch"))
    marks = [f"{how}, {share}" for how in HOW for share in ("half", "all")]
    show("How much faster than scratch 9, in epochs", [*three, *marks], speed_rows(searches, None))
    show("In seconds", [*three, *marks], speed_rows(searches, "all"))
    show("In seconds without tracing", [*three, *marks], speed_rows(searches, "training"))
    head = ("trials", "correlation with the table", "with the trial's number", "different choices", "inherited")
    show("Ranks", [*three, *head], rank_rows(searches))
    show("Seconds per trial", [*three, "tracing", "copying", "training"], second_rows(searches))
    if FINAL.exists():
        show("In the end", [*three, "own score", "from scratch", "test set"], final_rows(searches))


if __name__ == "__main__":
    main()
