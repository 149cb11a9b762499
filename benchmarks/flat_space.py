"""Uniform sampling from a flat list of hyperparameters, many of which have no effect most of the time.

    python benchmarks/flat_space.py [--draws 1000] [--seeds 20] [--ratio-each] [--keras-tuner]

The space is docs/squeezenet_flat.sqs, the case study's as its notebooks declare it, without the unused learning rate.
The compiler knows which choices each architecture reads, so the first figures are exact and hold for the whole space.
The measured figures are from uniform samples of all choices at once, as in random search; with `--keras-tuner`
KerasTuner's own RandomSearch samples the same list. `--ratio-each` gives each SE block its own ratio; in the notebooks
two blocks share one. Continuous choices and those of `train` are ignored: they make every trial different, but not its
architecture.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from math import expm1, log1p, prod
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sqsem_dsl  # noqa: E402
from sqsem_dsl.diagram.decision_diagram import EPSILON, Vertex  # noqa: E402
from sqsem_dsl.ir.choices import Categorical  # noqa: E402

SPEC = ROOT / "docs" / "squeezenet_flat.sqs"
DEAD = "  param learning_rate in [0.001, 0.0001]\n"
COUNTS = ("fire_module", "num_fire_2")
"""The choices that decide how many others have an effect."""
Options = tuple[tuple[int, int], ...]
"""Choices by number, each with the number of its option."""


def flat_space(ratio_each: bool = False) -> sqsem_dsl.Space:
    """The flat list as a space, without the choice that the compiler rejects."""
    text = SPEC.read_text(encoding="utf-8").replace(DEAD, "")
    if ratio_each:
        for pair in (2, 4, 6, 8):
            line = f"  param squeeze_ratio{pair} in [8, 16, 32]\n"
            text = text.replace(line, line + line.replace(str(pair), str(pair + 1), 1))
            text = re.sub(rf"(SE_skip{pair + 1},\s+squeeze_ratio){pair}", rf"\g<1>{pair + 1}", text)
    return sqsem_dsl.loads(text)


def sizes(space: sqsem_dsl.Space) -> dict[int, int]:
    """The choices that a flat list always samples, by number, with the sizes of their domains."""
    numbers = {choice.path: number for number, choice in enumerate(space.graph.choices)}
    return {
        numbers[choice.path]: len(choice.domain.values)
        for choice in space.choices
        if choice.section == "architecture" and isinstance(choice.domain, Categorical)
    }


# ---- exact


@dataclass(frozen=True)
class Group:
    """The architectures that read the same choices of the same sizes and agree in the choices of COUNTS."""

    counts: tuple[object, ...]
    likelihood: Fraction
    """Of each architecture."""
    alive: int
    """The choices read by each."""
    architectures: int

    @property
    def share(self) -> Fraction:
        """Of all samples."""
        return self.likelihood * self.architectures


def groups(space: sqsem_dsl.Space) -> list[Group]:
    """All architectures, by one pass over the decision diagram: the probability of each depends on the options that it
    reads."""
    diagram, size = space.shape_analysis.diagram, sizes(space)
    assert diagram is not None
    paths = [choice.path for choice in space.graph.choices]
    ways: dict[Vertex, Counter[tuple[int, int, Options]]] = {0: Counter({(1, 0, ()): 1})}
    """The ways to each vertex, by the product of the sizes met, the number of choices, and the options of COUNTS."""
    for vertex in range(diagram.size):
        for edge in diagram.out.get(vertex, ()):
            flat = edge.choice in size
            seen = ((edge.choice, edge.option),) if edge.choice != EPSILON and paths[edge.choice] in COUNTS else ()
            for (product, met, counts), number in ways[vertex].items():
                key = product * (size[edge.choice] if flat else 1), met + flat, counts + seen
                ways.setdefault(edge.target, Counter())[key] += number
    ends = sum((ways[end] for end in diagram.ends), Counter[tuple[int, int, Options]]())
    return [
        Group(tuple(_value(space, *options) for options in counts), Fraction(1, product), met, number)
        for (product, met, counts), number in ends.items()
    ]


def _value(space: sqsem_dsl.Space, choice: int, option: int) -> object:
    domain = space.graph.choices[choice].domain
    assert isinstance(domain, Categorical)
    return domain.values[option]


def different(found: list[Group], draws: int) -> float:
    """The mean number of different architectures among so many samples."""
    return sum(g.architectures * -expm1(draws * log1p(-float(g.likelihood))) for g in found)


# ---- sampled


def uniform(space: sqsem_dsl.Space, draws: int, seed: int) -> Iterator[Mapping[int, int]]:
    """Points of the flat list."""
    generator, size = random.Random(seed), sizes(space)
    for _ in range(draws):
        yield {choice: generator.randrange(n) for choice, n in size.items()}


def by_keras_tuner(space: sqsem_dsl.Space, draws: int, seed: int) -> Iterator[Mapping[int, int]]:
    """The trials that RandomSearch proposes for the flat list; nothing is built or trained."""
    import keras_tuner

    flat = keras_tuner.HyperParameters()
    for choice, n in sizes(space).items():
        flat.Int(str(choice), 0, n - 1)
    oracle = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective("score", "max"), max_trials=draws, seed=seed, hyperparameters=flat
    )
    with tempfile.TemporaryDirectory() as directory:
        oracle._set_project_dir(directory, "flat")
        for _ in range(draws):
            trial = oracle.create_trial("one")
            if trial.hyperparameters is None or trial.status == "STOPPED":
                return
            yield {int(choice): option for choice, option in trial.hyperparameters.values.items()}
            oracle.update_trial(trial.trial_id, {"score": 0.0})
            trial.status = "COMPLETED"
            with redirect_stdout(StringIO()):
                oracle.end_trial(trial)


def read(space: sqsem_dsl.Space, point: Mapping[int, int]) -> Options:
    """The options of a point that its architecture reads; no two architectures have the same."""
    diagram, vertex, found = space.shape_analysis.diagram, 0, []
    assert diagram is not None
    while edges := diagram.out.get(vertex):
        edge = next(edge for edge in edges if point.get(edge.choice, 0) == edge.option)
        if edge.choice in point:
            found.append((edge.choice, edge.option))
        vertex = edge.target
    return tuple(found)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure draws from a flat list of hyperparameters.")
    parser.add_argument("--draws", type=int, default=1_000, help="draws of one search (default: 1000)")
    parser.add_argument("--seeds", type=int, default=20, help="searches (default: 20)")
    parser.add_argument("--ratio-each", action="store_true", help="a ratio for each SE block, not one for a pair")
    parser.add_argument("--keras-tuner", action="store_true", help="let KerasTuner's RandomSearch draw")
    arguments = parser.parse_args()
    space = flat_space(arguments.ratio_each)
    size, found = sizes(space), groups(space)
    points, count = prod(size.values()), sum(group.architectures for group in found)
    alive = sum(group.share * group.alive for group in found)
    print(f"{len(size)} choices, {points:,} points, {count:,} architectures: {points / count:.1f} to 1")
    print(f"alive on average in a draw: {float(alive):g} of {len(size)}")
    print(f"{', '.join(COUNTS)}: share of the draws, architectures, share of the space")
    for counts in sorted({group.counts for group in found}):
        inside = [group for group in found if group.counts == counts]
        here = sum(group.architectures for group in inside)
        share = float(sum(group.share for group in inside))
        print(f"  {counts}: {share:8.2%} {here:14,} {here / count:12.5%}")
    repeats = arguments.draws - different(found, arguments.draws)
    print(f"repeats among {arguments.draws:,} draws, on average: {repeats:.1f}")

    draw = by_keras_tuner if arguments.keras_tuner else uniform
    measured: list[int] = []
    living: list[int] = []
    for seed in range(arguments.seeds):
        sampled = [read(space, point) for point in draw(space, arguments.draws, seed)]
        measured.append(len(sampled) - len(set(sampled)))
        living += map(len, sampled)
    who = "RandomSearch" if arguments.keras_tuner else "sampled"
    low, high = min(measured), max(measured)
    print(f"{who}, {arguments.seeds} times: {statistics.mean(measured):.1f} repeats ({low} to {high}), ", end="")
    print(f"{statistics.mean(living):.2f} choices alive")


if __name__ == "__main__":
    main()
