"""The results of inherited_weights.py as tables; it needs no framework, but SciPy.

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from statistics import fmean, median, stdev

import numpy as np
from inherited_weights import ARMS, FINAL, LAST, LONGER, SECONDS, SHORT, TRAININGS, Trial, stored
from scipy.stats import spearmanr
from tasks import EPOCHS, TASKS, Table, read_table

PAID = TRAININGS * EPOCHS
AFTER = (PAID // 5, 2 * PAID // 5, 3 * PAID // 5, PAID)
FIRST = "scratch 9"
SAMPLES = 2000


@dataclass(frozen=True)
class Price:
    """What trials cost: a part that each trial pays, one for each epoch, and one for inheriting weights."""

    trial: float = 0.0
    epoch: float = 1.0
    copying: float = 0.0

    def of(self, epochs: int, inherits: bool) -> float:
        return self.trial + self.epoch * epochs + self.copying * inherits


IN_EPOCHS = Price()


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
        return [self.in_table[at] for at in self.chosen]

    @property
    def in_table(self) -> list[float]:
        """The score in the table of each trial's network."""
        return [self.table.task.goal.sign * self.table.scores[trial.number] for trial in self.trials]

    @property
    def best(self) -> list[float]:
        return [self.own[at] for at in self.chosen]

    def paid(self, price: Price) -> list[float]:
        """After each trial, what was paid for it and those before."""
        return list(np.cumsum([price.of(len(trial.scores), bool(trial.parent)) for trial in self.trials]))

    def late(self, how: str, price: Price) -> float:
        """The price of training the choice from scratch, unless each trial is trained so or `own` scores count."""
        return 0.0 if how == "own" or self.arm == FIRST else price.of(EPOCHS, inherits=False)

    def curve(self, at: Sequence[float], how: str, price: Price) -> list[float]:
        """What the search has found after so much was paid; infinity before anything."""
        values, late = self.best if how == "own" else self.from_scratch, self.late(how, price)
        paid = self.paid(price)
        return [values[done - 1] if (done := bisect_right(paid, one - late + 1e-9)) else inf for one in at]


Searches = dict[tuple[str, str], dict[str, list[Search]]]
"""By task and algorithm, those of each arm, by seed; only seeds for which all arms are done."""


def read() -> Searches:
    found: Searches = {}
    kept = stored()
    tables = {task: read_table(TASKS[task]) for task in dict.fromkeys(key[0] for key in kept)}
    for task, algorithm in dict.fromkeys(key[:2] for key in kept):
        arms = [arm for arm in ARMS if any(key[:3] == (task, algorithm, arm) for key in kept)]
        seeds = [n for n in range(1, 100) if all((task, algorithm, arm, n) in kept for arm in arms)]
        if len(seeds) > 7:
            found[task, algorithm] = {
                arm: [Search(tables[task], arm, kept[task, algorithm, arm, n]) for n in seeds] for arm in arms
            }
    return found


# ---- the tables


def found_rows(searches: Searches, how: str) -> Iterator[list[str]]:
    """What has been found after parts of the epochs: the mean over the searches, and for other arms than the first by
    how much it is better, with the standard error of the paired difference."""
    for (task, algorithm), arms in searches.items():
        sign = TASKS[task].goal.sign
        first = np.array([one.curve(AFTER, how, IN_EPOCHS) for one in arms[FIRST]])
        for arm, several in arms.items():
            these = np.array([one.curve(AFTER, how, IN_EPOCHS) for one in several])
            cells = []
            for mine, theirs in zip(these.T, first.T, strict=True):
                cell = f"{sign * fmean(mine):.4f}"
                if arm != FIRST:
                    better = theirs - mine
                    cell += f" ({fmean(better):+.4f} ± {_error(better):.4f})"
                cells.append(cell)
            yield [task, algorithm, arm, *cells]


