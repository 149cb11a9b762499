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

from collections.abc import Callable
from typing import Any, TypedDict

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.parser import Token, Tree

Part = Tree[Token] | Token


def build(tree: Tree[Token], source: Source) -> m.Spec:
    """The spec of a parse tree. The parser limits the depth of the tree, so recursion is safe."""
    return _Builder(source).spec(tree)


class _Places(TypedDict):
    span: Span
    whole: Span


class _Builder:
    """One method for each rule of the grammar; each makes the node of its tree."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rules: dict[str, Callable[[Tree[Token]], Any]] = {
            "pipe": self.pipe, "group": self.group, "scope": self.scope, "name": self.name, "call": self.call,
            "named": self.named, "slot": self.slot, "optional": self.optional, "choose": self.choose, "pick": self.pick,
            "alternative": self.alternative, "repeat": self.repeat, "bypass": self.bypass, "when": self.when,
            "any": self.any, "list": self.list, "range": self.range, "binary": self.binary, "compare": self.binary,
            "either": self.binary, "both": self.binary, "invert": self.unary, "negate": self.unary,
            "member": self.member, "item_of": self.item_of, "const": self.const, "param": self.param, "let": self.let,
            "require": self.require, "input": self.input, "output": self.output, "settings": self.settings,
            "setting": self.setting, "block": self.block, "formal": self.formal, "space": self.space, "use": self.use,
        }  # fmt: skip

    # ---- places

    def of_tree(self, tree: Tree[Token]) -> Span:
        meta = tree.meta
        return Span(self.source, meta.start_pos, meta.end_pos)

    def of_token(self, part: Part) -> Span:
        token = _token(part)
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)

    def places(self, tree: Tree[Token], name: Part | None = None) -> _Places:
        """The places of a node: `span` is its name if it has one, otherwise all of it."""
        whole = self.of_tree(tree)
        return {"span": whole if name is None else self.of_token(name), "whole": whole}

    def node(self, part: Part) -> Any:
        """The node of any part of an expression, a statement or a body."""
        if isinstance(part, Token):
            span = self.of_token(part)
            if part.type == "NUMBER":
                return m.Number.model_construct(text=str(part), span=span, whole=span)
            if part.type == "STRING":
                return m.Text.model_construct(value=part[1:-1], span=span, whole=span)
            raise InternalError(f"no node for token {part!r}")
        rule = self.rules.get(part.data)
        if rule is None:
            raise InternalError(f"no node for rule {part.data}")
        return rule(part)

    # ---- files and statements

    def spec(self, tree: Tree[Token]) -> m.Spec:
        version, uses, definitions = None, [], []
        for part in tree.children:
            assert isinstance(part, Tree)
            match part.data:
                case "version":
                    version = str(part.children[1])
                case "use":
                    uses.append(self.use(part))
                case _:
                    definitions.append(self.node(part))
        span = Span(self.source, 0, len(self.source.text)) if tree.meta.empty else self.of_tree(tree)
        return m.Spec.model_construct(
            version=version, uses=tuple(uses), definitions=tuple(definitions), span=span, whole=span
        )

    def use(self, tree: Tree[Token]) -> m.Use:
        _, *names, _, origin = _tokens(tree)
        library, path = (None, origin[1:-1]) if origin.type == "STRING" else (str(origin), None)
        spans = tuple(map(self.of_token, names))
        return m.Use.model_construct(
            names=tuple(map(str, names)),
            library=library,
            path=path,
            name_spans=spans,
            origin_span=self.of_token(origin),
            span=spans[0].to(spans[-1]),
            whole=self.of_tree(tree),
        )

    def space(self, tree: Tree[Token]) -> m.Space:
        _, name, *rest = tree.children
        doc, rest = _doc(rest)
        items = tuple(self.node(part) for part in rest)
        return m.Space.model_construct(name=str(name), doc=doc, items=items, **self.places(tree, name))

    def block(self, tree: Tree[Token]) -> m.Block:
        rest = list(tree.children)
        sharing: Any = str(rest.pop(0)) if _is_token(rest[0], "SHARED", "TIED") else None
        _, name, *rest = rest
        formals = []
        while isinstance(rest[0], Tree) and rest[0].data == "formal":
            formals.append(self.formal(rest.pop(0)))  # type: ignore[arg-type]
        doc, rest = _doc(rest)
        return m.Block.model_construct(
            name=str(name),
            sharing=sharing,
            formals=tuple(formals),
            doc=doc,
            body=self.body_of(rest),
            **self.places(tree, name),
        )

    def body_of(self, parts: list[Part]) -> m.Body:
        """Statements, `out`, and the value of `out`."""
        *statements, _, out = parts
        result = self.node(out)
        nodes = tuple(self.node(part) for part in statements)
        first = nodes[0] if nodes else result
        return m.Body.model_construct(
            statements=nodes, out=result, span=first.span.to(result.span), whole=first.whole.to(result.whole)
        )

    def formal(self, tree: Tree[Token]) -> m.Formal:
        name, *rest = tree.children
        kind = str(rest.pop(0)) if rest and _is_token(rest[0], "NAME") else None
        default = self.node(rest[0]) if rest else None
        return m.Formal.model_construct(name=str(name), type=kind, default=default, **self.places(tree, name))

    def input(self, tree: Tree[Token]) -> m.Input:
        _, name, shape = tree.children
        return m.Input.model_construct(name=str(name), shape=self.node(shape), **self.places(tree, name))

    def output(self, tree: Tree[Token]) -> m.Output:
        _, name, value = tree.children
        return m.Output.model_construct(name=str(name), value=self.node(value), **self.places(tree, name))

    def const(self, tree: Tree[Token]) -> m.Const:
        _, name, value = tree.children
        return m.Const.model_construct(name=str(name), value=self.node(value), **self.places(tree, name))

    def param(self, tree: Tree[Token]) -> m.Param:
        _, name, _, domain = tree.children
        return m.Param.model_construct(name=str(name), domain=self.node(domain), **self.places(tree, name))

    def let(self, tree: Tree[Token]) -> m.Let:
        _, name, value = tree.children
        return m.Let.model_construct(name=str(name), value=self.node(value), **self.places(tree, name))

    def require(self, tree: Tree[Token]) -> m.Require:
        condition = self.node(tree.children[1])
        return m.Require.model_construct(condition=condition, span=condition.span, whole=self.of_tree(tree))

    def settings(self, tree: Tree[Token]) -> m.Settings:
        keyword, *rest = tree.children
        section: Any = str(keyword)
        settings = tuple(self.node(part) for part in rest)
        return m.Settings.model_construct(section=section, settings=settings, **self.places(tree, keyword))

    def setting(self, tree: Tree[Token]) -> m.Setting:
        name, *middle, value = tree.children
        qualifier = str(middle[0]) if middle else None
        return m.Setting.model_construct(
            name=str(name), qualifier=qualifier, value=self.node(value), **self.places(tree, name)
        )

    # ---- dataflow

    def pipe(self, tree: Tree[Token]) -> m.Pipe:
        stages: list[Part] = []
        part: Part = tree
        while isinstance(part, Tree) and part.data == "pipe":
            part, stage = part.children
            stages.append(stage)
        return m.Pipe.model_construct(
            source=self.node(part),
            stages=tuple(self.node(stage) for stage in reversed(stages)),
            **self.places(tree),
        )

    def body(self, part: Part) -> m.Body:
        if isinstance(part, Tree) and part.data == "scope":
            return self.scope(part)
        out = self.node(part)
        return m.Body.model_construct(statements=(), out=out, span=out.span, whole=out.whole)

    def scope(self, tree: Tree[Token]) -> m.Body:
        *statements, _, out = tree.children
        return m.Body.model_construct(
            statements=tuple(self.node(part) for part in statements), out=self.node(out), **self.places(tree)
        )

    def group(self, tree: Tree[Token]) -> m.Group:
        return m.Group.model_construct(body=self.body(tree.children[0]), **self.places(tree))

    def name(self, tree: Tree[Token]) -> m.Name:
        name, *label = tree.children
        return m.Name.model_construct(name=str(name), label=_label(label), **self.places(tree))

    def call(self, tree: Tree[Token]) -> m.Call:
        name, *rest = tree.children
        last = rest[-1] if rest else None
        label = str(rest.pop().children[0]) if isinstance(last, Tree) and last.data == "label" else None  # type: ignore[union-attr]
        arguments = tuple(self.argument(part) for part in rest)
        return m.Call.model_construct(name=str(name), arguments=arguments, label=label, **self.places(tree))

    def argument(self, part: Part) -> m.Argument:
        if isinstance(part, Tree) and part.data == "named":
            return self.named(part)
        value = self.node(part)
        return m.Argument.model_construct(name=None, value=value, span=value.span, whole=value.whole)

    def named(self, tree: Tree[Token]) -> m.Argument:
        name, value = tree.children
        return m.Argument.model_construct(name=str(name), value=self.node(value), **self.places(tree, name))

    # ---- structures

    def slot(self, tree: Tree[Token]) -> m.Slot:
        _, name, body = tree.children
        return m.Slot.model_construct(name=str(name), body=self.body(body), **self.places(tree, name))

    def optional(self, tree: Tree[Token]) -> m.OptionalInput:
        _, name, body = tree.children
        return m.OptionalInput.model_construct(name=str(name), body=self.body(body), **self.places(tree, name))

    def choose(self, tree: Tree[Token]) -> m.Choose:
        _, name, *rest = tree.children
        alternatives = tuple(self.node(part) for part in rest)
        return m.Choose.model_construct(name=str(name), alternatives=alternatives, **self.places(tree, name))

    def pick(self, tree: Tree[Token]) -> m.Pick:
        _, name, _, domain, *rest = tree.children
        alternatives = tuple(self.node(part) for part in rest)
        return m.Pick.model_construct(
            name=str(name), domain=self.node(domain), alternatives=alternatives, **self.places(tree, name)
        )

    def alternative(self, tree: Tree[Token]) -> m.Alternative:
        name, body = tree.children
        return m.Alternative.model_construct(name=str(name), body=self.body(body), **self.places(tree, name))

    def repeat(self, tree: Tree[Token]) -> m.Repeat:
        keyword, *head, body = tree.children
        name = domain = count = index = None
        places = self.places(tree, keyword)
        index_span = places["span"]
        if len(head) >= 2 and _is_token(head[-2], "AS"):
            index, index_span = str(head[-1]), self.of_token(head[-1])
            head = head[:-2]
        if len(head) == 3:
            places = self.places(tree, head[0])
            name, domain = str(head[0]), self.node(head[2])
        else:
            count = self.node(head[0])
        return m.Repeat.model_construct(
            name=name,
            domain=domain,
            count=count,
            index=index,
            index_span=index_span,
            body=self.body(body),
            **places,
        )

    def bypass(self, tree: Tree[Token]) -> m.Bypass:
        _, name, *domain, body = tree.children
        return m.Bypass.model_construct(
            name=str(name),
            domain=self.node(domain[1]) if domain else None,
            body=self.body(body),
            **self.places(tree, name),
        )

    def when(self, tree: Tree[Token]) -> m.When:
        keyword, test, then, *rest = tree.children
        other: m.Body | m.When | None = None
        if rest:
            last = rest[1]
            assert isinstance(last, Tree)
            other = self.when(last) if last.data == "when" else self.body(last.children[0])
        return m.When.model_construct(
            test=self.node(test), then=self.body(then), other=other, **self.places(tree, keyword)
        )

    # ---- domains and arithmetic

    def any(self, tree: Tree[Token]) -> m.AnyOf:
        return m.AnyOf.model_construct(domain=self.node(tree.children[1]), **self.places(tree))

    def list(self, tree: Tree[Token]) -> m.ListOf:
        return m.ListOf.model_construct(items=tuple(self.node(part) for part in tree.children), **self.places(tree))

    def range(self, tree: Tree[Token]) -> m.Range:
        low, high, *rest = tree.children
        step, log = None, False
        while rest:
            if _is_token(rest.pop(0), "LOG"):
                log = True
            else:
                step = self.node(rest.pop(0))
        return m.Range.model_construct(
            low=self.node(low), high=self.node(high), step=step, log=log, **self.places(tree)
        )

    def binary(self, tree: Tree[Token]) -> m.Binary:
        left, sign, right = tree.children
        operator: Any = str(sign)
        return m.Binary.model_construct(
            operator=operator, left=self.node(left), right=self.node(right), **self.places(tree)
        )

    def unary(self, tree: Tree[Token]) -> m.Unary:
        sign, operand = tree.children
        operator: Any = str(sign)
        return m.Unary.model_construct(operator=operator, operand=self.node(operand), **self.places(tree))

    def member(self, tree: Tree[Token]) -> m.Member:
        item, _, options = tree.children
        return m.Member.model_construct(item=self.node(item), options=self.node(options), **self.places(tree))

    def item_of(self, tree: Tree[Token]) -> m.Item:
        name, *indices = tree.children
        return m.Item.model_construct(
            name=str(name), indices=tuple(self.node(part) for part in indices), **self.places(tree)
        )


def _token(part: Part) -> Token:
    assert isinstance(part, Token)
    return part


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [_token(part) for part in tree.children]


def _is_token(part: Part, *types: str) -> bool:
    return isinstance(part, Token) and part.type in types


def _doc(parts: list[Part]) -> tuple[str | None, list[Part]]:
    """The doc string, if it comes first, and the rest. An `out "text"` is not a doc: `out` comes before it."""
    if parts and _is_token(parts[0], "STRING"):
        return _token(parts[0])[1:-1], parts[1:]
    return None, parts


def _label(parts: list[Part]) -> str | None:
    return str(_token(parts[0].children[0])) if parts and isinstance(parts[0], Tree) else None
