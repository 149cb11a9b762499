"""The outputs of the compiler."""
