"""An architecture whose backbones start from new weights, for when only its layers count."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.backbone import BACKBONE, NONE


def with_new_weights(architecture: Architecture) -> Architecture:
    """The same architecture with `weights = none`: its model needs no file and no download."""
    if all(layer.operator != BACKBONE for layer in architecture.layers):
        return architecture
    layers = tuple(
        replace(layer, attributes={**layer.attributes, "weights": NONE}) if layer.operator == BACKBONE else layer
        for layer in architecture.layers
    )
    network = replace(architecture.network, layers=layers)
    return type(architecture)(architecture.space, architecture.choices, network)
