"""Assignments as users write them (paths with values) and as the diagram has them (choices with option numbers)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from hashlib import sha256
from math import exp, log
from random import Random

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import ImpossibleValue, UnknownPath
from sqsem_dsl.ir.choices import Categorical, Choice, Continuous, exact, show
from sqsem_dsl.ir.draws import sample_at
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.operators.row import Value


class Assignments:
    """Translates between the values of a graph's choices and the numbers of their options."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._paths = [choice.path for choice in graph.choices]
        self.numbers = {path: choice for choice, path in enumerate(self._paths)}
        """The choice of each path."""

    def value(self, choice: int, option: int) -> Value:
        """The value of an option; for a continuous choice, its low end."""
        match self.graph.choices[choice].domain:
            case Categorical(values=values):
                return values[option]
            case Continuous(low=low):
                return low

    def generic(self, choice: int, option: int) -> Value:
        """The same with a continuous choice inside its domain, at a value that only equal domains have."""
        match self.graph.choices[choice].domain:
            case Categorical(values=values):
                return values[option]
            case Continuous(low=low, high=high, log=log):
                digest = sha256(f"{low} {high} {log}".encode()).digest()
                return exact(low + (high - low) * Fraction(1 + int.from_bytes(digest[:8]), 2 + 2**64))

    def named(self, draws: Iterable[tuple[int, int]]) -> dict[str, Value]:
        """Draws as paths with values, in the order given."""
        return {self._paths[choice]: self.value(choice, option) for choice, option in draws}

    def options(self, values: Mapping[str, Value]) -> dict[int, int]:
        """Values of choices of the network as option numbers; a continuous choice has a single option."""
        found: dict[int, int] = {}
        for path, value in values.items():
            choice = self.numbers[path]
            declared = self.graph.choices[choice]
            if declared.section == "architecture":
                found[choice] = declared.domain.number(value) if isinstance(declared.domain, Categorical) else 0
        return found

    def sampled(self, choice: int, generator: Random, priors: bool = False) -> Value:
        """A random value: by the prior if there is one and `priors` says so, otherwise uniform, or log-uniform if the
        domain says so."""
        declared = self.graph.choices[choice]
        if priors and declared.prior is not None:
            return sample_at(declared.domain, declared.prior, generator.random())
        match declared.domain:
            case Categorical(values=values):
                return generator.choice(values)
            case Continuous(low=low, high=high, log=True):
                return exact(min(float(high), max(float(low), exp(generator.uniform(log(low), log(high))))))
            case Continuous(low=low, high=high):
                return exact(generator.uniform(float(low), float(high)))

    def checked(
        self, assignment: Mapping[str, object], known: Mapping[str, Choice], span: Span
    ) -> tuple[dict[str, Value], list[Diagnostic]]:
        """The exact values, and the errors in the given paths and values."""
        values: dict[str, Value] = {}
        found: list[Diagnostic] = []
        for path, given in assignment.items():
            choice = known.get(path)
            if choice is None:
                found.append(UnknownPath(span, path, tuple(known)))
                continue
            try:
                value = exact(given)
            except (TypeError, ValueError):
                value = None
            if value is None or not choice.admits(value):
                shown = repr(given) if value is None else show(value)
                if isinstance(given, str) and not _has_texts(choice):
                    shown = f'the text "{given}"'  # it may look like a value of the domain
                found.append(ImpossibleValue(choice.span, path, shown, str(choice.domain)))
                continue
            values[path] = value
        return values, found


def _has_texts(choice: Choice) -> bool:
    match choice.domain:
        case Categorical(values=values):
            return any(isinstance(value, str) for value in values)
        case Continuous():
            return False
