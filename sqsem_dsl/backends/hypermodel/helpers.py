"""Functions and layers that a module defines for operators that Keras does not have as one layer."""

from __future__ import annotations

from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.layer_classes import LAYER_CLASSES
from sqsem_dsl.backends.hypermodel.mask_classes import FIRST, HANDS_ON, MASK_CLASSES

_TEXTS = {
    "positions": '''
def positions(x, kind, name):
    """Adds a vector to each place: a learned one, or sines and cosines."""
    return Positions(name=name)(x) if kind == "learned" else SinePositions()(x)
''',
    "Reads": '''
class Reads:
    """Hyperparameters that remember which of them a model reads."""

    def __init__(self, hp):
        self.values, self.is_active = hp.values, hp.is_active
        self.hp, self.read = hp, set()

    def get(self, name):
        self.read.add(name)
        return self.hp.get(name)
''',
    "part": '''
def part(x, first, last, axis):
    """The places from the first up to the last, which is left out, along an axis."""
    return x[(slice(None),) * axis + (slice(first, last),)]
''',
    "directions": '''
def directions(layer, both):
    """A recurrent layer, or if `both`, one that reads in both directions."""
    return layers.Bidirectional(layer, name=layer.name) if both else layer
''',
    "in_order": '''
def in_order(x, backwards):
    """The places in their own order, after a recurrent layer that may read backwards."""
    return keras.ops.flip(x, axis=1) if backwards else x
''',
    "shuffle": '''
def shuffle(x, groups):
    """Interleaves the channels of the groups, as in ShuffleNet."""
    *extents, channels = x.shape[1:]
    x = keras.ops.reshape(x, (-1, *extents, groups, channels // groups))
    return keras.ops.reshape(keras.ops.swapaxes(x, -1, -2), (-1, *extents, channels))
''',
    "broadcast_like": '''
def broadcast_like(x, y):
    """Repeats x along the spatial axes of y."""
    missing = len(y.shape) - len(x.shape)
    x = layers.Reshape((1,) * missing + tuple(x.shape[1:]))(x)
    for axis in range(1, len(y.shape) - 1):
        x = keras.ops.repeat(x, y.shape[axis] // x.shape[axis], axis=axis)
    return x
''',
    "resize_1d": '''
def resize_1d(x, length):
    """Resizes a sequence with linear interpolation."""
    x = layers.Reshape((x.shape[1], 1, x.shape[2]))(x)
    return layers.Reshape((length, x.shape[3]))(layers.Resizing(length, 1)(x))
''',
    "resize_3d": '''
def resize_3d(x, depth, height, width):
    """Resizes a volume with linear interpolation: first depth and height, then width."""
    channels = x.shape[4]
    x = layers.Reshape((x.shape[1], x.shape[2], x.shape[3] * channels))(x)
    x = layers.Resizing(depth, height)(x)
    x = layers.Reshape((depth * height, x.shape[3] // channels, channels))(x)
    x = layers.Resizing(depth * height, width)(x)
    return layers.Reshape((depth, height, width, channels))(x)
''',
    "Zeros": '''
@dataclasses.dataclass
class Zeros:
    """Zeros in place of a tensor, so that the layers that they pass can be left out.

    `source` is an input of the model, which tells the size of a batch.
    """

    source: keras.KerasTensor
    shape: tuple
''',
    "zeros_like": '''
def zeros_like(x):
    """Zeros in place of a tensor."""
    if isinstance(x, Zeros):
        return x
    return Zeros(keras.utils.get_source_inputs(x)[0], x.shape)
''',
    "filled": '''
def filled(x):
    """A tensor; for zeros, one that holds them."""
    if not isinstance(x, Zeros):
        return x
    one = keras.ops.zeros_like(layers.Flatten()(x.source)[:, :1], dtype="float32")
    return layers.Reshape(x.shape[1:])(layers.RepeatVector(math.prod(x.shape[1:]))(one))
''',
    "through": '''
def through(layer, x):
    """The output of a layer that keeps zeros."""
    if isinstance(x, Zeros):
        return Zeros(x.source, layer(keras.Input(x.shape[1:])).shape)
    return layer(x)
''',
    "merged": '''
def merged(layer, tensors):
    """The output of a merging layer, which is zero if all its tensors are."""
    if all(isinstance(x, Zeros) for x in tensors):
        shape = layer([keras.Input(x.shape[1:]) for x in tensors]).shape
        return Zeros(tensors[0].source, shape)
    return layer([filled(x) for x in tensors])
''',
    "add": '''
def add(tensors):
    """The sum of those tensors that are not zeros."""
    rest = [x for x in tensors if not isinstance(x, Zeros)]
    return layers.Add()(rest) if len(rest) > 1 else (rest or tensors)[0]
''',
    "classes_of": '''
def classes_of(labels):
    """The class of each sample, whose labels may be one-hot."""
    labels = keras.ops.convert_to_numpy(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    return labels.reshape(-1).astype(int).tolist()
''',
    "balanced": '''
def balanced(labels):
    """A weight for each class: the inverse of its frequency, 1 on average."""
    counts = collections.Counter(classes_of(labels))
    return {each: counts.total() / len(counts) / n for each, n in counts.items()}
''',
    "labels_of": '''
def labels_of(args, kwargs):
    """The labels among the arguments of `fit`, which must be arrays."""
    labels = kwargs.get("y", args[1] if len(args) > 1 else None)
    if labels is None:
        raise keras_tuner.errors.FatalValueError(
            "classes are weighted by their labels: give arrays, as in `tuner.search(x, y)`, not batches, "
            "or batches with weights, and `class_weight={}`"
        )
    return labels
''',
    "by_number": '''
def by_number(weights, classes):
    """Weights of classes by their numbers, from those by their names; 1 for the others."""
    return {at: weights.get(name, 1.0) for at, name in enumerate(classes)}
''',
    "weights_of": '''
def weights_of(labels, weights):
    """The weight of each sample by its class."""
    return numpy.array([weights[each] for each in classes_of(labels)])
''',
    "multiple": '''
def multiple(x, of):
    """x rounded to a multiple of `of`: at least `of`, and not below 0.9 x."""
    nearest = max(of, math.floor(x + of / 2) // of * of)
    return nearest + of if 10 * nearest < 9 * x else nearest
''',
    "ceil_sqrt": '''
def ceil_sqrt(n):
    """The least whole number whose square is not below n."""
    root = math.isqrt(n)
    return root + (root * root < n)
''',
    **LAYER_CLASSES,
    **MASK_CLASSES,
}  # fmt: skip
_MASKED = {"Positions": HANDS_ON, "SinePositions": HANDS_ON, "WeightedAdd": FIRST}
"""What layers need beside, if there are masks."""
_NEEDS = {
    "zeros_like": ("Zeros",),
    "filled": ("Zeros",),
    "through": ("Zeros",),
    "merged": ("Zeros", "filled"),
    "add": ("Zeros",),
    "positions": ("Positions", "SinePositions"),
    "balanced": ("classes_of",),
    "weights_of": ("classes_of",),
}
_IMPORTS = {
    "balanced": "collections",
    "SinePositions": "math",
    "Zeros": "dataclasses",
    "filled": "math",
    "multiple": "math",
    "ceil_sqrt": "math",
    "MaskedMaxPooling1D": "math",
    "MaskedGlobalMaxPooling1D": "math",
}


def helper(module: Module, name: str) -> str:
    """The name of a helper, whose definition is added to the module."""
    for needed in _NEEDS.get(name, ()):
        helper(module, needed)
    if name in _IMPORTS:
        module.imports.add(_IMPORTS[name])
    text = _TEXTS[name] + (_MASKED.get(name, "") if module.padded is not None else "")
    if name == "in_order" and module.padded is not None:
        helper(module, "KeepMask")
        text = text.replace("keras.ops.flip(x, axis=1)", "KeepMask()([keras.ops.flip(x, axis=1), x])")
    module.helpers.setdefault(name, text.strip().splitlines())
    return name
