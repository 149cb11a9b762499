"""The endings of outputs, in one architecture or in any: labels and losses depend on them."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import Const, Draw, Graph, Guard, ItemId, Loop, Op, Switch
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.metrics import Ending, OutputFact

OTHER = "no softmax or sigmoid"
ENDINGS = ("softmax", "sigmoid")


def output_facts(architecture: Architecture) -> Mapping[str, OutputFact]:
    """The outputs of an architecture by name, with their shapes and last activations."""
    facts = {}
    for name, position in architecture.outputs.items():
        layer = architecture.layers[position]
        last = layer.attributes.get("name") if layer.operator == "activation" else layer.operator
        ending: Ending = "softmax" if last == "softmax" else "sigmoid" if last == "sigmoid" else None
        facts[name] = OutputFact(layer.shape, ending)
    return facts


def endings(graph: Graph, output: ItemId) -> frozenset[str]:
    """The endings that a tensor can have: `softmax`, `sigmoid`, or `OTHER`."""
    found: set[str] = set()
    pending, seen = [output], {output}
    while pending:
        item = pending.pop()
        node = graph.items[item]
        following: tuple[ItemId, ...] = ()
        match node:
            case Op(row=row, inputs=inputs) if row.name == "identity":
                following = inputs
            case Op(row=row, attributes=attributes) if row.name == "activation":
                found |= _named(graph, dict(attributes)["name"])
            case Op(row=row):
                found.add(row.name if row.name in ENDINGS else OTHER)
            case Switch(cases=cases):
                following = tuple(case for _, case in cases)
            case Loop(steps=steps):
                following = steps
            case Guard(body=body):
                following = (body,)
            case _:
                found.add(OTHER)
        for each in following:
            if each not in seen:
                seen.add(each)
                pending.append(each)
    return frozenset(found)


def _named(graph: Graph, item: ItemId) -> set[str]:
    match graph.items[item]:
        case Const(value=value):
            values: tuple[object, ...] = (value,)
        case Draw(choice=choice) if isinstance(domain := graph.choices[choice].domain, Categorical):
            values = domain.values
        case _:
            values = (OTHER,)
    return {value if isinstance(value, str) and value in ENDINGS else OTHER for value in values}
