"""The inputs of a model, with what `augment` and `standardize` do to them as layers of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scalars import scalar, whole
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import Tensor, number
from sqsem_dsl.backends.hypermodel.writer import Module, Writer, identifier
from sqsem_dsl.ir.input_shapes import resolution_choices
from sqsem_dsl.operators.row import PaddedShape, WholeShape
from sqsem_dsl.settings import options
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.space.space import Space

STATISTICS = [
    "def channel_statistics(x):",
    '    """The mean and the variance of each channel of an array of samples."""',
    "    axes = tuple(range(x.ndim - 1))",
    "    return x.mean(axes).tolist(), x.var(axes).tolist()",
]


def input_code(writer: Writer, item: outline.Input, space: Space, scope: Scope, inputs: dict[str, str]) -> Tensor:
    """Writes an input, and binds its variable in `inputs`; what the network reads of it. An image with a chosen
    resolution is resized from the largest one."""
    shape = space.inputs[item.name]
    if isinstance(shape, PaddedShape) or (isinstance(shape, WholeShape) and item.padded):
        remedy = "give it a fixed length, or use `space.hypermodel()`, which handles padding"
        writer.module.refuse(item.span, f"`{item.name}`, a padded input,", "it needs masks in all layers", remedy)
    wanted = "inputs" if item.name == "x" else identifier(item.name)  # `x` is for what follows
    variable = inputs[item.name] = writer.free(wanted)
    shown = f"({shape[0]},)" if len(shape) == 1 else str(tuple(shape))
    below = shape.below if isinstance(shape, WholeShape) else None
    dtype = ', dtype="int32"' if below is not None else ""
    writer.write(f'{variable} = keras.Input({shown}, name="{item.name}"{dtype})')
    if below is not None:
        return Tensor(variable, len(shape), below)
    train = space.default().train
    read = variable
    if len(shape) == 3 and train.augment:
        read = writer.free(f"augmented_{variable}")
        for at, layer in enumerate(_augmenting(writer.module, train.augment, shape[0], shape[1])):
            made = f'{layer[:-1]}, dtype="float32")' if writer.module.mixed else layer
            writer.write(f"{read} = {made}({read if at else variable})")
    resolution = _resolution(writer, item, space, scope)
    if resolution is not None:
        smaller = writer.free(f"resized_{variable}")
        precision = ', dtype="float32"' if writer.module.mixed else ""
        writer.write(f"{smaller} = layers.Resizing({resolution}{precision})({read})")
        read = smaller
    scale = _scale(train, item.name, shape[-1])
    if scale is not None:
        scaled = writer.free(f"standardized_{variable}")
        if scale == "":
            scale = "mean=mean, variance=variance"
            writer.write(f'mean, variance = self.statistics["{item.name}"]')
        scale += ', dtype="float32"' if writer.module.mixed else ""
        writer.write(f"{scaled} = layers.Normalization({scale})({read})")
        read = scaled
    return Tensor(read, len(shape))


def _resolution(writer: Writer, item: outline.Input, space: Space, scope: Scope) -> str | None:
    """The height and the width that choices give an image; None if its shape is fixed."""
    node = next(each for each in space.graph.inputs if each.name == item.name)
    if not node.extents:
        return None
    read = resolution_choices(space.graph, node)
    if any(cube for choice in space.choices if choice.path in read for cube in choice.when):
        remedy = "use it in every architecture, or use `space.hypermodel()`"
        writer.module.refuse(item.span, f"the resolution of `{item.name}`", "it may not be active", remedy)
    inner = scope.within(Part(item.name))
    sides = [
        read_choice(writer, entry.domain, inner, Part(axis))
        if isinstance(entry, nodes.AnyOf)
        else scalar(writer, entry, scope)
        for entry, axis in zip(item.shape.items[:2], ("height", "width"), strict=True)
    ]
    return ", ".join(map(whole, sides))


def _scale(train: TrainSettings, name: str, channels: int) -> str | None:
    """The mean and the variance of an input as arguments; empty if they are those of the data, None without any."""
    match train.by_input.get(name, train.standardize):
        case options.AsTheyCome():
            return None
        case options.PerChannel():
            return ""
        case options.Stated(mean=mean, stddev=stddev):
            variance = tuple(one * one for one in stddev)
            sides = [f"[{', '.join(map(number, each))}]" for each in (mean, variance)]
            several = [
                code + (f" * {channels}" if len(each) == 1 < channels else "")
                for code, each in zip(sides, (mean, stddev), strict=True)
            ]
            return f"mean={several[0]}, variance={several[1]}"
        case other:
            assert_never(other)


def from_data(train: TrainSettings, space: Space) -> list[str]:
    """The inputs that are standardized by the statistics of the data."""
    plain = [name for name, shape in space.inputs.items() if not isinstance(shape, WholeShape)]
    return [name for name in plain if _scale(train, name, 1) == ""]


# ---- augmentation


def check_augmentation(settings: Settings, train: TrainSettings, space: Space) -> None:
    """Records augmentations that the module cannot have."""
    images = [n for n, shape in space.inputs.items() if len(shape) == 3 and not isinstance(shape, WholeShape)]
    remedy = "remove it and do the same to your data, or use `space.hypermodel()`"
    if not train.augment or not images:
        return
    span = settings.given["augment"].span
    if settings.searched("augment"):
        settings.refuse(span, "augment", "it is searched", remedy)
    elif len(images) > 1:
        settings.refuse(span, "augment", "all images of a sample must move alike, and Keras's layers do not", remedy)
    elif any(len(fact.shape) == 3 for fact in space.outputs.values()):
        settings.refuse(span, "augment", "labels must move with their images, and Keras's layers do not", remedy)


def is_approximate(augmentations: Sequence[options.Augmentation]) -> bool:
    """Whether Keras's layers give images that are a little different from those of sqsem.

    sqsem combines all moves before it resamples an image once, and does not clip values.
    """
    alike = (options.Flip, options.FlipVertical, options.Noise, options.Cutout)
    others = [each for each in augmentations if not isinstance(each, alike)]
    return len(others) > 1 or any(not isinstance(o, options.Crop | options.Shift | options.Rotate) for o in others)


_MOVES = options.Flip | options.FlipVertical | options.Crop | options.Shift | options.Rotate | options.Zoom


def _augmenting(
    module: Module, augmentations: Sequence[options.Augmentation], height: int, width: int
) -> Iterator[str]:
    """The layers, moves first."""
    empty = 'fill_mode="constant"'
    for each in sorted(augmentations, key=lambda each: not isinstance(each, _MOVES)):
        match each:
            case options.Flip():
                yield 'layers.RandomFlip("horizontal")'
            case options.FlipVertical():
                yield 'layers.RandomFlip("vertical")'
            case options.Crop(pixels=pixels):
                # Rounded to the nearest pixel, each move from -n to n is equally likely. Keras's `RandomCrop` moves all
                # images of a batch alike.
                sides = ", ".join(f"{pixels}.5 / {extent}" for extent in (height, width))
                yield f'layers.RandomTranslation({sides}, {empty}, interpolation="nearest")'
            case options.Shift(fraction=fraction):
                yield f"layers.RandomTranslation({number(fraction)}, {number(fraction)}, {empty})"
            case options.Rotate(degrees=degrees):
                yield f"layers.RandomRotation({number(degrees)} / 360, {empty})"
            case options.Zoom(fraction=fraction):
                yield f"layers.RandomZoom({number(fraction)}, {empty})"
            case options.Brightness(delta=delta):
                yield f"layers.RandomBrightness({number(delta)}, value_range=(0, 1))"
            case options.Contrast(delta=delta):
                yield f"layers.RandomContrast({number(delta)}, value_range=(0, 1))"
            case options.Noise(stddev=stddev):
                yield f"layers.GaussianNoise({number(stddev)})"
            case options.Cutout(size=size):
                yield f"{helper(module, 'Cutout')}({size})"
            case other:
                assert_never(other)
