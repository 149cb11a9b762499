"""The layer classes of a module for operators that Keras does not have as a layer, as text."""

from __future__ import annotations

SERIALIZABLE = "@keras.saving.register_keras_serializable()"
LAYER_CLASSES = {
    "Positions": f'''
{SERIALIZABLE}
class Positions(layers.Layer):
    """Adds a learned vector to each place of a sequence."""

    def build(self, shape):
        self.table = self.add_weight(
            shape=shape[1:],
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="embeddings",
        )

    def call(self, x):
        return x + self.table
''',
    "SinePositions": f'''
{SERIALIZABLE}
class SinePositions(layers.Layer):
    """Adds sines and cosines of different frequencies, in alternating channels."""

    def call(self, x):
        length, channels = x.shape[1:]
        places = [[float(place)] for place in range(length)]
        rates = [10_000.0 ** (-(at // 2 * 2) / channels) for at in range(channels)]
        phases = [math.pi / 2 * (at % 2) for at in range(channels)]
        angles = keras.ops.array(places) * keras.ops.array(rates)
        table = keras.ops.sin(angles + keras.ops.array(phases))
        return x + keras.ops.cast(table, x.dtype)
''',
    "ClassToken": f'''
{SERIALIZABLE}
class ClassToken(layers.Layer):
    """Puts a learned place before the first of a sequence."""

    def build(self, shape):
        self.token = self.add_weight(
            shape=(1, shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="embeddings",
        )

    def call(self, x):
        token = keras.ops.cast(self.token[None], x.dtype)
        tokens = keras.ops.repeat(token, keras.ops.shape(x)[0], axis=0)
        return keras.ops.concatenate([tokens, x], axis=1)
''',
    "WeightedAdd": f'''
{SERIALIZABLE}
class WeightedAdd(layers.Layer):
    """The sum of tensors, each times its share of learned weights, as in EfficientDet."""

    def __init__(self, epsilon=0.0001, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, shapes):
        self.shares = self.add_weight(shape=(1, len(shapes)), initializer="ones")

    def call(self, tensors):
        positive = keras.ops.relu(self.shares[0])
        shares = positive / (keras.ops.sum(positive) + self.epsilon)
        return sum(x * shares[at] for at, x in enumerate(tensors))

    def get_config(self):
        return {{**super().get_config(), "epsilon": self.epsilon}}
''',
    "Cutout": f'''
{SERIALIZABLE}
class Cutout(layers.Layer):
    """Sets a square at a random place of each image to 0, in training."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.seeds = keras.random.SeedGenerator()

    def call(self, x, training=False):
        if not training:
            return x
        samples, cut = keras.ops.shape(x)[0], True
        for axis in (1, 2):
            size = min(self.size, x.shape[axis])
            ends = 0, x.shape[axis] - size + 1
            first = keras.random.randint((samples, 1, 1, 1), *ends, seed=self.seeds)
            places = keras.ops.arange(x.shape[axis])
            places = keras.ops.reshape(places, (-1, 1, 1) if axis == 1 else (1, -1, 1))
            inside = keras.ops.logical_and(places >= first, places < first + size)
            cut = keras.ops.logical_and(cut, inside)
        return keras.ops.where(cut, 0.0, x)

    def get_config(self):
        return {{**super().get_config(), "size": self.size}}
''',
}
