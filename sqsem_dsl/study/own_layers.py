"""The custom layers of a network, and whether a saved model finds them without help."""

from __future__ import annotations

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.extern import EXTERN, TARGET, is_registered


def own_layers(architecture: Architecture) -> list[str]:
    """The `extern` layers of a network, as `package.module:Layer`, each once."""
    return sorted({str(layer.attributes[TARGET]) for layer in architecture.layers if layer.operator == EXTERN})


def loading_own_layers(architecture: Architecture) -> str | None:
    """The custom objects that `keras.models.load_model` needs for a model of the network; None if it needs none."""
    names = [target.rpartition(":")[2] for target in own_layers(architecture) if not is_registered(target)]
    if not names:
        return None
    objects = ", ".join(f'"{name}": {name}' for name in names)
    return (
        f"`keras.models.load_model` needs `custom_objects={{{objects}}}` for saved models; with "
        f"`@keras.saving.register_keras_serializable()` on the class it does not"
    )
