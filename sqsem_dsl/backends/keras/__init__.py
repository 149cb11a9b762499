"""Keras models of architectures, their training, and the comparison with the compiler's results."""
