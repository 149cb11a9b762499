"""The choices that a rule names by their paths: `fires[2].se`, `pool.max`, or `se` in the body that contains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.choices import ChoiceOutside, OneValue, SeveralChoices, UnknownChoice
from sqsem_dsl.elaborate.errors.domains import NotStatic
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_number, settled
from sqsem_dsl.elaborate.lower.scope import Scope, Use, choice_path
from sqsem_dsl.elaborate.resolve.names import choice_names
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.graph import Draw, ItemId
from sqsem_dsl.ir.path import Path, Segment
from sqsem_dsl.ir.scalars import is_number

Index = int | range | None
"""An index as written: None for `*`."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a path as written."""

    name: str
    indices: tuple[Index, ...] = ()

    def meets(self, segment: Segment) -> bool:
        """Whether a part of a path is what this step means."""
        return (
            self.name == segment.name
            and len(self.indices) == len(segment.indices)
            and all(map(_meets, self.indices, segment.indices))
        )


def _meets(index: Index, found: object) -> bool:
    match index:
        case None:
            return True
        case range():
            return found in index
        case _:
            return found == index


def stands_for_several(node: nodes.ChoicePath | nodes.Item) -> bool:
    """Whether a path, or an entry of a family of choices, has a `*` or a range."""
    steps = node.steps if isinstance(node, nodes.ChoicePath) else (node,)
    indices = (index for step in steps if isinstance(step, nodes.Item) for index in step.indices)
    return any(isinstance(index, nodes.Every | nodes.Range) for index in indices)


def lower_choice_name(builder: Builder, node: nodes.Name, scope: Scope) -> ItemId | None:
    """The choice that a bare name means in a rule; None if there is none."""
    if scope.place == "arithmetic" or node.label is not None:
        return None
    found = _find(builder, scope, (Step(node.name),))
    return _single(builder, node, found) if found else None


def lower_unknown(builder: Builder, node: nodes.Name, scope: Scope) -> ItemId:
    """The broken item for a name without a meaning. `resolve` reports it unless it is that of a structure which a rule
    might name, but not here."""
    if scope.place == "arithmetic" or builder.maybe or node.name not in frozenset(choice_names(scope.home)):
        return builder.unresolved()
    return builder.report(UnknownChoice(node.span, node.name, _known(builder)))


def lower_choice(builder: Builder, node: nodes.ChoicePath, scope: Scope) -> ItemId:
    """The choice that a path means."""
    counted = scope.counted.get(id(node))
    if counted is not None:
        return counted
    if scope.place == "arithmetic":
        return builder.report(ChoiceOutside(node.span, node.span.text))
    if stands_for_several(node):
        return builder.report(SeveralChoices(node.span, node.span.text))
    found = lower_choices(builder, node, scope)
    return builder.broken if found is None else next(iter(found.values()))


def lower_choices(builder: Builder, node: nodes.ChoicePath, scope: Scope) -> dict[tuple[object, ...], ItemId] | None:
    """The choices that a path means, by the indices for which it has a `*` or a range; None if there is an error."""
    steps = _steps(builder, node, scope)
    if steps is None:
        return None
    found = _find(builder, scope, steps)
    if not found:
        if builder.maybe:
            builder.unresolved()
        else:
            builder.report(UnknownChoice(node.span, node.span.text, _known(builder)))
        return None
    items = {key: _single(builder, node, {key: at}) for key, at in found.items()}
    return None if builder.broken in items.values() else items


def _known(builder: Builder) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(path.pooled) for path in _above(builder)))


def _above(builder: Builder) -> Iterator[Path]:
    """The paths of all choices so far, of the network alone."""
    for path, (item, _, _) in builder.paths.items():
        draw = builder.items[item]
        if isinstance(draw, Draw) and builder.choices[draw.choice].section == "architecture":
            yield path


