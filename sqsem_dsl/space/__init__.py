"""The space of architectures: the operators, the graph, its evaluation, and what users hold of it."""

from sqsem_dsl.lazily import when_needed

errors = when_needed("sqsem_dsl.space.errors")
