"""The nodes of expressions, structures and domains, from their parts of lark's tree: a function for each rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.ast.node_maker import NodeMaker, Part, Rule, is_token, token
from sqsem_dsl.syntax.parser import Token, Tree


def _pipe(make: NodeMaker, tree: Tree[Token]) -> m.Pipe:
    stages: list[Part] = []
    part: Part = tree
    while isinstance(part, Tree) and part.data == "pipe":
        part, stage = part.children
        stages.append(stage)
    return m.Pipe.model_construct(
        source=make.node(part),
        stages=tuple(make.node(stage) for stage in reversed(stages)),
        **make.places(tree),
    )


def _body(make: NodeMaker, part: Part) -> m.Body:
    if isinstance(part, Tree) and part.data == "scope":
        return _scope(make, part)
    out = make.node(part)
    return m.Body.model_construct(statements=(), out=out, more=(), span=out.span, whole=out.whole)


def _scope(make: NodeMaker, tree: Tree[Token]) -> m.Body:
    before = next(at for at, part in enumerate(tree.children) if is_token(part, "OUT"))
    out, *more = (make.node(part) for part in tree.children[before + 1 :])
    statements = tuple(make.node(part) for part in tree.children[:before])
    return m.Body.model_construct(statements=statements, out=out, more=tuple(more), **make.places(tree))


def _group(make: NodeMaker, tree: Tree[Token]) -> m.Group:
    return m.Group.model_construct(body=_body(make, tree.children[0]), **make.places(tree))


def _name(make: NodeMaker, tree: Tree[Token]) -> m.Name:
    name, *label = tree.children
    return m.Name.model_construct(name=str(name), label=_label(label), **make.places(tree))


def _call(make: NodeMaker, tree: Tree[Token]) -> m.Call:
    name, *rest = tree.children
    last = rest[-1] if rest else None
    label = str(rest.pop().children[0]) if isinstance(last, Tree) and last.data == "label" else None  # type: ignore[union-attr]
    arguments = tuple(_argument(make, part) for part in rest)
    return m.Call.model_construct(name=str(name), arguments=arguments, label=label, **make.places(tree))


def _argument(make: NodeMaker, part: Part) -> m.Argument:
    if isinstance(part, Tree) and part.data == "named":
        return _named(make, part)
    value = make.node(part)
    return m.Argument.model_construct(name=None, value=value, span=value.span, whole=value.whole)


def _named(make: NodeMaker, tree: Tree[Token]) -> m.Argument:
    name, value = tree.children
    return m.Argument.model_construct(name=str(name), value=make.node(value), **make.places(tree, name))


def _slot(make: NodeMaker, tree: Tree[Token]) -> m.Slot:
    _, name, *prior, body = tree.children
    return m.Slot.model_construct(
        name=str(name), prior=prior_of(make, prior), body=_body(make, body), **make.places(tree, name)
    )


def _optional(make: NodeMaker, tree: Tree[Token]) -> m.OptionalInput:
    _, name, *prior, body = tree.children
    return m.OptionalInput.model_construct(
        name=str(name), prior=prior_of(make, prior), body=_body(make, body), **make.places(tree, name)
    )


def _choose(make: NodeMaker, tree: Tree[Token]) -> m.Choose:
    _, name, *rest = tree.children
    prior, rest = _prior_first(make, rest)
    alternatives = tuple(make.node(part) for part in rest)
    return m.Choose.model_construct(name=str(name), prior=prior, alternatives=alternatives, **make.places(tree, name))


def _pick(make: NodeMaker, tree: Tree[Token]) -> m.Pick:
    _, name, _, domain, *rest = tree.children
    prior, rest = _prior_first(make, rest)
    alternatives = tuple(make.node(part) for part in rest)
    return m.Pick.model_construct(
        name=str(name), domain=make.node(domain), prior=prior, alternatives=alternatives, **make.places(tree, name)
    )


def _alternative(make: NodeMaker, tree: Tree[Token]) -> m.Alternative:
    name, body = tree.children
    return m.Alternative.model_construct(name=str(name), body=_body(make, body), **make.places(tree, name))


def _repeat(make: NodeMaker, tree: Tree[Token]) -> m.Repeat:
    keyword, *head, body = tree.children
    name = domain = prior = count = index = None
    places = make.places(tree, keyword)
    index_span = places["span"]
    carried: list[m.Carried] = []
    while isinstance(head[-1], Tree) and head[-1].data == "carried":
        carried.insert(0, make.node(head.pop()))
    if carried:
        head.pop()
    if len(head) >= 2 and is_token(head[-2], "AS"):
        index, index_span = str(head[-1]), make.of_token(head[-1])
        head = head[:-2]
    if len(head) > 1:
        places = make.places(tree, head[0])
        name, domain, prior = str(head[0]), make.node(head[2]), prior_of(make, head[3:])
    else:
        count = make.node(head[0])
    return m.Repeat.model_construct(
        name=name,
        domain=domain,
        prior=prior,
        count=count,
        index=index,
        index_span=index_span,
        carried=tuple(carried),
        body=_body(make, body),
        **places,
    )


def _carried(make: NodeMaker, tree: Tree[Token]) -> m.Carried:
    name, value = tree.children
    return m.Carried.model_construct(name=str(name), value=make.node(value), **make.places(tree, name))


def _bypass(make: NodeMaker, tree: Tree[Token]) -> m.Bypass:
    _, name, *domain, body = tree.children
    return m.Bypass.model_construct(
        name=str(name),
        domain=make.node(domain[1]) if domain else None,
        prior=prior_of(make, domain[2:]),
        body=_body(make, body),
        **make.places(tree, name),
    )


def _when(make: NodeMaker, tree: Tree[Token]) -> m.When:
    keyword, test, then, *rest = tree.children
    other: m.Body | m.When | None = None
    if rest:
        last = rest[1]
        assert isinstance(last, Tree)
        other = _when(make, last) if last.data == "when" else _body(make, last.children[0])
    return m.When.model_construct(
        test=make.node(test), then=_body(make, then), other=other, **make.places(tree, keyword)
    )


def _any(make: NodeMaker, tree: Tree[Token]) -> m.AnyOf:
    _, domain, *prior = tree.children
    return m.AnyOf.model_construct(domain=make.node(domain), prior=prior_of(make, prior), **make.places(tree))


def _list(make: NodeMaker, tree: Tree[Token]) -> m.ListOf:
    return m.ListOf.model_construct(items=tuple(make.node(part) for part in tree.children), **make.places(tree))


def _range(make: NodeMaker, tree: Tree[Token]) -> m.Range:
    low, high, *rest = tree.children
    step, log = None, False
    while rest:
        if is_token(rest.pop(0), "LOG"):
            log = True
        else:
            step = make.node(rest.pop(0))
    return m.Range.model_construct(low=make.node(low), high=make.node(high), step=step, log=log, **make.places(tree))


def _binary(make: NodeMaker, tree: Tree[Token]) -> m.Binary:
    left, sign, right = tree.children
    operator: Any = str(sign)
    return m.Binary.model_construct(
        operator=operator, left=make.node(left), right=make.node(right), **make.places(tree)
    )


def _unary(make: NodeMaker, tree: Tree[Token]) -> m.Unary:
    sign, operand = tree.children
    operator: Any = str(sign)
    return m.Unary.model_construct(operator=operator, operand=make.node(operand), **make.places(tree))


def _member(make: NodeMaker, tree: Tree[Token]) -> m.Member:
    item, _, options = tree.children
    return m.Member.model_construct(item=make.node(item), options=make.node(options), **make.places(tree))


def _item_of(make: NodeMaker, tree: Tree[Token]) -> m.Item:
    name, *indices = tree.children
    return m.Item.model_construct(
        name=str(name), indices=tuple(make.node(part) for part in indices), **make.places(tree)
    )


def _every(make: NodeMaker, tree: Tree[Token]) -> m.Every:
    return m.Every.model_construct(**make.places(tree))


def _choice(make: NodeMaker, tree: Tree[Token]) -> m.ChoicePath:
    return m.ChoicePath.model_construct(steps=tuple(_step(make, part) for part in tree.children), **make.places(tree))


def _step(make: NodeMaker, part: Part) -> m.Name | m.Item:
    if isinstance(part, Tree):
        return _item_of(make, part)
    span = make.of_token(part)
    return m.Name.model_construct(name=str(part), label=None, span=span, whole=span)


def prior_of(make: NodeMaker, parts: list[Part]) -> Any:
    """The value or the list after `prior`, the only part if there is one; None if there is none."""
    return make.node(parts[0]) if parts else None


def _prior(make: NodeMaker, tree: Tree[Token]) -> Any:
    return make.node(tree.children[1])


def _prior_first(make: NodeMaker, parts: list[Part]) -> tuple[Any, list[Part]]:
    """The prior, if it comes first, and the other parts."""
    if isinstance(parts[0], Tree) and parts[0].data == "prior":
        return make.node(parts[0]), parts[1:]
    return None, parts


def _label(parts: list[Part]) -> str | None:
    return str(token(parts[0].children[0])) if parts and isinstance(parts[0], Tree) else None


EXPRESSIONS: Mapping[str, Rule] = {
    "pipe": _pipe,
    "group": _group,
    "scope": _scope,
    "name": _name,
    "call": _call,
    "named": _named,
    "slot": _slot,
    "optional": _optional,
    "choose": _choose,
    "pick": _pick,
    "alternative": _alternative,
    "repeat": _repeat,
    "carried": _carried,
    "bypass": _bypass,
    "when": _when,
    "any": _any,
    "list": _list,
    "range": _range,
    "prior": _prior,
    "binary": _binary,
    "compare": _binary,
    "either": _binary,
    "both": _binary,
    "invert": _unary,
    "negate": _unary,
    "member": _member,
    "item_of": _item_of,
    "every": _every,
    "choice": _choice,
}
"""The functions by the names of the rules."""
