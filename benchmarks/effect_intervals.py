"""Whether the 95 % intervals of a report contain the truth, and how often a true difference is seen.

Studies are made up: random architectures of a spec, with scores of a known truth (half of the choices matter, four
pairs of them interact) and noise of 0.02. The truth of an option is the mean score of the whole space with it minus the
mean with the plain option. Kinds of truth: `several` effects as above, `two strong` ones in addition, `nothing`.

- `coverage`: the share of intervals that contain the truth; it should be 0.95.
- `seen`: of the true differences above 0.02, the share whose interval lies on the right side of 0.
- `wrong side`: of all, the share whose interval lies on the wrong side of 0.
- `error`: root mean square of the estimate's error.

Methods: the mixed model of reports, plain means (Welch), least squares, Bayesian ridge regression, and with `--trees` a
bootstrap of boosted trees (slow). With `--evolution` a search proposes the trials.

    python benchmarks/effect_intervals.py [--studies 40] [--evolution] [--trees]
"""

from __future__ import annotations

import argparse
import math
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import Assignment, Choice, encode_choices
from sqsem_dsl.operators.row import Value
from sqsem_dsl.report.statistics.boosted_trees import Forest
from sqsem_dsl.report.statistics.design import Design, Factor, factor_of
from sqsem_dsl.report.statistics.effects import MIN_TRIALS, Effects, pools
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree, value_at

SPECS = Path(__file__).resolve().parents[1] / "specs"
SPACES = ("face_multi", "squeezenet_se_multi")
TRIALS = (30, 60, 100)
KINDS = ("several", "two strong", "nothing")
POPULATION = 10_000
NOISE = 0.02
LARGE = 0.02

Key = tuple[str, int]
"""A path and the position of an option."""
Found = Mapping[Key, tuple[float, float, float]]
"""The estimate and the ends of its interval."""
Method = Callable[[Sequence[Factor], np.ndarray], Found]


@dataclass
class Space:
    """A space and many random architectures of it; each choice is sampled uniformly when it is reached."""

    choices: Sequence[Choice]
    tree: ChoiceTree
    factors: list[Factor]

    @classmethod
    def of(cls, name: str) -> Space:
        space = sqs.load(SPECS / f"{name}.sqs")
        made = cls(space.choices, ChoiceTree(space.choices), [])
        position = random.Random(1).random
        made.factors = made.table([made.tree.draw(position) for _ in range(POPULATION)])
        return made

    def table(self, assignments: Sequence[Assignment]) -> list[Factor]:
        rows = [encode_choices(self.choices, each) for each in assignments]
        return [factor_of(choice, rows) for choice in self.choices]

    def mutated(self, parent: Assignment, draw: random.Random) -> Assignment:
        """The parent with one choice sampled again, and the choices that this activates."""
        changed, made = draw.choice(list(parent)), dict[str, Value]()
        for choice in self.tree:
            if self.tree.is_active(choice, made):
                again = choice.path == changed or choice.path not in parent
                made[choice.path] = value_at(choice.domain, draw.random()) if again else parent[choice.path]
        return made


class Truth:
    """Scores without noise: the effects of options and of pairs of options."""

    def __init__(self, factors: Sequence[Factor], kind: str, generator: np.random.Generator) -> None:
        self.alone: dict[str, np.ndarray] = {}
        self.bends: dict[str, tuple[float, float]] = {}
        self.pairs: list[tuple[str, str, np.ndarray]] = []
        if kind == "nothing":
            return
        for at, factor in enumerate(factors):
            if kind == "two strong" and at in (0, 2):
                self.alone[factor.path] = 0.1 * np.arange(len(factor.options))
            elif generator.random() < 0.5:
                if factor.place is not None:
                    self.bends[factor.path] = (generator.normal(0, 0.02), generator.normal(0, 0.02))
                else:
                    self.alone[factor.path] = generator.normal(0, 0.03, len(factor.options))
        often = [factor for factor in factors if factor.exists.mean() > 0.3]
        for _ in range(4):
            a, b = (often[at] for at in generator.choice(len(often), 2, replace=False))
            self.pairs.append((a.path, b.path, generator.normal(0, 0.04, (len(a.options), len(b.options)))))

    def __call__(self, factors: Sequence[Factor]) -> np.ndarray:
        """[architectures]"""
        known = {factor.path: factor for factor in factors}
        scores = np.zeros(len(factors[0].selected))
        for path, added in self.alone.items():
            scores += np.where(known[path].exists, added[known[path].selected], 0.0)
        for path, (line, bend) in self.bends.items():
            scores += line * known[path].place + bend * known[path].place ** 2
        for one, other, added in self.pairs:
            a, b = known[one], known[other]
            scores += np.where(a.exists & b.exists, added[a.selected, b.selected], 0.0)
        return scores


