"""The number of architectures that two spaces share: counted by their ids if both are small, otherwise estimated from
samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import exp, log

from sqsem_dsl.compare.changes import ALL, NONE, Census, Estimate, Share
from sqsem_dsl.compare.subsumption import covers
from sqsem_dsl.compare.translate import Carrier, Found
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import Choice, Continuous, exact
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.space.space import Space

Watch = Callable[[int, int], None]
"""Receives the number of architectures compared so far, and the total."""


def proved(old: Space, new: Space, names: Mapping[str, str]) -> Estimate:
    """The result that is certain without building any architecture; None if there is none."""
    if disjoint(old, new):
        return Estimate(NONE, NONE)
    back = {after: before for before, after in names.items()}
    kept, known = covers(new.graph, old.graph, names), covers(old.graph, new.graph, back)
    return Estimate(ALL if kept else None, ALL if known else None)


def disjoint(old: Space, new: Space) -> bool:
    """Whether an output has a different name in one of the spaces, or no common shape."""
    before, after = _shapes(old), _shapes(new)
    return before.keys() != after.keys() or any(
        before[name] and after[name] and not before[name] & after[name] for name in before
    )


def _shapes(space: Space) -> dict[str, frozenset[Shape]]:
    """The shapes of each output; empty if they are not known."""
    shapes = space.shape_analysis.shapes or (frozenset(),) * len(space.graph.outputs)
    return {name: each for (name, _), each in zip(space.graph.outputs, shapes, strict=True)}


def census(old: Space, new: Space, names: Mapping[str, str], watch: Watch) -> Census:
    """Enumerates both spaces. `names` maps old paths to new ones."""
    assert old.count is not None
    assert new.count is not None
    every = old.count + new.count
    held_old, held_new = _held(old, new, names)
    before = {each for _, each in zip(_reported(watch, 0, every), _ids(old, held_old), strict=False)}
    after = {each for _, each in zip(_reported(watch, old.count, every), _ids(new, held_new), strict=False)}
    return Census(len(before), len(after), len(before & after), bool(held_old or held_new))


def estimate(
    certain: Estimate, old: Space, new: Space, names: Mapping[str, str], samples: int, seed: int, watch: Watch
) -> Estimate:
    """The proved result, and for the rest an estimate: assignments sampled from each space and looked up in the
    other."""
    back = {after: before for before, after in names.items()}
    kept, known = certain.kept, certain.known
    every = samples * ((kept is None) + (known is None))
    if kept is None:
        kept = _share(Carrier(old, new, names), samples, seed, _reported(watch, 0, every))
    if known is None:
        known = _share(Carrier(new, old, back), samples, seed, _reported(watch, every - samples, every))
    return Estimate(kept, known)


def _share(carrier: Carrier, samples: int, seed: int, progress: Iterator[None]) -> Share | None:
    """The fraction of random assignments within the budgets whose architecture is found."""
    try:
        sampled = carrier.old.sample(samples, seed)
    except SqsError:
        return None
    hits = sum(
        isinstance(carrier.find(architecture), Found) for architecture, _ in zip(sampled, progress, strict=False)
    )
    return Share(hits, len(sampled), whole=len(sampled) < samples and not _continuous(carrier.old))


def _ids(space: Space, held: Mapping[str, Value]) -> Iterator[str]:
    """The ids of the architectures within the budgets, repeated if several assignments give one."""
    assert space.count is not None
    for number in range(space.count):
        architecture = space.at(number)
        choices = architecture.choices
        if any(path in choices for path in held):
            architecture = space.at({path: held.get(path, value) for path, value in choices.items()})
        if space.is_feasible(architecture):
            yield architecture.id


def _held(old: Space, new: Space, names: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, Value]]:
    """A value for each continuous choice of the networks: one that both spaces have, if possible."""
    before, after = _continuous(old), _continuous(new)
    held_old = {
        path: _middle(choice.domain) for path, choice in before.items() if isinstance(choice.domain, Continuous)
    }
    held_new = {path: _middle(choice.domain) for path, choice in after.items() if isinstance(choice.domain, Continuous)}
    for path, choice in before.items():
        there = after.get(names.get(path, ""))
        if there is None:
            continue
        match choice.domain, there.domain:
            case Continuous() as one, Continuous() as other if max(one.low, other.low) <= min(one.high, other.high):
                shared = Continuous(max(one.low, other.low), min(one.high, other.high), one.log and other.log)
                held_old[path] = held_new[there.path] = _middle(shared)
            case _:
                pass
    return held_old, held_new


def _continuous(space: Space) -> dict[str, Choice]:
    return {c.path: c for c in space.choices if c.section == "architecture" and isinstance(c.domain, Continuous)}


def _middle(domain: Continuous) -> Value:
    """A value inside the interval, since a network may be special at an end: a dropout of 0 does nothing."""
    if domain.log:
        return exact(exp((log(domain.low) + log(domain.high)) / 2))
    return exact(Fraction(domain.low + domain.high) / 2)


def _reported(watch: Watch, done: int, every: int) -> Iterator[None]:
    """Wraps an iterator to report progress."""
    while True:
        watch(done, every)
        yield
        done += 1
