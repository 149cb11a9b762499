"""A space without a compiler: choices, and a small dense network that they define."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from random import Random
from typing import ClassVar

import numpy as np

from sqsem_dsl.api.space import loads
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.choices import NoneFound
from sqsem_dsl.ir.choices import Categorical, Choice, plain
from sqsem_dsl.ir.path import Path
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.sections import SearchSettings, TrainSettings
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree


def choice(path, *values, when=((),)):
    section = "train" if path.startswith("train.") else "architecture"
    return Choice(Path.parse(path), "param", Categorical(values), section, when=when)


def chain(depth=3, widths=(8, 16, 32)):
    """The choices of 1 to `depth` layers, each with its own width."""
    made = [choice("depth", *range(1, depth + 1))]
    for i in range(depth):
        when = ((("depth", tuple(range(i + 1, depth + 1))),),) if i else ((),)
        made.append(choice(f"w[{i}]", *widths, when=when))
    return made


class StandInArchitecture:
    """Replaces an architecture: 8 numbers, dense layers, 3 classes."""

    def __init__(self, choices, train):
        self.choices = choices
        own = {k.removeprefix("train."): plain(v) for k, v in choices.items() if k.startswith("train.")}
        self.train = TrainSettings.from_plain({"epochs": 1, **train, **own})
        self.widths = [choices[f"w[{i}]"] for i in range(choices.get("depth", 0)) if f"w[{i}]" in choices]
        sizes = [8, *self.widths, 3]
        self.id = "standin:" + repr({k: v for k, v in choices.items() if not k.startswith("train.")})
        self.macs = sum(a * b for a, b in pairwise(sizes))
        self.params = self.trainable_params = self.macs + sum(sizes[1:])
        self.activations = max(sizes)
        self.weighted_layers = len(sizes) - 1
        self.flash = 4 * self.params
        self.latency = None
        self.memory = 4 * max(a + b for a, b in pairwise(sizes))

    space: ClassVar = "standin"
    inputs: ClassVar = {"x": (8,)}

    @cached_property
    def network(self):
        hidden = " -> ".join(["x", *(f"dense({width}) -> relu" for width in self.widths)])
        return loads(f"space standin {{ input x: [8]  output y = {hidden} -> dense(3) -> softmax }}").default().network

    @property
    def layers(self):
        return self.network.layers

    @property
    def outputs(self):
        return self.network.outputs


class StandIn:
    def __init__(self, *choices, rule=lambda choices: True, ghosts=(), train=None, **search):
        self.name = "standin"
        self.inputs = {"x": (8,)}
        self.outputs = {"y": OutputFact((3,), "softmax")}
        self.choices = choices
        self.rule = rule
        self.ghosts = ghosts
        self.train = train or {}
        self.search_settings = SearchSettings.from_plain(search)
        self.tree = ChoiceTree(choices)

    def resolve(self, values):
        active = {p: v for p, v in values.items() if p not in self.ghosts}
        return StandInArchitecture(active, self.train) if self.rule(active) else None

    def sample_one(self, seed):
        random = Random(seed)
        for _ in range(100):
            found = self.resolve(self.tree.draw(random.random))
            if found is not None:
                return found
        raise SqsError([NoneFound(NOWHERE, 100, ("params <= 0",))])

    def default(self):
        return StandInArchitecture(self.tree.complete({}), self.train)


def data(samples=96, seed=0):
    """Three classes that a dense network can distinguish: inputs, and class numbers."""
    generator = np.random.default_rng(seed)
    y = np.arange(samples) % 3
    x = generator.normal(size=(samples, 8)).astype("float32")
    x[np.arange(samples), y] += 3.0
    return x, y


def dataset():
    from sqsem_dsl.data.dataset import Dataset, Part

    parts = [data(n, seed) for seed, n in enumerate((96, 48, 48))]
    made = [Part({"x": x}, {"y": y.astype("int32")}) for x, y in parts]
    return Dataset("blobs", StandIn().outputs, *made)
