"""The layer classes of a module with padded inputs, as text. Keras's masks mark the places that are not padding.

Keras hands a mask on with its tensor, but its convolutions, pools and some other layers read the places of padding and
lose the mask. Each class here is one of those with the two methods that it lacks.
"""

from __future__ import annotations

from sqsem_dsl.backends.hypermodel.layer_classes import SERIALIZABLE

HANDS_ON = """
    def compute_mask(self, x, mask=None):
        return mask
"""
"""The method of a layer that computes each place by itself."""
FIRST = """
    def compute_mask(self, tensors, masks):
        return masks[0]
"""
"""The method of a layer that combines sequences with the same mask."""
_STRIDES = """
    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]
"""


def _convolution(kind: str) -> str:
    return f'''
{SERIALIZABLE}
class Masked{kind}(layers.{kind}):
    """A convolution that reads zeros in the places of padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, 0.0)
        return super().call(x)
{_STRIDES}'''


def _handing_on(kind: str) -> str:
    return f'''
{SERIALIZABLE}
class Masked{kind}(layers.{kind}):
    """The same layer, which hands on the mask of its input."""
{HANDS_ON}'''


MASK_CLASSES = {
    "Padding": f'''
{SERIALIZABLE}
class Padding(layers.Layer):
    """Masks the places of padding, in which all channels are NaN, and fills them with 0."""

    def call(self, x):
        return keras.ops.where(keras.ops.isnan(x), 0.0, x)

    def compute_mask(self, x, mask=None):
        return keras.ops.logical_not(keras.ops.all(keras.ops.isnan(x), axis=-1))
''',
    "PaddedEmbedding": f'''
{SERIALIZABLE}
class PaddedEmbedding(layers.Embedding):
    """A vector for each whole number; the places with -1 are padding, which is masked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.supports_masking = True

    def call(self, numbers):
        return super().call(keras.ops.maximum(numbers, 0))

    def compute_mask(self, numbers, mask=None):
        return keras.ops.greater_equal(numbers, 0)
''',
    **{f"Masked{kind}": _convolution(kind) for kind in ("Conv1D", "DepthwiseConv1D", "SeparableConv1D")},
    "MaskedMaxPooling1D": f'''
{SERIALIZABLE}
class MaskedMaxPooling1D(layers.MaxPooling1D):
    """The maximum of the places in a window that are not padding."""

    def call(self, x, mask=None):
        if mask is None:
            return super().call(x)
        pooled = super().call(keras.ops.where(mask[..., None], x, -math.inf))
        return keras.ops.where(self.compute_mask(x, mask)[..., None], pooled, 0.0)
{_STRIDES}''',
    "MaskedAveragePooling1D": f'''
{SERIALIZABLE}
class MaskedAveragePooling1D(layers.AveragePooling1D):
    """The average of the places in a window that are not padding."""

    def call(self, x, mask=None):
        if mask is None:
            return super().call(x)
        share = super().call(keras.ops.cast(mask[..., None], x.dtype))
        pooled = super().call(keras.ops.where(mask[..., None], x, 0.0))
        return pooled / keras.ops.maximum(share, 1 / self.pool_size[0])
{_STRIDES}''',
    "MaskedGlobalMaxPooling1D": f'''
{SERIALIZABLE}
class MaskedGlobalMaxPooling1D(layers.GlobalMaxPooling1D):
    """The maximum of the places that are not padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, -math.inf)
        return super().call(x)

    def compute_mask(self, x, mask=None):
        return None
''',
    **{f"Masked{kind}": _handing_on(kind) for kind in ("EinsumDense", "RMSNormalization")},
    "KeepMask": f'''
{SERIALIZABLE}
class KeepMask(layers.Layer):
    """The first tensor, with the mask of the second."""

    def call(self, tensors):
        return tensors[0]

    def compute_mask(self, tensors, masks):
        return masks[1]
''',
    "SharedModel": f'''
{SERIALIZABLE}
class SharedModel(keras.Model):
    """A model as a layer, whose output has the mask that its last layer gives it."""

    def compute_mask(self, inputs, mask=None):
        return None
''',
}
