"""An architecture of `digits`: 6,094 parameters, 87,040 multiply-accumulates.

id 1:b57e9e3ac5c2265c82113c5476cf0223

choices:
    fires = 1
    fires[0].skip = none
    s = 4
    fires[0].se = false
    pool = max
    dropout.rate = 0
    train.learning_rate = 0.001
"""

import keras
from keras import layers


def build_model():
    image = keras.Input((16, 16, 1), name="image")
    x = layers.Conv2D(16, 3, padding="same", name="conv")(image)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Activation("relu")(x)

    # fires.0.fire
    x = layers.Conv2D(4, 1, padding="same", name="fires.0.fire.conv")(x)
    x = layers.Activation("relu")(x)
    conv = layers.Conv2D(16, 1, padding="same", name="fires.0.fire.conv_2")(x)
    conv = layers.Activation("relu")(conv)
    x = layers.Conv2D(16, 3, padding="same", name="fires.0.fire.conv_3")(x)
    x = layers.Activation("relu")(x)
    x = layers.Concatenate()([conv, x])

    # fires.0
    x = layers.LayerNormalization(name="fires.0.layernorm")(x)

    # pool.max
    x = layers.MaxPooling2D(padding="same")(x)

    x = layers.Flatten()(x)
    x = layers.Dense(10, name="dense")(x)
    x = layers.Activation("softmax")(x)
    digit = layers.Identity(name="digit")(x)

    return keras.Model(image, digit, name="digits")
