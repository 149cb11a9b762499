"""The space of architectures: what the compiler gives, and what everything after it works with."""