RandomSearch = tuple[list[Factor], np.ndarray]


def at_random(space: Space, truth: Truth, trials: int, generator: np.random.Generator) -> RandomSearch:
    picked = generator.choice(POPULATION, trials, replace=False)
    factors = [
        replace(f, selected=f.selected[picked], place=None if f.place is None else f.place[picked])
        for f in space.factors
    ]
    return factors, truth(factors) + generator.normal(0, NOISE, trials)


def by_evolution(space: Space, truth: Truth, trials: int, generator: np.random.Generator) -> RandomSearch:
    """The best of 4 out of the last 16 gets one choice changed; the first 16 are random."""
    draw = random.Random(int(generator.integers(2**32)))
    tried: list[Assignment] = []
    scores: list[float] = []
    for number in range(trials):
        if number < 16:
            values = space.tree.draw(draw.random)
        else:
            best = max(draw.sample(range(number - 16, number), 4), key=lambda at: scores[at])
            values = space.mutated(tried[best], draw)
        tried.append(values)
        scores.append(float(truth(space.table([values]))[0] + generator.normal(0, NOISE)))
    return space.table(tried), np.array(scores)


def true_differences(factors: Sequence[Factor], scores: np.ndarray) -> dict[Key, float]:
    return {
        (factor.path, option): float(
            scores[factor.selected == option].mean() - scores[factor.selected == against].mean()
        )
        for factor in factors
        for against in [factor.plain_option]
        for option in range(len(factor.options))
        if option != against
    }


# ---- methods


def estimated_options(factor: Factor) -> list[int]:
    """The options with enough trials."""
    counts, against = factor.counts(), factor.plain_option
    if counts[against] < MIN_TRIALS:
        return []
    return [option for option, count in enumerate(counts) if option != against and count >= MIN_TRIALS]


def mixed(factors: Sequence[Factor], scores: np.ndarray) -> Found:
    effects = Effects(Design((), scores, 1.0, tuple(factors), np.zeros((len(scores), 0))))
    return {
        (factor.path, factor.options.index(effect.option)): (effect.difference, effect.low, effect.high)
        for factor in factors
        for effect in effects.of(factor)
        if effect.difference is not None
    }


def means(factors: Sequence[Factor], scores: np.ndarray) -> Found:
    found = {}
    for factor in factors:
        without = scores[factor.selected == factor.plain_option]
        for option in estimated_options(factor):
            with_it = scores[factor.selected == option]
            ends = stats.ttest_ind(with_it, without, equal_var=False).confidence_interval()
            found[factor.path, option] = (with_it.mean() - without.mean(), ends.low, ends.high)
    return found


def least_squares(factors: Sequence[Factor], scores: np.ndarray) -> Found:
    columns, where = [np.ones(len(scores))], {}
    for factor in factors:
        for option, count in enumerate(factor.counts()):
            if option != factor.plain_option and count:
                where[factor.path, option] = len(columns)
                columns.append(factor.indicator(option))
    table = np.stack(columns, axis=1)
    freedom = len(scores) - np.linalg.matrix_rank(table)
    if freedom < 5:
        return {}
    inverse = np.linalg.pinv(table.T @ table)
    added = inverse @ table.T @ scores
    left = scores - table @ added
    scale, reach = left @ left / freedom, stats.t.ppf(0.975, freedom)
    found = {}
    for factor in factors:
        for option in estimated_options(factor):
            at = where[factor.path, option]
            half = reach * math.sqrt(scale * inverse[at, at])
            found[factor.path, option] = (added[at], added[at] - half, added[at] + half)
    return found


def bayesian_ridge(factors: Sequence[Factor], scores: np.ndarray) -> Found:
    from sklearn.linear_model import BayesianRidge

    varying = [factor for factor in factors if factor.varies]
    blocks = [factor.columns() for factor in varying]
    scale = float(scores.std())
    model = BayesianRidge(max_iter=1000).fit(np.concatenate(blocks, axis=1), (scores - scores.mean()) / scale)
    found, start = {}, 0
    for factor, block in zip(varying, blocks, strict=True):
        for option in estimated_options(factor):
            weights = np.zeros(len(model.coef_))
            own = block[factor.selected == option].mean(axis=0) - block[factor.selected == factor.plain_option].mean(
                axis=0
            )
            weights[start : start + block.shape[1]] = own
            added = float(weights @ model.coef_) * scale
            half = 1.96 * math.sqrt(weights @ model.sigma_ @ weights) * scale
            found[factor.path, option] = (added, added - half, added + half)
        start += block.shape[1]
    return found


