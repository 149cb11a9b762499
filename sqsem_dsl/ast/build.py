"""From lark's tree to the models of a spec, node for node, with places.

The places of spans (`span`, the smallest place that shows a problem):

- statements, structures, alternatives, formals, settings: the NAME token; `bypass auto`: the mode; a repeat without
  a name: the keyword `repeat`; `if`: the keyword; `require`: its condition; `train`, `search`, `meta`: the keyword;
  `use`: from the first name to the last; a named argument: its name;
- expressions, lists, ranges, `any`, bodies and groups: all of it;
- a whole `Spec`: from its first statement to its last.

A node's `whole` is all of it, from a keyword before the name to the closing brace. The grammar has checked the form, so
nodes are made with `model_construct`; every tree of a successful parse is a spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.ast import outline
from sqsem_dsl.ast.build_expressions import EXPRESSIONS, prior_of
from sqsem_dsl.ast.node_maker import NodeMaker, Part, Rule, is_token, token
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.parser import Token, Tree


def build(tree: Tree[Token], source: Source) -> outline.Spec:
    """The spec of a parse tree. The parser limits the depth of the tree, so recursion is safe."""
    return _spec(NodeMaker(source, _RULES), tree)


def _spec(make: NodeMaker, tree: Tree[Token]) -> outline.Spec:
    version, uses, definitions = None, [], []
    for part in tree.children:
        assert isinstance(part, Tree)
        match part.data:
            case "version":
                version = str(part.children[1])
            case "use":
                uses.append(_use(make, part))
            case _:
                definitions.append(make.node(part))
    span = Span(make.source, 0, len(make.source.text)) if tree.meta.empty else make.of_tree(tree)
    return outline.Spec.model_construct(
        version=version, uses=tuple(uses), definitions=tuple(definitions), span=span, whole=span
    )


def _use(make: NodeMaker, tree: Tree[Token]) -> outline.Use:
    _, *names, _, origin = map(token, tree.children)
    library, path = (None, origin[1:-1]) if origin.type == "STRING" else (str(origin), None)
    spans = tuple(map(make.of_token, names))
    return outline.Use.model_construct(
        names=tuple(map(str, names)),
        library=library,
        path=path,
        name_spans=spans,
        origin_span=make.of_token(origin),
        span=spans[0].to(spans[-1]),
        whole=make.of_tree(tree),
    )


def _space(make: NodeMaker, tree: Tree[Token]) -> outline.Space:
    _, name, *rest = tree.children
    doc, rest = _doc(rest)
    items = tuple(make.node(part) for part in rest)
    return outline.Space.model_construct(name=str(name), doc=doc, items=items, **make.places(tree, name))


def _block(make: NodeMaker, tree: Tree[Token]) -> outline.Block:
    rest = list(tree.children)
    sharing: Any = str(rest.pop(0)) if is_token(rest[0], "SHARED", "TIED") else None
    _, name, *rest = rest
    formals = []
    while isinstance(rest[0], Tree) and rest[0].data == "formal":
        formals.append(_formal(make, rest.pop(0)))  # type: ignore[arg-type]
    doc, rest = _doc(rest)
    return outline.Block.model_construct(
        name=str(name),
        sharing=sharing,
        formals=tuple(formals),
        doc=doc,
        body=_body_of(make, rest),
        **make.places(tree, name),
    )


def _body_of(make: NodeMaker, parts: list[Part]) -> m.Body:
    """Statements, `out`, and the value of `out`."""
    *statements, _, out = parts
    result = make.node(out)
    nodes = tuple(make.node(part) for part in statements)
    first = nodes[0] if nodes else result
    return m.Body.model_construct(
        statements=nodes, out=result, span=first.span.to(result.span), whole=first.whole.to(result.whole)
    )


def _formal(make: NodeMaker, tree: Tree[Token]) -> outline.Formal:
    name, *rest = tree.children
    kind = str(rest.pop(0)) if rest and is_token(rest[0], "NAME") else None
    default = make.node(rest[0]) if rest else None
    return outline.Formal.model_construct(name=str(name), type=kind, default=default, **make.places(tree, name))


def _input(make: NodeMaker, tree: Tree[Token]) -> outline.Input:
    _, name, shape, *bound = tree.children
    padded = bool(bound) and is_token(bound[-1], "PADDED")
    # Where a part could not be read, the tree may lack the word `below`.
    below = make.node(bound[1]) if len(bound) > 1 and is_token(bound[0], "BELOW") else None
    return outline.Input.model_construct(
        name=str(name), shape=make.node(shape), below=below, padded=padded, **make.places(tree, name)
    )


def _output(make: NodeMaker, tree: Tree[Token]) -> outline.Output:
    _, name, value = tree.children
    return outline.Output.model_construct(name=str(name), value=make.node(value), **make.places(tree, name))


def _const(make: NodeMaker, tree: Tree[Token]) -> m.Const:
    _, name, value = tree.children
    return m.Const.model_construct(name=str(name), value=make.node(value), **make.places(tree, name))


def _param(make: NodeMaker, tree: Tree[Token]) -> m.Param:
    _, name, *rest = tree.children
    indices = make.node(rest.pop(0)) if isinstance(rest[0], Tree) and rest[0].data == "indices" else None
    _, domain, *prior = rest
    return m.Param.model_construct(
        name=str(name),
        indices=indices,
        domain=make.node(domain),
        prior=prior_of(make, prior),
        **make.places(tree, name),
    )


def _indices(make: NodeMaker, tree: Tree[Token]) -> m.Indices:
    # Where a part could not be read, the tree may lack the word `where`.
    at = next((at for at, part in enumerate(tree.children) if is_token(part, "WHERE")), len(tree.children))
    axes = tuple(make.node(part) for part in tree.children[:at])
    where = make.node(tree.children[at + 1]) if at + 1 < len(tree.children) else None
    return m.Indices.model_construct(axes=axes, where=where, **make.places(tree))


def _axis(make: NodeMaker, tree: Tree[Token]) -> m.Axis:
    name, _, domain = tree.children
    return m.Axis.model_construct(name=str(name), domain=make.node(domain), **make.places(tree, name))


def _let(make: NodeMaker, tree: Tree[Token]) -> m.Let | m.LetSeveral:
    _, name, *others, value = tree.children
    if not others:
        return m.Let.model_construct(name=str(name), value=make.node(value), **make.places(tree, name))
    names = (name, *others)
    return m.LetSeveral.model_construct(
        names=tuple(map(str, names)),
        name_spans=tuple(map(make.of_token, names)),
        value=make.node(value),
        **make.places(tree, name),
    )


def _require(make: NodeMaker, tree: Tree[Token]) -> m.Require:
    condition = make.node(tree.children[1])
    return m.Require.model_construct(condition=condition, span=condition.span, whole=make.of_tree(tree))


def _settings(make: NodeMaker, tree: Tree[Token]) -> outline.Settings:
    keyword, *rest = tree.children
    section: Any = str(keyword)
    settings = tuple(make.node(part) for part in rest)
    return outline.Settings.model_construct(section=section, settings=settings, **make.places(tree, keyword))


def _setting(make: NodeMaker, tree: Tree[Token]) -> outline.Setting:
    name, *middle, value = tree.children
    qualifier = str(middle[0]) if middle else None
    return outline.Setting.model_construct(
        name=str(name), qualifier=qualifier, value=make.node(value), **make.places(tree, name)
    )


def _doc(parts: list[Part]) -> tuple[str | None, list[Part]]:
    """The doc string, if it comes first, and the rest. An `out "text"` is not a doc: `out` comes before it."""
    if parts and is_token(parts[0], "STRING"):
        return token(parts[0])[1:-1], parts[1:]
    return None, parts


_RULES: Mapping[str, Rule] = {
    **EXPRESSIONS,
    "const": _const,
    "param": _param,
    "indices": _indices,
    "axis": _axis,
    "let": _let,
    "require": _require,
    "input": _input,
    "output": _output,
    "settings": _settings,
    "setting": _setting,
    "block": _block,
    "formal": _formal,
    "space": _space,
    "use": _use,
}
"""The function of each rule that stands for a node."""
