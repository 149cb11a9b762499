"""The tasks whose networks were all trained, and what the page on algorithms says of the searches on them."""

from __future__ import annotations

from math import exp, log
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

import sqsem_dsl
from sqsem_dsl.settings.search import Maximize, Minimize
from tests.docs.scripts import page, script

pytestmark = pytest.mark.slow

PAGE = page("algorithms.md")
# In this order: each imports the ones before it.
tasks, replay, searches, algorithms, quality = map(
    script, ("tasks", "replay", "searches", "algorithms", "search_quality")
)
TABLES = {name: tasks.read_table(tasks.TASKS[name]) for name in quality.SEARCHED}
KEPT = {name: searches.kept(tasks.TASKS[name]) for name in TABLES}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_table_holds_every_architecture_of_the_space(table: Any) -> None:
    space = table.space
    assert [entry.number for entry in table.entries] == list(range(space.count))
    assert len(table.numbers) == space.analysis.architectures.count
    for entry in table.entries[::20]:
        architecture = space.at(entry.number)
        assert (entry.id, entry.params, entry.macs) == (architecture.id, architecture.params, architecture.macs)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_objective_is_the_one_of_the_spec(table: Any) -> None:
    [objective], goal = table.space.search_settings.objectives, table.task.goal
    assert isinstance(objective, Maximize if goal.direction == "max" else Minimize)
    assert objective.metric == goal.metric


class Scripted:
    """Hyperparameters whose values are options by number; the defaults are the first ones."""

    def __init__(self, options: tuple[int, ...]) -> None:
        self.options, self.sizes = options, list[int]()

    def Choice(self, name: str, values: list[Any]) -> Any:  # noqa: N802
        at = len(self.sizes)
        self.sizes.append(len(values))
        return values[self.options[at] if at < len(self.options) else 0]

    def Int(self, name: str, low: int, high: int) -> Any:  # noqa: N802
        return self.Choice(name, list(range(low, high + 1)))

    def Boolean(self, name: str) -> Any:  # noqa: N802
        return self.Choice(name, [False, True])


def untrained(name: str) -> Any:
    """The table of a task, complete or not, without results."""
    task = tasks.TASKS[name]
    space = sqsem_dsl.load(task.spec)
    networks = [space.at(number) for number in range(space.count or 0)]
    entries = [tasks.Entry(number, each.id, each.params, each.macs, ()) for number, each in enumerate(networks)]
    return tasks.Table(task, space, tuple(entries))


@pytest.mark.parametrize("name", tasks.TASKS)
def test_the_space_by_hand_has_the_same_architectures(name: str) -> None:
    table = TABLES[name] if name in TABLES else untrained(name)
    found, left = [], [()]
    while left:
        options = left.pop()
        hp = Scripted(options)
        found.append(table.number_by_hand(hp))
        padded = options + (0,) * (len(hp.sizes) - len(options))
        left += [(*padded[:at], n) for at in range(len(options), len(padded)) for n in range(1, hp.sizes[at])]
    assert sorted(found) == list(range(table.space.count))


def test_the_vowels_are_sequences_with_zeros_at_the_end() -> None:
    pytest.importorskip("aeon")
    data = script("make_table").vowels()
    frames, speaker = data["frames"], data["speaker"]
    assert frames.shape == (640, 29, 12)
    assert sorted(set(speaker.tolist())) == list(range(9))
    lengths = (frames != 0).any(axis=2).sum(axis=1)
    assert (int(lengths.min()), int(lengths.max())) == (7, 29)
    assert all((frames[n, length:] == 0).all() for n, length in enumerate(lengths))


