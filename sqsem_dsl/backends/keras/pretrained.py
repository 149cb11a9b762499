"""The weights of a `backbone`: Keras's own for ImageNet, or those of a file next to the spec.

They are read once in a process. A file is read by Keras, which runs nothing in it; a file that leads to others is
rejected.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.backends.keras.errors import NoWeights
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.backbone import IMAGENET, NONE
from sqsem_dsl.operators.backbone_networks import NETWORKS, weights_file
from sqsem_dsl.utils.exceptions import in_a_line

SIZE = 224
"""Height and width of the input while weights are read; they do not depend on it."""
STDDEV = (0.229, 0.224, 0.225)
"""The deviations of ImageNet's channels, by which EfficientNet divides once more if it has Keras's weights."""

Arrays = Sequence[NDArray[Any]]


def pretrained(network: str, weights: str, folder: str | None) -> Arrays | None:
    """The weights of a network without its classifier, in Keras's order; None for new ones.

    `weights` is `none`, `imagenet`, or the path of a file in `folder` or below it. Raises SqsError if they are not
    available.
    """
    if weights == NONE:
        return None
    if weights == IMAGENET:
        return _read(network, None, 0)
    try:
        file = weights_file(weights, folder)
        changed = file.stat().st_mtime_ns
    except (OSError, ValueError) as error:
        raise SqsError([NoWeights(NOWHERE, network, weights, in_a_line(error))]) from error
    return _read(network, str(file), changed)


@lru_cache(maxsize=2)
def _read(network: str, file: str | None, changed: int) -> Arrays:
    """The weights in a file, of a certain state, or those of Keras."""
    before = random.getstate()  # building a network must not change the seeds of the layers that follow
    make = getattr(keras.applications, NETWORKS[network].keras)
    try:
        if file is None:
            return _imagenet(network, make(include_top=False, weights="imagenet", input_shape=(SIZE, SIZE, 3)))
        _check_links(file)
        model = make(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of layers that a file does not have
            model.load_weights(file)
        arrays: Arrays = model.get_weights()
        return arrays
    except Exception as error:  # Keras and h5py raise anything for a failed download or a file that does not fit
        name = IMAGENET if file is None else Path(file).name
        raise SqsError([NoWeights(NOWHERE, network, name, in_a_line(error))]) from error
    finally:
        random.setstate(before)


def _imagenet(network: str, model: keras.Model) -> Arrays:
    """The weights of a model that Keras has made with its own.

    Its EfficientNetB0 then divides by the square root of each channel's deviation, in a layer that it has for no other
    weights. The variance of the normalization before it takes this up.
    """
    arrays: list[NDArray[Any]] = model.get_weights()
    if network == "efficientnet_b0":
        names = [variable.name for variable in model.weights]
        at = names.index("variance")
        arrays[at] = arrays[at] * np.asarray(STDDEV, arrays[at].dtype)
    return arrays


def _check_links(file: str) -> None:
    """Raises ValueError if a file in HDF5 leads to another one."""
    h5py = import_module("h5py")

    def visit(name: str, each: Any) -> None:
        if isinstance(each, h5py.Dataset):
            if each.external or each.is_virtual:
                raise ValueError(f"its data set `{name}` is in another file")
            return
        for key in each:
            if isinstance(each.get(key, getlink=True), h5py.ExternalLink):
                raise ValueError(f"`{name}/{key}` is a link to another file")

    with h5py.File(file, "r") as opened:
        visit("", opened)
        opened.visititems(visit)
