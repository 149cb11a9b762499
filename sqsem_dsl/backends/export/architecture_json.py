"""Plain data for `--emit`: an architecture, and facts about a space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from sqsem_dsl.ir.choices import Categorical, Choice, plain
from sqsem_dsl.ir.priors import Near, Prior, Shares
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.utils.shapes import input_facts


def architecture_json(architecture: Architecture) -> dict[str, Any]:
    """The architecture with its counts. Shapes are channels last and without the batch axis."""
    return {
        "space": architecture.space,
        "id": architecture.id,
        "choices": {path: plain(value) for path, value in architecture.choices.items()},
        "inputs": {name: list(shape) for name, shape in architecture.inputs.items()},
        **input_facts(architecture.inputs),
        "outputs": {name: architecture.layers[at].name for name, at in architecture.outputs.items()},
        "layers": [layer_json(layer, architecture) for layer in architecture.layers],
        "params": architecture.params,
        "trainable_params": architecture.trainable_params,
        "macs": architecture.macs,
        "activations": architecture.activations,
        "weighted_layers": architecture.weighted_layers,
        "memory": architecture.memory,
        "flash": architecture.flash,
        "latency": architecture.latency,
        "lower_bounds": sorted(architecture.lower_bounds),
    }


def layer_json(layer: Layer, architecture: Architecture) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": layer.name,
        "operator": layer.operator,
        "attributes": {name: plain(value) for name, value in layer.attributes.items()},
        "inputs": [architecture.layers[at].name for at in layer.inputs],
        "shape": list(layer.shape),
        "params": layer.params,
        "trainable_params": layer.trainable_params,
        "macs": layer.macs,
    }
    if layer.shares is not None:
        data["shares"] = architecture.layers[layer.shares].name
    return data


def choice_json(choice: Choice) -> dict[str, Any]:
    """A choice; `when` is a list of conditions: path to allowed values. The choice is active if any of them holds."""
    domain: object
    match choice.domain:
        case Categorical(values=values):
            domain = [plain(value) for value in values]
        case real:
            domain = {"low": float(real.low), "high": float(real.high), "log": real.log}
    when: list[Mapping[str, object]] = [
        {path: [plain(v) for v in values] for path, values in cube} for cube in choice.when
    ]
    return {
        "path": choice.path,
        "kind": choice.kind,
        "section": choice.section,
        "domain": domain,
        "prior": _prior(choice.prior),
        "when": when,
    }


def _prior(prior: Prior | None) -> object:
    """The probability of each value; for an interval, the value that the author believes in."""
    match prior:
        case None:
            return None
        case Shares(of=shares):
            return [float(share) for share in shares]
        case Near(value=value):
            return float(value)
        case _:
            assert_never(prior)
