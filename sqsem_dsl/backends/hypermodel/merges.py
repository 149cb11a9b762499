"""`merge`, and combining operators with a `pick` or an `if` without `else`: what is present is collected in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.axes import along
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.operators import MERGES, refuse
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.reads import variables
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.structures import cases_of
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor, joined
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import keeps_zero, merged, merged_list
from sqsem_dsl.elaborate.flow import is_part, may_be_left_out
from sqsem_dsl.operators import HOWS
from sqsem_dsl.operators.reshaping import AXIS


def merge(writer: Writer, call: nodes.Call, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    """The combined tensor; a single one passes through."""
    label = call.label or call.name
    how = None if call.name == "merge" else Scalar(f'"{call.name}"', "symbol", value=call.name)
    values = [argument.value for argument in call.arguments if argument.name is None]
    axis: Scalar | None = None
    for argument in call.arguments:
        match argument.name, argument.value:
            case ("how" | AXIS.name) as name, nodes.AnyOf(domain=domain):
                found_value = read_choice(writer, domain, scope.within(Part(label)), Part(name))
            case (("how" | AXIS.name), value):
                found_value = scalar(writer, value, scope)
            case _:
                continue
        if argument.name == "how":
            how = found_value
        else:
            axis = found_value
    assert how is not None
    if axis is not None and not how.static:
        refuse(writer, f"{call.name}(axis)", call.span, "how it merges is chosen, and only `concat` has an axis")
    fixed = [] if flow is None else [flow]
    fresh: list[str] = []
    first = next((at for at, value in enumerate(values) if is_part(value)), len(values))
    for at, value in enumerate(values[:first]):
        inner = scope.keeping(*variables(scope, tuple(values[at + 1 :])), *(each.code for each in fixed))
        wanted = None if isinstance(value, nodes.Name) else writer.free("branch")
        fixed.append(writer.value(value, inner, wanted))
        fresh += [wanted] if wanted is not None else []
    writer.used -= set(fresh)
    writer.layer_name(scope, label)
    listed = f"[{', '.join(each.code for each in fixed)}]"
    if first == len(values):
        if len(fixed) == 1:
            return fixed[0]
        made, keeps = _merging(writer, how, axis, fixed[0].rank), _keeps(writer, how, call, fixed)
        combined = merged(writer, made, keeps, fixed, fixed[0].rank)
        return joined(replace(combined, code=writer.assign(into, combined.code, scope)), fixed)
    branches = writer.free("branches")
    writer.write(f"{branches} = {listed}")
    inner = scope.keeping(*(each.code for each in fixed))
    found = list(fixed)
    for at, value in enumerate(values[first:], start=first + 1):
        later = inner.keeping(*variables(scope, tuple(values[at:])))
        found += _part(writer, value, later, branches)
    picks = [value for value in values[first:] if isinstance(value, nodes.Pick)]
    least = [min(_sizes(writer, pick, scope)) for pick in picks]
    sure = len(fixed) + sum(not is_part(value) for value in values[first:]) + sum(least)
    combined = merged_list(
        writer, _merging(writer, how, axis, found[0].rank), _keeps(writer, how, call, found), branches, found
    )
    if sure > 1 or combined.code.startswith("add("):
        return joined(replace(combined, code=writer.assign(into, combined.code, scope)), found)
    target = writer.free(into) if into in scope.keep else into
    with writer.block(f"if len({branches}) == 1"):
        writer.write(f"{target} = {branches}[0]")
    with writer.block("else"):
        writer.write(f"{target} = {combined.code}")
    writer.used.add(target)
    return joined(replace(combined, code=target, zero=any(each.zero for each in found)), found)


def _keeps(writer: Writer, how: Scalar, call: nodes.Call, tensors: Sequence[Tensor]) -> bool:
    """Whether the output is zero if all tensors are; False if none may be."""
    if not any(each.zero for each in tensors):
        return False
    if isinstance(how.value, str):
        return keeps_zero(writer, how.value, {}, call.span)
    remedy = "give `how`, or use `space.hypermodel()`"
    writer.module.refuse(call.span, f"`{call.name}`", "how it merges tensors that may be zero is chosen", remedy)
    return False


def _sizes(writer: Writer, pick: nodes.Pick, scope: Scope) -> tuple[int, ...]:
    """The numbers of alternatives that a `pick` may select."""
    ends = (pick.domain.low, pick.domain.high) if isinstance(pick.domain, nodes.Range) else pick.domain.items
    values = [scalar(writer, end, scope).value for end in ends]
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) < len(values):
        remedy = "write the number, or use the alternatives in the space itself"
        reason = "the number of its alternatives depends on an argument"
        writer.module.refuse(pick.domain.span, f"the pick `{pick.name}`", reason, remedy)
        return (1,)
    return tuple(range(numbers[0], numbers[1] + 1)) if isinstance(pick.domain, nodes.Range) else tuple(numbers)


def _part(writer: Writer, value: nodes.Value, scope: Scope, branches: str) -> list[Tensor]:
    """Appends what an argument gives, and returns it."""

    def append(body: nodes.Body, inner: Scope) -> Tensor:
        variable = writer.free("branch")
        found = writer.body(body, inner, None, variable)
        writer.write(f"{branches}.append({found.code})")
        writer.used.discard(variable)
        return found

    match value:
        case nodes.OptionalInput(name=name, body=body):
            with writer.block(f"if hp.get({scope.choice(Part(name))})"):
                return [append(body, scope.within(Part(name)))]
        case nodes.When() if may_be_left_out(value):
            several = []
            cases = [(test, then) for test, then in cases_of(writer, value, scope) if then is not None]
            for at, (test, then) in enumerate(cases):
                later = scope.keeping(*variables(scope, tuple(other for _, other in cases[at + 1 :])))
                if test is None and not at:
                    several.append(append(then, later))
                    continue
                with writer.block("else" if test is None else f"{'elif' if at else 'if'} {test.code}"):
                    several.append(append(then, later))
            return several
        case nodes.Pick(name=name, alternatives=alternatives):
            if _sizes(writer, value, scope) == (len(alternatives),):  # all of them: nothing is chosen
                several = []
                for at, each in enumerate(alternatives):
                    later = scope.keeping(*variables(scope, tuple(other.body for other in alternatives[at + 1 :])))
                    several.append(append(each.body, later.within(Part(name), Part(each.name))))
                return several
            chosen = writer.free(name)
            writer.write(f'{chosen} = hp.get({scope.choice(Part(name))}).split("+")')
            several = []
            for at, each in enumerate(alternatives):
                rest = tuple(other.body for other in alternatives[at + 1 :])
                inner = scope.within(Part(name), Part(each.name)).keeping(*variables(scope, rest))
                with writer.block(f'if "{each.name}" in {chosen}'):
                    several.append(append(each.body, inner))
            return several
        case _:
            found = writer.value(value, scope, writer.free("branch"))
            writer.write(f"{branches}.append({found.code})")
            return [found]


def _merging(writer: Writer, how: Scalar, axis: Scalar | None, rank: int) -> str:
    """What combines a list of tensors of some number of axes."""
    if isinstance(how.value, str):
        return f"layers.{MERGES[how.value]}({along(writer, axis, rank)})"
    kinds = ", ".join(f'"{name}": layers.{layer}' for name, layer in MERGES.items() if name in HOWS)
    writer.module.tables["MERGES"] = f"{{{kinds}}}"
    return f"MERGES[{how.code}]()"
