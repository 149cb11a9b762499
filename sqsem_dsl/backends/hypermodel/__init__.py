"""A whole space as one Python module: a `keras_tuner.HyperModel` that needs only Keras and KerasTuner."""
