"""A space for the tuners of KerasTuner: `space.hypermodel()` and `space.tuner()`."""