def speed_rows(searches: Searches, prices: Mapping[str, Price]) -> Iterator[list[str]]:
    """How much faster each arm reaches what the first has found after half of its epochs and after all."""
    for (task, algorithm), arms in searches.items():
        for arm, several in arms.items():
            if arm != FIRST:
                marks = [(how, share) for how in HOW for share in (0.5, 1.0)]
                cells = [_shown(*ratio(arms[FIRST], several, how, prices[task], share)) for how, share in marks]
                yield [task, algorithm, arm, *cells]


HOW = ("own", "from scratch")


def ratio(
    first: Sequence[Search], others: Sequence[Search], how: str, price: Price, share: float
) -> tuple[float, float, float]:
    """The price at which the first searches reach their mean after a share of all epochs, divided by that of the
    others; 0 if these do not. With the limits of its interval."""
    at = np.unique([paid + one.late(how, price) for one in (*first, *others) for paid in one.paid(price)])
    mine = np.array([one.curve(at, how, price) for one in first])
    theirs = np.array([one.curve(at, how, price) for one in others])
    ends = np.array([one.curve([share * PAID], how, IN_EPOCHS)[0] for one in first])

    def of(sample: np.ndarray) -> float:
        target = ends[sample].mean() + 1e-9
        own, other = (np.flatnonzero(each[sample].mean(0) <= target) for each in (mine, theirs))
        return float(at[own[0]] / at[other[0]]) if len(other) else 0.0

    rng = np.random.default_rng(0)
    samples = [of(rng.integers(len(first), size=len(first))) for _ in range(SAMPLES)]
    low, high = np.percentile(samples, [2.5, 97.5])
    return of(np.arange(len(first))), float(low), float(high)


def _shown(value: float, low: float, high: float) -> str:
    point, least, most = (f"{number:.2f}" if number else "none" for number in (value, low, high))
    return f"{point} ({least} to {most})"


def measured() -> dict[str, Price]:
    """The seconds of trials by task."""
    found: dict[str, Price] = {}
    if SECONDS.exists():
        with SECONDS.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        for task in dict.fromkeys(line["task"] for line in lines):
            copying, short, full = (
                fmean(float(line[name]) for line in lines if line["task"] == task)
                for name in ("copying", "short", "full")
            )
            epoch = (full - short) / (EPOCHS - SHORT)
            found[task] = Price(full - EPOCHS * epoch, epoch, copying)
    return found


def rank_rows(searches: Searches) -> Iterator[list[str]]:
    """Spearman's correlation, within a search, of a trial's own score with the score of its network in the table, and
    with the number of the trial (positive where later ones are better): means over the searches and their standard
    errors. The last columns are over the trials with a parent: the median of different choices, and the mean share of
    inherited weights."""
    for (task, algorithm), arms in searches.items():
        for arm, several in arms.items():
            table = [_correlation(one.own, one.in_table) for one in several]
            later = [-_correlation(one.own, range(len(one.own))) for one in several]
            children = [trial for one in several for trial in one.trials if trial.parent]
            parents = ["", ""]
            if children:
                parents = [f"{median(t.distance for t in children):.0f}", f"{fmean(t.copied for t in children):.2f}"]
            trials = fmean(len(one.trials) for one in several)
            yield [task, algorithm, arm, f"{trials:.0f}", _mean(table), _mean(later), *parents]


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    return float(spearmanr(one, other).statistic)


def _mean(values: Sequence[float]) -> str:
    return f"{fmean(values):.2f} ± {_error(values):.2f}"


