"""Keras models of architectures, their training, and the comparison with what the compiler computed."""
