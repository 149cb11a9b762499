"""`merge`, and combining operators with a `pick`: the tensors that are present are collected in a list."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.operators import MERGES, refuse
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.reads import variables
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.operators.reshaping import AXIS

_PARTS = nodes.OptionalInput | nodes.Pick


def merge(writer: Writer, call: nodes.Call, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    """The combined tensor; a single one passes through."""
    label = call.label or call.name
    how = None if call.name == "merge" else Scalar(f'"{call.name}"', "symbol", value=call.name)
    values = [argument.value for argument in call.arguments if argument.name is None]
    for argument in call.arguments:
        match argument.value:
            case _ if argument.name != "how":
                pass
            case nodes.AnyOf(domain=domain):
                how = read_choice(writer, domain, scope.within(Part(label)), Part("how"))
            case value:
                how = scalar(writer, value, scope)
        if argument.name == AXIS.name:
            refuse(writer, f"{call.name}(axis)", argument.span, "it has no code yet for optional tensors")
    assert how is not None
    fixed = [] if flow is None else [flow]
    fresh: list[str] = []
    first = next((at for at, value in enumerate(values) if isinstance(value, _PARTS)), len(values))
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
        return writer.tensor(into, f"{_merging(writer, how)}({listed})", fixed[0].rank, scope)
    branches = writer.free("branches")
    writer.write(f"{branches} = {listed}")
    inner = scope.keeping(*(each.code for each in fixed))
    ranks = [each.rank for each in fixed]
    for at, value in enumerate(values[first:], start=first + 1):
        later = inner.keeping(*variables(scope, tuple(values[at:])))
        ranks += _part(writer, value, later, branches)
    picks = [value for value in values[first:] if isinstance(value, nodes.Pick)]
    least = [min(_sizes(writer, pick, scope)) for pick in picks]
    sure = len(fixed) + sum(not isinstance(value, _PARTS) for value in values[first:]) + sum(least)
    code = f"{_merging(writer, how)}({branches})"
    if sure > 1:
        return writer.tensor(into, code, ranks[0], scope)
    target = writer.free(into) if into in scope.keep else into
    with writer.block(f"if len({branches}) == 1"):
        writer.write(f"{target} = {branches}[0]")
    with writer.block("else"):
        writer.write(f"{target} = {code}")
    writer.used.add(target)
    return Tensor(target, ranks[0])


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


def _part(writer: Writer, value: nodes.Value, scope: Scope, branches: str) -> list[int]:
    """Appends what an argument gives; returns the ranks of it."""

    def append(body: nodes.Body, inner: Scope) -> int:
        variable = writer.free("branch")
        found = writer.body(body, inner, None, variable)
        writer.write(f"{branches}.append({found.code})")
        writer.used.discard(variable)
        return found.rank

    match value:
        case nodes.OptionalInput(name=name, body=body):
            with writer.block(f"if hp.get({scope.choice(Part(name))})"):
                return [append(body, scope.within(Part(name)))]
        case nodes.Pick(name=name, alternatives=alternatives):
            if _sizes(writer, value, scope) == (len(alternatives),):  # all of them: nothing is chosen
                ranks = []
                for at, each in enumerate(alternatives):
                    later = scope.keeping(*variables(scope, tuple(other.body for other in alternatives[at + 1 :])))
                    ranks.append(append(each.body, later.within(Part(name), Part(each.name))))
                return ranks
            chosen = writer.free(name)
            writer.write(f'{chosen} = hp.get({scope.choice(Part(name))}).split("+")')
            ranks = []
            for at, each in enumerate(alternatives):
                rest = tuple(other.body for other in alternatives[at + 1 :])
                inner = scope.within(Part(name), Part(each.name)).keeping(*variables(scope, rest))
                with writer.block(f'if "{each.name}" in {chosen}'):
                    ranks.append(append(each.body, inner))
            return ranks
        case _:
            found = writer.value(value, scope, writer.free("branch"))
            writer.write(f"{branches}.append({found.code})")
            return [found.rank]


def _merging(writer: Writer, how: Scalar) -> str:
    """What combines a list of tensors."""
    if isinstance(how.value, str):
        return f"layers.{MERGES[how.value]}()"
    kinds = ", ".join(f'"{name}": layers.{layer}' for name, layer in MERGES.items() if name != "scale")
    writer.module.tables["MERGES"] = f"{{{kinds}}}"
    return f"MERGES[{how.code}]()"