def boosted_trees(factors: Sequence[Factor], scores: np.ndarray, times: int = 40) -> Found:
    """Partial dependence of trees fitted to bootstrap samples of the trials; ends are quantiles."""
    whole = Forest(Design((), scores, 1.0, tuple(factors), np.zeros((len(scores), 0))))
    varying, table = whole.design.varying, whole.table
    generator = np.random.default_rng(0)
    differences: dict[Key, list[float]] = {}
    for _ in range(times):
        rows = generator.integers(0, len(scores), len(scores))
        model = whole.grown(table[rows], scores[rows])
        for at, factor in enumerate(varying):
            levels = {option: _level(factor, option) for option in {factor.plain_option, *estimated_options(factor)}}
            mean = {}
            for option, level in levels.items():
                changed = table[factor.exists].copy()
                changed[:, at] = level
                mean[option] = float(model.predict(changed).mean())
            for option in estimated_options(factor):
                differences.setdefault((factor.path, option), []).append(mean[option] - mean[factor.plain_option])
    return {key: (np.mean(each), *np.quantile(each, (0.025, 0.975))) for key, each in differences.items()}


def _level(factor: Factor, option: int) -> float:
    return float(option) if factor.place is None else float(factor.place[factor.selected == option].mean())


# ---- the table


@dataclass
class Counted:
    """The results of a method's intervals."""

    held: list[bool]
    seen: list[bool]
    wrong: list[bool]
    errors: list[float]

    def row(self) -> str:
        if not self.held:
            return "– | – | – | –"
        seen = f"{np.mean(self.seen):.2f}" if self.seen else "–"
        error = math.sqrt(np.mean(np.square(self.errors)))
        return f"{np.mean(self.held):.3f} | {seen} | {np.mean(self.wrong):.3f} | {error:.4f}"

    def add(self, true: float, found: tuple[float, float, float]) -> None:
        estimate, low, high = found
        self.held.append(low <= true <= high)
        self.errors.append(estimate - true)
        if abs(true) > LARGE:
            self.seen.append(low > 0 if true > 0 else high < 0)
        self.wrong.append((low > 0 and true < -0.001) or (high < 0 and true > 0.001))


def pooled(factors: Sequence[Factor], scores: np.ndarray, true: Mapping[Key, float], counted: Counted) -> None:
    """Counts the intervals of all places together; their truth is the mean with the same weights."""
    effects = Effects(Design((), scores, 1.0, tuple(factors), np.zeros((len(scores), 0))))
    for path, alike in pools(factors).items():
        for effect in effects.of_pool(path, alike):
            if effect.difference is None:
                continue
            option, against = alike[0].options.index(effect.option), alike[0].plain_option
            weights, values = [], []
            for factor in alike:
                counts = factor.counts()
                if counts[option] and counts[against]:
                    weights.append(counts[option] * counts[against] / (counts[option] + counts[against]))
                    values.append(true[factor.path, option])
            counted.add(float(np.average(values, weights=weights)), (effect.difference, effect.low, effect.high))


def main() -> None:
    parser = argparse.ArgumentParser(description="coverage and power of the intervals of reports")
    parser.add_argument("--studies", type=int, default=40, help="of each kind and number of trials")
    parser.add_argument("--evolution", action="store_true", help="trials of an evolution search, not random ones")
    parser.add_argument("--trees", action="store_true", help="a bootstrap of boosted trees too")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    methods: dict[str, Method] = {
        "mixed model": mixed,
        "plain means": means,
        "least squares": least_squares,
        "Bayesian ridge": bayesian_ridge,
    }
    if given.trees:
        methods["boosted trees"] = boosted_trees
    make = by_evolution if given.evolution else at_random
    print("| space | truth | trials | method | coverage | seen | wrong side | error |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, kind, trials in product(SPACES, KINDS, TRIALS):
        space = Space.of(name)
        generator = np.random.default_rng(1)
        rows = {method: Counted([], [], [], []) for method in (*methods, "mixed model, places together")}
        for _ in range(given.studies):
            truth = Truth(space.factors, kind, generator)
            true = true_differences(space.factors, truth(space.factors))
            factors, scores = make(space, truth, trials, generator)
            for method, find in methods.items():
                for key, found in find(factors, scores).items():
                    rows[method].add(true[key], found)
            pooled(factors, scores, true, rows["mixed model, places together"])
        for method, counted in rows.items():
            print(f"| {name} | {kind} | {trials} | {method} | {counted.row()} |", flush=True)


if __name__ == "__main__":
    main()
