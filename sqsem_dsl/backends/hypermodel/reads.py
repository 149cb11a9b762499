"""Which names code must read, and which it may read.

A choice is active only where it is read. So a `param` that only some of the choices read is not read where it is
written but at each use, and the same holds for the choices in a `let`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.scope import Family, Later, Scope, Template
from sqsem_dsl.backends.hypermodel.values import Meaning, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import names_in
from sqsem_dsl.elaborate.flow import Structure

NONE: frozenset[str] = frozenset()
Test = Callable[[object, Scope, tuple[object, ...]], bool]


def variables(scope: Scope, node: object) -> frozenset[str]:
    """The variables of the tensors that a part of the spec mentions."""
    found: set[str] = set()
    for name in names_in(node):
        bound = scope.names.get(name)
        if isinstance(bound, Later):
            found |= variables(bound.scope, bound.value)
        variable = scope.variable(name)
        if variable is not None:
            found.add(variable)
        if isinstance(bound, Tensor):
            found |= bound.reads
    return frozenset(found)


def must_read(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> frozenset[str]:
    """The names that are read whatever the choices are. `inside` has the blocks around the node."""

    def of(*parts: object) -> frozenset[str]:
        return NONE.union(*(must_read(part, scope, inside) for part in parts))

    match node:
        case nodes.Name(name=name) if isinstance(bound := scope.names.get(name), Template):
            return _of_call(bound, (), scope, inside)
        case nodes.Name(name=name):
            return frozenset([name])
        case nodes.Call(name=name, arguments=arguments):
            bound = scope.names.get(name)
            if isinstance(bound, Template):
                return _of_call(bound, arguments, scope, inside)
            return of(*(argument.value for argument in arguments))
        case nodes.Item(name=name, indices=indices):
            return of(*indices) | {name}
        case nodes.Pipe(source=source, stages=stages):
            return of(source, *stages)
        case nodes.Group(body=body) | nodes.Bypass(body=body):
            return of(body)
        case nodes.Repeat(carried=carried, count=count, domain=domain, body=body) if carried:
            if not _at_least_once(count, domain):
                return of(count, carried[-1].value)
            return of(count) | (of(body) - {each.name for each in carried})
        case nodes.Repeat(count=count, domain=domain, body=body):
            return of(count) | (of(body) if _at_least_once(count, domain) else NONE)
        case nodes.When(test=test, then=then, other=other):
            return of(test) | (NONE if other is None else of(then) & of(other))
        case nodes.Choose(alternatives=alternatives):
            return frozenset.intersection(*(of(each.body) for each in alternatives))
        case nodes.Pick(domain=domain, alternatives=alternatives) if _at_least_once(None, domain):
            return frozenset.intersection(*(of(each.body) for each in alternatives))
        case nodes.Slot() | nodes.OptionalInput() | nodes.Pick():
            return NONE
        case nodes.Body(statements=statements):
            own = {each.name for each in statements if isinstance(each, nodes.Let | nodes.Const | nodes.Param)}
            return must_read_inside(node, scope, inside) - own  # they hide names from around it
        case nodes.Binary(operator="and" | "or", left=left):
            return of(left)
        case nodes.Binary(operator="==" | "!=") | nodes.Member() | nodes.ListOf():
            # Among values, the name of a block is a symbol.
            sides = (node.left, node.right) if isinstance(node, nodes.Binary) else node.parts()
            return of(*(s for s in sides if not (isinstance(s, nodes.Name) and _is_block(scope, s.name))))
        case nodes.Node():
            return of(*node.parts())
        case tuple():
            return of(*node)
        case _:
            return NONE


def must_read_inside(body: nodes.Body, scope: Scope, inside: tuple[object, ...] = ()) -> frozenset[str]:
    """The names that a body always reads, also those of its own statements. Of several tensors that a repeat
    carries, the last iteration always needs the last one alone."""
    return _backwards(body.statements, must_read(body.outs[-1], scope, inside), scope, inside)


def _is_block(scope: Scope, name: str) -> bool:
    return isinstance(scope.names.get(name), Template)


def _backwards(
    statements: Sequence[object], read: frozenset[str], scope: Scope, inside: tuple[object, ...]
) -> frozenset[str]:
    """The names that statements read, if `read` are those that later code reads."""
    for statement in reversed(statements):
        match statement:
            case nodes.Let(name=name, value=value) | nodes.Const(name=name, value=value) if name in read:
                read |= must_read(value, scope, inside)
            case nodes.LetSeveral(names=names, value=value) if names[-1] in read:
                read |= must_read(value, scope, inside)
            case outline.Output(value=value):
                read |= must_read(value, scope, inside)
            case _:
                pass
    return read


def read_after(statements: Sequence[object], out: object, scope: Scope) -> frozenset[str]:
    """The names that later statements and the result always read."""
    return _backwards(statements, NONE if out is None else must_read(out, scope), scope, ())


def sight(template: Template) -> Scope:
    """The names around a block that its arguments do not hide."""
    formals = {formal.name for formal in template.block.formals}
    names = {name: bound for name, bound in template.scope.names.items() if name not in formals}
    return replace(template.scope, names=names)


def always_read(template: Template, formal: str, inside: tuple[object, ...] = ()) -> bool:
    """Whether a block reads one of its arguments in every use. Not certain if the argument hides a name, which blocks
    that are used in the block may read."""
    if template.block.span in inside:
        return True
    if formal in template.scope.names:
        return False
    return formal in body_reads(template, inside)


def body_reads(template: Template, inside: tuple[object, ...]) -> frozenset[str]:
    """The names that the body of a block always reads, its arguments among them."""
    key = frozenset(inside)
    if key not in template.reads:
        template.reads[key] = must_read(template.block.body, sight(template), (*inside, template.block.span))
    return template.reads[key]


def _of_call(
    template: Template, arguments: Sequence[nodes.Argument], scope: Scope, inside: tuple[object, ...]
) -> frozenset[str]:
    """The names in those arguments of a block that it always reads."""
    formals = [formal.name for formal in template.block.formals]
    # If a tensor flows in, the first formal is that tensor; being wrong by one place would only read a choice later.
    shifted = formals[1:] if len([a for a in arguments if a.name is None]) < len(formals) else formals
    block = template.block
    found = NONE if block.span in inside else body_reads(template, inside)
    found -= set(formals)  # what it reads from around it
    for at, argument in enumerate(arguments):
        places = [argument.name] if argument.name is not None else [p[at] for p in (formals, shifted) if at < len(p)]
        if all(always_read(template, place, inside) for place in places):
            found |= must_read(argument.value, scope, inside)
    return found


def _at_least_once(count: nodes.Expr | None, domain: nodes.Domain | None) -> bool:
    match domain:
        case nodes.Range(low=low):
            return isinstance(low, nodes.Number) and low.value >= 1
        case nodes.ListOf(items=items):
            return all(isinstance(item, nodes.Number) and item.value >= 1 for item in items)
        case None:
            return isinstance(count, nodes.Number) and count.value >= 1


def free_names(template: Template, inside: tuple[object, ...] = ()) -> dict[str, Meaning]:
    """The values from around a block that it reads, also in the blocks that it uses, and that are not known."""
    formals = {formal.name for formal in template.block.formals}
    found: dict[str, Meaning] = {}
    for name in sorted(names_in(template.block.body)):
        match template.scope.names.get(name):
            case _ if name in formals:
                pass
            case Tensor() as tensor:
                found[name] = tensor
            case Scalar(static=False) as scalar:
                found[name] = scalar
            case Template(block=block) as other if block.span not in (*inside, template.block.span):
                found |= free_names(other, (*inside, template.block.span))
            case _:
                pass
    return found


def uses(name: str, node: object) -> int:
    """How often the tensor of a name is used; twice for each use in the body of a repeat."""
    match node:
        case nodes.Name(name=found):
            return int(found == name)
        case nodes.Repeat(carried=carried, body=body):
            return uses(name, carried) + 2 * uses(name, body)
        case nodes.Node():
            return sum(uses(name, part) for part in node.parts())
        case tuple():
            return sum(uses(name, part) for part in node)
        case _:
            return 0


def has_choices(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> bool:
    """Whether a part of a spec contains a choice, also in the blocks that it uses."""
    match node:
        case nodes.Param() | nodes.AnyOf() | nodes.Slot() | nodes.OptionalInput() | nodes.Choose() | nodes.Pick():
            return True
        case nodes.Repeat(domain=domain) | nodes.Bypass(domain=domain) if domain is not None:
            return True
    return _anywhere(node, scope, inside, has_choices)


def reads_families(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> bool:
    """Whether a part of a spec reads a choice of a family, also in the blocks that it uses."""
    if isinstance(node, nodes.Item) and isinstance(scope.names.get(node.name), Family):
        return True
    return _anywhere(node, scope, inside, reads_families)


def has_rules(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> bool:
    """Whether a part of a spec contains a `require`, also in the blocks that it uses."""
    return isinstance(node, nodes.Require) or _anywhere(node, scope, inside, has_rules)


def has_names(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> bool:
    """Whether a part of a spec contains a layer with weights, also in the blocks that it uses."""
    from sqsem_dsl.backends.hypermodel.operators import NORMALIZING, WEIGHTED

    match node:
        case nodes.Bypass():
            return True
        case nodes.Name(name=name) | nodes.Call(name=name) if name in WEIGHTED or name in NORMALIZING:
            return True
    return _anywhere(node, scope, inside, has_names)


def has_tied(node: object, scope: Scope, inside: tuple[object, ...] = ()) -> bool:
    """Whether a part of a spec uses a tied block, also in the blocks that it uses."""
    if isinstance(node, nodes.Name | nodes.Call):
        bound = scope.names.get(node.name)
        if isinstance(bound, Template) and bound.block.sharing == "tied":
            return True
    return _anywhere(node, scope, inside, has_tied)


def _anywhere(node: object, scope: Scope, inside: tuple[object, ...], test: Test) -> bool:
    if isinstance(node, nodes.Name | nodes.Call):
        bound = scope.names.get(node.name)
        match bound:
            case Template(block=block) if block.span not in inside:
                return bool(test(block.body, sight(bound), (*inside, block.span))) or _parts(node, scope, inside, test)
            case Later(value=value, scope=own) if test(value, own, inside):
                return True
    return _parts(node, scope, inside, test)


def _parts(node: object, scope: Scope, inside: tuple[object, ...], test: Test) -> bool:
    if isinstance(node, nodes.Node):
        return any(test(part, scope, inside) for part in node.parts())
    return isinstance(node, tuple) and any(test(part, scope, inside) for part in node)


__all__ = [
    "Structure",
    "always_read",
    "has_choices",
    "has_names",
    "has_rules",
    "has_tied",
    "must_read",
    "read_after",
    "reads_families",
    "variables",
]
