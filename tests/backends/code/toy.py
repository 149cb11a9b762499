"""An architecture of `toy`: 186 parameters, 176 multiply-accumulates.

id 1:fd36e61ec12989aa0d1a346d1a53c6ef

choices:
    layers = 1
    layers[0].dense.units = 8
"""

import keras
from keras import layers


def build_model():
    x = keras.Input((20,), name="x")

    # layers.0
    h = layers.Dense(8, name="layers.0.dense")(x)
    h = layers.Activation("relu")(h)

    h = layers.Dense(2, name="dense")(h)
    h = layers.Activation("softmax")(h)
    y = layers.Identity(name="y")(h)

    return keras.Model(x, y, name="toy")