def _steps(builder: Builder, node: nodes.ChoicePath, scope: Scope) -> tuple[Step, ...] | None:
    steps = []
    for step in node.steps:
        indices: list[Index] = []
        for index in step.indices if isinstance(step, nodes.Item) else ():
            match index:
                case nodes.Every():
                    indices.append(None)
                case nodes.Range(low=low, high=high):
                    ends = _index(builder, low, scope), _index(builder, high, scope)
                    if ends[0] is None or ends[1] is None:
                        return None
                    indices.append(range(ends[0], ends[1] + 1))
                case _:
                    one = _index(builder, index, scope)
                    if one is None:
                        return None
                    indices.append(one)
        steps.append(Step(step.name, tuple(indices)))
    return tuple(steps)


def _index(builder: Builder, node: nodes.Expr, scope: Scope) -> int | None:
    """An index, which must be known before any choice is made."""
    known = settled(builder, as_number(builder, node, scope), node.span, "an index of a path")
    if known is None:
        return None
    (value,) = known
    if not is_number(value) or value.denominator != 1:
        builder.report(NotStatic(node.span, "an index of a path"))
        return None
    return int(value)


# ---- where paths lead


@dataclass(frozen=True, slots=True)
class _Found:
    """A path, and the alternative after it if one is meant."""

    path: Path
    alternative: str | None = None


def _find(builder: Builder, scope: Scope, steps: Sequence[Step]) -> dict[tuple[object, ...], _Found]:
    """The choices that a path means, seen from the innermost structure first. A block sees only its own."""
    inside = max((at for at, part in enumerate(scope.path) if isinstance(part, Use)), default=-1) + 1
    every = [*_above(builder), *builder.fixed]
    for count in range(len(scope.path), inside - 1, -1):
        before = choice_path(scope.path[:count]).parts
        found: dict[tuple[object, ...], _Found] = {}
        for path in every:
            rest = path.parts[len(before) :]
            if path.parts[: len(before)] != before or len(rest) not in (len(steps), len(steps) - 1):
                continue
            if all(step.meets(part) for step, part in zip(steps, rest, strict=False)):
                if len(rest) == len(steps):
                    found[_key(steps, rest)] = _Found(path)
                elif not steps[-1].indices and steps[-1].name in _alternatives(builder, path):
                    found.setdefault(_key(steps, rest), _Found(path, steps[-1].name))
        if found:
            return found
    return {}


def _key(steps: Sequence[Step], rest: Sequence[Segment]) -> tuple[object, ...]:
    """The indices of a path for which the written one has a `*` or a range."""
    return tuple(
        found
        for step, part in zip(steps, rest, strict=False)
        for index, found in zip(step.indices, part.indices, strict=True)
        if not isinstance(index, int)
    )


def _alternatives(builder: Builder, path: Path) -> frozenset[object]:
    """The names of the alternatives of a `choose` or a `pick`."""
    fixed = builder.fixed.get(path)
    if fixed is not None:
        return frozenset(fixed) if isinstance(fixed, tuple) else frozenset((fixed,))
    known = builder.paths.get(path)
    draw = builder.items[known[0]] if known is not None else None
    if not isinstance(draw, Draw):
        return frozenset()
    declared = builder.choices[draw.choice]
    match declared.kind, declared.domain:
        case "choose", Categorical(values=values):
            return frozenset(values)
        case "pick", Categorical(values=values):
            return frozenset(name for value in values if isinstance(value, tuple) for name in value)
        case _:
            return frozenset()


def _single(builder: Builder, node: nodes.Name | nodes.ChoicePath, found: dict[tuple[object, ...], _Found]) -> ItemId:
    """The value of one choice; of an alternative, whether it is selected."""
    (at,) = found.values()
    if at.path in builder.fixed:
        return builder.report(OneValue(node.span, str(at.path), show(builder.fixed[at.path])))
    item = builder.paths[at.path][0]
    if at.alternative is None:
        return item
    draw = builder.items[item]
    assert isinstance(draw, Draw)
    name = builder.constant(at.alternative)
    return builder.apply("picks" if builder.choices[draw.choice].kind == "pick" else "==", (item, name), node.span)
