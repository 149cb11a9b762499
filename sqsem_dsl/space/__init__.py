"""The space of architectures: the result of the compiler, and the input of everything after it."""