def final_rows(searches: Searches) -> Iterator[list[str]]:
    """The networks that the searches chose in the end: the own score of the trial, and means over new trainings from
    scratch, in validation and on the test set, with how much better than the first arm these are. The last column is
    the correlation of `rank_rows`."""
    runs: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with FINAL.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            scores = float(line["score"]), float(line["test"])
            runs.setdefault((line["task"], int(line["number"])), []).append(scores)
    for (task, algorithm), arms in searches.items():
        sign = TASKS[task].goal.sign
        first: list[tuple[float, float]] = []
        for arm, several in arms.items():
            chosen = [one.trials[one.chosen[-1]].number for one in several]
            ends = [(fmean(s for s, _ in runs[task, n]), fmean(t for _, t in runs[task, n])) for n in chosen]
            first = first or ends
            cells = [f"{sign * fmean(one.best[-1] for one in several):.4f}"]
            for mine, theirs in zip(zip(*ends, strict=True), zip(*first, strict=True), strict=True):
                better = [sign * (t - m) for m, t in zip(mine, theirs, strict=True)]
                more = "" if arm == FIRST else f" ({fmean(better):+.4f} ± {_error(better):.4f})"
                cells.append(f"{fmean(mine):.4f}{more}")
            ranks = _mean([_correlation(one.own, one.in_table) for one in several])
            yield [task, algorithm, arm, *cells, ranks]


def own_rows(searches: Searches) -> Iterator[list[str]]:
    """Own scores in the end, which are also those of weights that were trained longest: the mean over the searches; in
    brackets for how many epochs the best weights were trained, with those that they were inherited from, as a median.
    `longer` is the search of the first arm that stops earlier and trains its choice for the epochs that are left."""
    longer: dict[tuple[str, str], list[float]] = {}
    with LONGER.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            longer.setdefault((line["task"], line["algorithm"]), []).append(float(line["score"]))
    for (task, algorithm), arms in searches.items():
        cells = {"longer": f"{fmean(longer[task, algorithm]):.4f} ({EPOCHS * (1 + LAST)})"}
        for arm, several in arms.items():
            ages = [_age(one.trials, one.chosen[-1]) for one in several]
            own = TASKS[task].goal.sign * fmean(one.best[-1] for one in several)
            cells[arm] = f"{own:.4f} ({median(ages):.0f})"
        yield [task, algorithm, *(cells.get(arm, "") for arm in OWN[2:])]


OWN = ("task", "algorithm", "scratch 9", "longer", "inherited 3", "inherited 9")


def _age(trials: Sequence[Trial], at: int) -> int:
    """The epochs of a trial and of those that it has inherited from."""
    trial = trials[at]
    return len(trial.scores) + (_age(trials, trial.parent - 1) if trial.parent else 0)


def _error(values: Sequence[float]) -> float:
    return stdev(map(float, values)) / len(values) ** 0.5


def markdown(head: Sequence[str], rows: Iterator[list[str]]) -> str:
    lines = (f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
    return "\n".join(lines)


THREE = ("task", "algorithm", "arm")
ENDS = (*THREE, "best own score", "chosen network from scratch", "on the test set", "rank correlation")
SPEED = (*THREE, "own score, half", "own score, all", "from scratch, half", "from scratch, all")
RANKS = (*THREE, "trials", "correlation with the table", "with the trial's number", "choices", "share inherited")


def report() -> list[str]:
    """The tables of the page."""
    searches = read()
    by_epochs = dict.fromkeys(TASKS, IN_EPOCHS)
    return [
        markdown(ENDS, final_rows(searches)),
        markdown(SPEED, speed_rows(searches, by_epochs)),
        markdown(OWN, own_rows(searches)),
    ]


def main() -> None:
    searches, seconds = read(), measured()
    if FINAL.exists() and LONGER.exists():
        print("\n\n".join(report()))
    for (task, algorithm), arms in searches.items():
        print(f"\n{task} {algorithm}: {len(arms[FIRST])} seeds", end="")
    after = [f"after {paid} epochs" for paid in AFTER]
    for how in HOW:
        print(f"\n\n{how}\n\n" + markdown((*THREE, *after), found_rows(searches, how)))
    if seconds:
        for task, price in seconds.items():
            print(f"\nseconds, {task}: {price}")
        print("\n" + markdown(SPEED, speed_rows(searches, seconds)))
    print("\n" + markdown(RANKS, rank_rows(searches)))


if __name__ == "__main__":
    main()
