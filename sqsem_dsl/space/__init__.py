"""The space of architectures: the operators, the graph, its evaluation, and what users hold of it."""
