"""The settings of one architecture's training, with its backbones in view."""

from __future__ import annotations

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import AtOnce


def training_of(architecture: Architecture) -> TrainSettings:
    """The settings of `train { }`, without `unfreeze` if the architecture has nothing to unfreeze: other parts of
    training, such as early stopping, depend on it."""
    train = architecture.train
    if isinstance(train.unfreeze, AtOnce):
        return train
    if any(layer.operator == BACKBONE and layer.trainable_params for layer in architecture.layers):
        return train
    return train.model_copy(update={"unfreeze": AtOnce()})
