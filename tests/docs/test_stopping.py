"""`docs/stopping.md`: its spec compiles, and its words are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import sqsem_dsl as sqs
from sqsem_dsl.settings.search import Asha, EachToItsEnd, Median
from sqsem_dsl.study.algorithms.asha import STATES
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.stopping.bar import stopped_at
from sqsem_dsl.study.stopping.rule import Rule
from tests.study.test_stopping import reported, trial

PAGE = (Path(__file__).parents[2] / "docs" / "stopping.md").read_text()


def test_the_settings_of_the_page_are_valid() -> None:
    [block] = re.findall(r"```sqs\n(.*?)```", PAGE, re.DOTALL)
    space = sqs.loads(f"sqs 1 space s {{ input x: [8] output y = x -> dense(3) -> softmax {block} }}")
    assert (space.search_settings.stopping, space.search_settings.trials) == (Asha(factor=3), 81)


def test_the_rules_and_their_defaults() -> None:
    rules = [EachToItsEnd(), Median(), Asha()]
    written = [
        f"{rule.name}({', '.join(f'{key} = {value}' for key, value in rule.model_dump(exclude={'name'}).items())})"
        for rule in rules
    ]
    assert re.findall(r"^\| `(.*?)` \|", PAGE, re.MULTILINE) == [word.removesuffix("()") for word in written]
    assert STATES == 6
    assert "the best six stopped trials" in " ".join(PAGE.split())


def test_the_message_of_the_page() -> None:
    rule = Rule(Asha(), Goal("val_accuracy", "max"))
    for number in range(1, 12):
        rule.trainings.begin(trial(number))
        rule.trainings.epoch(reported(number, 3, 0.5))
    bar = next(bar for bar in rule.bars(9) if bar.epoch == 3)
    assert f"stopped {stopped_at(3, 9, bar.reason)}" in PAGE
