"""The inputs of a model, with what `augment` and `standardize` do to them as layers of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.emitted import Module, identifier
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scalars import scalar, whole
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import Tensor, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.input_shapes import resolution_choices
from sqsem_dsl.operators.row import PaddedShape, Shape, WholeShape
from sqsem_dsl.settings import options
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.space.space import Space

_STATISTICS = [
    "def channel_statistics(x):",
    '    """The mean and the variance of each channel of an array of samples."""',
    "    axes = tuple(range(x.ndim - 1))",
    "    return x.mean(axes).tolist(), x.var(axes).tolist()",
]
_STATISTICS_PADDED = [
    "def channel_statistics(x):",
    '    """The mean and the variance of each channel of an array of samples, without its padding."""',
    "    axes = tuple(range(x.ndim - 1))",
    "    return numpy.nanmean(x, axes).tolist(), numpy.nanvar(x, axes).tolist()",
]


@dataclass
class Inputs:
    """The inputs that are written."""

    variables: dict[str, str] = field(default_factory=dict)
    """The variables of the inputs themselves, by their names."""
    augmented: dict[str, str] = field(default_factory=dict)
    """Those of the images after `augment`."""

    @property
    def used(self) -> tuple[str, ...]:
        return *self.variables.values(), *self.augmented.values()


def input_code(writer: Writer, item: outline.Input, space: Space, scope: Scope, inputs: Inputs) -> Tensor:
    """Writes an input; what the network reads of it. An image with a chosen resolution is resized from the largest
    one."""
    shape = space.inputs[item.name]
    if item.name not in inputs.variables:
        _declare(writer, item.name, space, inputs)
    variable = inputs.variables[item.name]
    if isinstance(shape, WholeShape):
        return Tensor(variable, len(shape), shape.below, item.padded)
    train = space.default().train
    if item.name in images_of(space) and train.augment and item.name not in inputs.augmented:
        _augment(writer, item.name, space, inputs)
    read = inputs.augmented.get(item.name, variable)
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
    if isinstance(shape, PaddedShape):
        filled = writer.free(f"masked_{variable}")
        writer.write(f"{filled} = {helper(writer.module, 'Padding')}()({read})")
        read = filled
    return Tensor(read, len(shape))


def _declare(writer: Writer, name: str, space: Space, inputs: Inputs) -> None:
    shape = space.inputs[name]
    wanted = "inputs" if name == "x" else identifier(name)  # `x` is for what follows
    variable = inputs.variables[name] = writer.free(wanted)
    shown = f"({shape[0]},)" if len(shape) == 1 else str(tuple(shape))
    dtype = ', dtype="int32"' if isinstance(shape, WholeShape) else ""
    writer.write(f'{variable} = keras.Input({shown}, name="{name}"{dtype})')


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


def statistics_lines(module: Module) -> list[str]:
    """The function for the statistics of the data."""
    if module.padded is None:
        return _STATISTICS
    module.packages.add("numpy")
    return _STATISTICS_PADDED


def from_data(train: TrainSettings, space: Space) -> list[str]:
    """The inputs that are standardized by the statistics of the data."""
    plain = [name for name, shape in space.inputs.items() if not isinstance(shape, WholeShape)]
    return [name for name in plain if _scale(train, name, 1) == ""]


# ---- augmentation


def images_of(space: Space) -> list[str]:
    """The inputs that are augmented."""
    return [name for name, shape in space.inputs.items() if len(shape) == 3 and not isinstance(shape, WholeShape)]


def check_augmentation(settings: Settings, train: TrainSettings, space: Space) -> None:
    """Records augmentations that the module cannot have."""
    images = images_of(space)
    remedy = "remove it and do the same to your data, or use `space.hypermodel()`"
    if not train.augment or not images:
        return
    span = settings.given["augment"].span
    moves = any(isinstance(each, _MOVES) for each in train.augment)
    if settings.searched("augment"):
        settings.refuse(span, "augment", "it is searched", remedy)
    elif moves and len({space.inputs[name][:2] for name in images}) > 1:
        reason = "images of different sizes must move alike, and Keras's layers do not"
        settings.refuse(span, "augment", reason, remedy)
    elif any(len(fact.shape) == 3 for fact in space.outputs.values()):
        settings.refuse(span, "augment", "labels must move with their images, and Keras's layers do not", remedy)


def _augment(writer: Writer, name: str, space: Space, inputs: Inputs) -> None:
    """Writes the layers for an image. Several images are moved as the channels of one, so that they move alike."""
    augment, images = space.default().train.augment, images_of(space)
    moves = [each for each in augment if isinstance(each, _MOVES)]
    colors = [each for each in augment if not isinstance(each, _MOVES)]
    if len(images) == 1 or not moves:
        read = writer.free(f"augmented_{inputs.variables[name]}")
        _layers(writer, [*moves, *colors], space.inputs[name], inputs.variables[name], read)
        inputs.augmented[name] = read
        return
    for each in images:
        if each not in inputs.variables:
            _declare(writer, each, space, inputs)
    together = writer.free("images")
    writer.write(f"{together} = layers.Concatenate()([{', '.join(inputs.variables[each] for each in images)}])")
    _layers(writer, moves, space.inputs[name], together, together)
    first = 0
    for each in images:
        last = first + space.inputs[each][-1]
        read = inputs.augmented[each] = writer.free(f"augmented_{inputs.variables[each]}")
        ends = f"{first or ''}:{last if each != images[-1] else ''}"
        writer.write(f"{read} = {together}[..., {ends}]")
        _layers(writer, colors, space.inputs[each], read, read)
        first = last


def _layers(
    writer: Writer, augmentations: Sequence[options.Augmentation], shape: Shape, variable: str, into: str
) -> None:
    """Writes the layers that change the image in a variable."""
    for at, layer in enumerate(_augmenting(writer.module, augmentations, shape[0], shape[1])):
        made = f'{layer[:-1]}, dtype="float32")' if writer.module.mixed else layer
        writer.write(f"{into} = {made}({into if at else variable})")


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
    """The layers, in this order."""
    empty = 'fill_mode="constant"'
    for each in augmentations:
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
