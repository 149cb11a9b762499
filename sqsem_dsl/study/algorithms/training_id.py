"""The identity of a training: the same network, trained with the same settings."""

from __future__ import annotations

from hashlib import sha256

from sqsem_dsl.network.architecture import Architecture


def training_id(architecture: Architecture, epochs: int | None = None) -> str:
    """The same for two assignments that give one training, even with different choices: the architecture's id, a slash
    and a hash of the settings. `epochs` replaces the number in the settings if a search decides it."""
    train = architecture.train
    if epochs is not None:
        train = train.model_copy(update={"epochs": epochs})
    return f"{architecture.id}/{sha256(train.model_dump_json().encode()).hexdigest()[:16]}"
