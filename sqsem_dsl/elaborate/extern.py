"""`extern("package.module:Layer", …)`: a Keras layer of the user's own."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.calls import name_span
from sqsem_dsl.elaborate.domains import Domains
from sqsem_dsl.elaborate.errors.statements import ExternForbidden, MissingArgument, WrongType
from sqsem_dsl.elaborate.scope import Scope, Tensor
from sqsem_dsl.ir.graph import ItemId, Op


class Externs(Domains):
    """Elaborates `extern`; the layer itself is imported when its shape is first wanted."""

    def extern(self, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        signature = 'extern("package.module:Layer", name = value, …)'
        inputs = [] if flow is None else [flow]
        target: str | None = None
        attributes: dict[str, ItemId] = {}
        for argument in node.arguments:
            place = (node.label or "extern", argument.name or "target")
            meaning = self.value(argument.value, scope, self.known_symbols(), place)
            if isinstance(meaning, Tensor):
                inputs.append(meaning.item)
            elif meaning.item == self.broken:
                return self.broken
            elif argument.name is not None:
                attributes[argument.name] = meaning.item
            elif target is not None:
                remedy = 'arguments of the layer have names: `extern("package.module:Layer", units = 8)`'
                return self.report(
                    WrongType(argument.span, "a tensor or a named argument", self.describe(meaning.item), remedy)
                )
            elif isinstance(value := self.static(meaning.item), str) and value.count(":") == 1:
                target = value
            else:
                wanted, remedy = "the place of a layer", f"it is written `{signature}`"
                return self.report(WrongType(argument.span, wanted, self.describe(meaning.item), remedy))
        if target is None:
            return self.report(MissingArgument(name_span(node), "extern", "the layer's place", signature))
        if not inputs:
            return self.report(MissingArgument(name_span(node), "extern", "a tensor", signature))
        if not self.allow_extern:
            return self.report(ExternForbidden(name_span(node), target))
        if self.broken in inputs:
            return self.broken
        from sqsem_dsl.operators.extern import extern_row

        name, weights = self.layer_name(scope, node.label or target.partition(":")[2].lower())
        return self.make(
            Op(extern_row(target), tuple(inputs), tuple(attributes.items()), name, weights, name_span(node))
        )
