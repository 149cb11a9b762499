"""The networks of `keras.applications` that `backbone` knows, and the files that list their layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).resolve().parent / "backbones"
"""A file for each network, written by `benchmarks/describe_backbones.py` from the installed Keras."""

MEAN, STDDEV = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the channels of ImageNet, for values from 0 to 1: `keras.applications.imagenet_utils.preprocess_input`."""
MEAN_OF_BYTES = (103.939, 116.779, 123.68)
"""The same for blue, green and red from 0 to 255, in the mode `caffe`."""


@dataclass(frozen=True, slots=True)
class Known:
    """A network: the function of `keras.applications` that makes it, the scaling of its inputs, and the smallest height
    and width that it accepts.

    scaling: `tf` from -1 to 1; `torch` the mean and deviation of ImageNet; `caffe` blue first, the mean of ImageNet
    subtracted, from 0 to 255; `own` from 0 to 255, the network scales them itself. Source: the function
    `preprocess_input` of each module of `keras.applications`.
    """

    keras: str
    scaling: Literal["tf", "torch", "caffe", "own"]
    least: int = 32


NETWORKS: Mapping[str, Known] = {
    "mobilenet": Known("MobileNet", "tf"),
    "mobilenet_v2": Known("MobileNetV2", "tf"),
    "mobilenet_v3_small": Known("MobileNetV3Small", "own"),
    "mobilenet_v3_large": Known("MobileNetV3Large", "own"),
    "efficientnet_b0": Known("EfficientNetB0", "own"),
    "efficientnet_v2_b0": Known("EfficientNetV2B0", "own"),
    "resnet50": Known("ResNet50", "caffe"),
    "resnet50_v2": Known("ResNet50V2", "tf"),
    "vgg16": Known("VGG16", "caffe"),
    "densenet121": Known("DenseNet121", "torch"),
    "xception": Known("Xception", "tf", 71),
    "inception_v3": Known("InceptionV3", "tf", 75),
    "nasnet_mobile": Known("NASNetMobile", "tf"),
    "convnext_tiny": Known("ConvNeXtTiny", "own"),
}


def weights_file(written: str, folder: str | None) -> Path:
    """The file of weights that a spec names, in the folder of the spec or below it.

    Raises ValueError, with the reason, if it is elsewhere, is not a regular file, or has another kind of name, and
    OSError if it cannot be found.
    """
    if folder is None:
        raise ValueError("the spec has no folder: it is a text, or one that a study keeps")
    if not written.endswith((".h5", ".hdf5")):
        raise ValueError("it must be a file `….weights.h5`, as `model.save_weights` writes it")
    root = Path(folder).resolve()
    file = (root / written).resolve()
    if not file.is_relative_to(root):
        raise ValueError("it is outside the folder of the spec")
    if not file.exists():
        raise ValueError("there is no such file")
    if not file.is_file():
        raise ValueError("it is not a file")
    return file
