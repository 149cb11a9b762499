"""A space without a compiler behind it: choices, and a small dense network that they shape."""

from __future__ import annotations

from random import Random

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.targets.hyperparameters import Declarations


class Drawn:
    """What stands for an architecture here."""

    def __init__(self, choices):
        self.choices = choices
        self.params = sum(v for v in choices.values() if type(v) is int)
        self.macs = 2 * self.params


class StandIn:
    def __init__(self, *choices, rule=lambda choices: True, ghosts=()):
        self.choices = choices
        self.rule = rule
        self.ghosts = ghosts
        self.declarations = Declarations.of(choices)
        self.proposed = 0

    def propose(self, values):
        self.proposed += 1
        drawn = {p: v for p, v in values.items() if p not in self.ghosts}
        return Drawn(drawn) if self.rule(drawn) else None

    def sample(self, seed):
        random = Random(seed)
        for _ in range(100):
            found = self.propose(self.declarations.read(self.declarations.draw(random.random)))
            if found is not None:
                return found
        raise SqsError([])