def test_a_table_that_is_not_complete_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tasks.TASKS["mnist"].table.read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr(tasks, "FOLDER", tmp_path)
    (tmp_path / "mnist_table.csv").write_text("\n".join(lines[:8]), encoding="utf-8")
    (tmp_path / "mnist_table.sqs").write_text(
        (Path(quality.__file__).parent / "mnist_table.sqs").read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises(
        SystemExit, match=r"7 of 432 networks: python benchmarks/make_table\.py mnist trains the others"
    ):
        tasks.read_table(tasks.TASKS["mnist"])


def test_the_page_says_what_the_searches_gave() -> None:
    parts = quality.report(list(TABLES.values()), list(KEPT.values()))
    assert [part for part in parts if part not in PAGE] == []


@pytest.mark.parametrize("name", TABLES)
def test_the_searches_of_all_systems_are_kept(name: str) -> None:
    for system in quality.SYSTEMS:
        seeds = {seed for *names, seed in KEPT[name] if tuple(names) == system}
        assert seeds == set(range(len(seeds)))
        assert len(seeds) >= 5


def test_numbers_in_the_text() -> None:
    found = [quality.curves(table, kept) for table, kept in zip(TABLES.values(), KEPT.values(), strict=True)]
    ratios = {}
    for table, curves in zip(TABLES.values(), found, strict=True):
        _, own, its = quality._needed(table.task, curves, quality.DEFAULT, quality.TRAININGS)
        ratios[table.task.name] = own / its
    said = " ".join(PAGE.split())
    needed = [
        [
            quality._needed(table.task, curves, quality.DEFAULT, n)
            for table, curves in zip(TABLES.values(), found, strict=True)
        ]
        for n in quality.TARGETS
    ]
    assert (
        "{} for its results after 25 trainings, {} for those after 50, and {} for those after 100".format(
            *map(quality._ratio, needed)
        )
        in said
    )
    least, *_, most = sorted((ratio, name) for name, ratio in ratios.items())
    names = {"digits": "the digits", "cancer": "the cells", "mnist": "MNIST", "vowels": "the vowels"}
    span = [f"{ratio:.2f} on {names[name]}" for ratio, name in (least, most)]
    assert f"between {span[0]} and {span[1]}" in said
    two = exp(mean(log(ratios[name]) for name in ("digits", "mnist")))
    assert f"Over the digits and MNIST alone the ratio after 100 is {two:.2f}" in said
    assert f"in all of its {sum(len(curves[quality.DEFAULT]) for curves in found)} searches" in said


def test_the_best_network_of_two_tasks_is_the_largest() -> None:
    for name in ("vowels", "cancer"):
        table = TABLES[name]
        [best] = [entry for entry, score in zip(table.entries, table.scores, strict=True) if score == min(table.scores)]
        assert best.macs == max(entry.macs for entry in table.entries)
    vowels = TABLES["vowels"]
    assert min(zip(vowels.scores, vowels.entries, strict=True), key=lambda pair: pair[0])[1] is vowels.entries[-1]


def groups(name: str) -> int:
    """The number of groups of KerasTuner's random searches that share no run of twelve networks."""
    networks = [[step.number for step in steps] for steps in searches.of(KEPT[name], "keras-tuner", "random")]
    runs = [{tuple(own[at : at + 12]) for at in range(len(own) - 11)} for own in networks]
    separate: list[set[tuple[int, ...]]] = []
    for own in runs:
        shared = [group for group in separate if group & own]
        separate = [group for group in separate if not group & own] + [own.union(*shared)]
    return len(separate)


@pytest.mark.parametrize("name", TABLES)
def test_no_random_searches_share_their_samples(name: str) -> None:
    assert groups(name) == 20


@pytest.mark.keras
@pytest.mark.parametrize("name", TABLES)
def test_what_keras_tuner_searched_with_another_seed_can_be_had_again(name: str) -> None:
    key = ("keras-tuner", "random", 1)
    assert algorithms.search(TABLES[name], key, 100) == KEPT[name][key]


@pytest.mark.search
def test_a_search_can_be_had_again_where_less_is_better() -> None:
    """Its first 50 trials: between candidates that are expected to be equal, rounding may choose another one later."""
    key = ("sqsem", "bayesian", 0)
    assert algorithms.search(TABLES["cancer"], key, 50) == KEPT["cancer"][key][:50]


def test_less_is_better_where_the_objective_says_so() -> None:
    table = TABLES["cancer"]
    by_loss = sorted(range(len(table.scores)), key=lambda number: table.scores[number])
    steps = [tasks.Step(number) for number in (by_loss[9], by_loss[-1], by_loss[0])]
    ninth, first = table.scores[by_loss[9]], table.scores[by_loss[0]]
    assert searches.after_trainings(table, steps, 4) == [ninth, ninth, first, first]


def test_the_trainings_until_a_mean_is_reached() -> None:
    accuracy, loss = tasks.TASKS["digits"], tasks.TASKS["cancer"]
    rising, falling = [[0.1, 0.5, 0.9], [0.3, 0.5, 0.7]], [[0.9, 0.5, 0.1], [0.7, 0.5, 0.3]]
    assert [quality.reaches(accuracy, rising, score) for score in (0.1, 0.5, 0.85)] == [1, 2, None]
    assert [quality.reaches(loss, falling, score) for score in (0.9, 0.5, 0.15)] == [1, 2, None]


@pytest.mark.keras
def test_the_hypermodels_of_short_searches_can_be_built() -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    short, by_hand = script("short_searches"), script("short_hypermodels")
    assert set(by_hand.BUILD) == set(short.TASKS)
    for name, build in by_hand.BUILD.items():
        space = sqsem_dsl.load(short.spec_of(name))
        model, train = build(keras_tuner.HyperParameters()), space.at(0).train
        assert [tuple(shape) for shape in space.inputs.values()] == [tuple(model.input.shape[1:])]
        assert (train.epochs, train.batch_size) == (short.TASKS[name].epochs, short.TASKS[name].batch_size)
