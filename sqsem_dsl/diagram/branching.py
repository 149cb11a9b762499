"""Splitting and joining a frontier: alternatives, repeats, and the present inputs of a merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagram.combine import Combiner
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.frontier import ErrorValue, Frontier, Fronts, StateSet
from sqsem_dsl.ir.graph import Const, FixedArg, Item, ItemId, Loop, Merge, OptionalArg, Residual, SubsetArg
from sqsem_dsl.ir.liveness import Later


class Branching(Fronts):
    """Evaluates branching items. A subclass evaluates the items they branch to."""

    items: Sequence[Item]
    combiner: Combiner[Any]

    def evaluate(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """The frontier with the item's value on top of each stack."""
        raise NotImplementedError

    def rest(self, item: ItemId, later: Later) -> tuple[Later, ...]:
        """The items left to evaluate, before and after each child of an item."""
        raise NotImplementedError

    def loop(self, loop: Loop, item: ItemId, front: Frontier, later: Later) -> Frontier:
        rest = self.rest(item, later)
        front = self.evaluate(loop.count, self.drop(front), rest[2])
        done, poisoned = StateSet(self.trace), StateSet(self.trace)
        front = self.split(front, lambda value: isinstance(value, ErrorValue), poisoned)
        for k, step in enumerate(loop.steps):
            if not front:
                break
            with self._assuming((loop.count, ("at least", k))):
                front = self.evaluate(step, front, rest[min(k + 2, len(rest) - 1)])
            following = StateSet(self.trace)
            for (slots, stack), vertex in front.items():
                if stack[-2] == k:
                    done.put(slots, (*stack[:-2], stack[-1]), vertex)
                else:
                    following.put(slots, stack[:-1], vertex)
            front = following.front()
        done.merge(poisoned.front())
        return done.front()

    def residual(self, residual: Residual, item: ItemId, front: Frontier, later: Later) -> Frontier:
        rest = self.rest(item, later)
        front = self.evaluate(residual.mode, front, rest[2])
        front = self.evaluate(residual.body, front, rest[3])

        def met(values: Sequence[Any]) -> object:
            return self.combiner.residual(residual, str(values[1]), values[0], values[2])

        return self.replace(front, 3, self.once(item, 0, met))

    def merge(self, merge: Merge, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """Collects the values of the present parts in a tuple; if there are several, `how` is decided next."""
        rest = self.rest(item, later)
        position = 0
        for index, part in enumerate(merge.parts):
            match part:
                case FixedArg(node=node):
                    position += 1
                    if index > 0:
                        front = self.evaluate(node, front, rest[position])
                    front = self.replace(front, 1, self.sound(lambda values: (values[0],)))
                case OptionalArg(test=test, node=node):
                    position += 2
                    front = self.evaluate(test, front, rest[position - 1])
                    present = StateSet(self.trace)
                    absent = self.split(front, lambda value: value is True, present)
                    with self._assuming((test, True)):
                        used = self.evaluate(node, self.drop(present.front()), rest[position])
                    both = StateSet(self.trace)
                    both.merge(self.replace(used, 1, self.sound(lambda values: (values[0],))))
                    both.merge(self.replace(absent, 1, self.sound(lambda values: ())))
                    front = both.front()
                case SubsetArg(chosen=chosen, alternatives=alternatives):
                    position += 1
                    front = self.evaluate(chosen, front, rest[position])
                    front = {(s, (*k, ())): v for (s, k), v in front.items()}
                    for name, node in alternatives:
                        position += 1
                        front = self._alternative(chosen, name, node, front, rest[position])
                    front = self.replace(front, 2, self.sound(lambda values: values[1]))
        front = self.replace(front, len(merge.parts), self.sound(lambda values: tuple(t for v in values for t in v)))  # type: ignore[attr-defined]
        several = StateSet(self.trace)
        single = self.split(front, lambda value: isinstance(value, tuple) and len(value) > 1, several)
        combined = self.evaluate(merge.how, several.front(), rest[position + 1])
        count = 2
        if merge.axis is not None:
            combined = self.evaluate(merge.axis, combined, later)
            count = 3
        done = StateSet(self.trace)

        def combine(values: Sequence[Any]) -> object:
            return self.combiner.merged(merge, str(values[1]), values[0], *values[2:])

        done.merge(self.replace(combined, count, self.once(item, 0, combine)))
        done.merge(
            self.replace(
                single, 1, self.sound(lambda values: values[0][0] if isinstance(values[0], tuple) else values[0])
            )
        )
        return done.front()

    def _alternative(self, chosen: ItemId, name: str, node: ItemId, front: Frontier, later: Later) -> Frontier:
        used: Frontier = {}
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            if isinstance(stack[-2], tuple) and name in stack[-2]:
                used[slots, stack] = vertex
            else:
                found.put(slots, stack, vertex)
        if used:
            with self._assuming((chosen, ("picks", name))):
                used = self.evaluate(node, used, later)
            for (slots, stack), vertex in used.items():
                before = stack[-2]
                assert isinstance(before, tuple)
                found.put(slots, (*stack[:-2], (*before, stack[-1])), vertex)
        return found.front()

    def branch(self, test: ItemId, front: Frontier, cases: Mapping[object, ItemId], later: Later) -> Frontier:
        """Each state continues with the case that the value on its stack selects."""
        groups: dict[object, Frontier] = {}
        done = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            value = stack[-1]
            if isinstance(value, ErrorValue):
                done.put(slots, stack, vertex)
            else:
                groups.setdefault(value, {})[slots, stack[:-1]] = vertex
        for value, group in groups.items():
            if value not in cases:
                raise InternalError(f"no case {value!r} among {list(cases)}")
            with self._assuming((test, value)):
                done.merge(self.evaluate(cases[value], group, later))
        return done.front()

    def _assuming(self, condition: tuple[ItemId, object]) -> _Assumption:
        # A constant is not a condition: `pick n in [2]` of two alternatives always uses both.
        known = isinstance(self.items[condition[0]], Const)
        return _Assumption(None if known else self.memory, condition)


class _Assumption:
    """Remembers the condition under which a part is evaluated, for `dont_care`."""

    def __init__(self, memory: DontCareElimination | None, condition: tuple[ItemId, object]) -> None:
        self.memory, self.condition = memory, condition

    def __enter__(self) -> None:
        if self.memory is not None:
            self.memory.path.append(self.condition)

    def __exit__(self, *exc: object) -> None:
        if self.memory is not None:
            self.memory.path.pop()
