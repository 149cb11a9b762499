"""From the AST to the space as one graph: names resolved, blocks inlined, repeats unrolled.

Everything that can be wrong before an architecture is looked at is found here; arithmetic and shapes are the
evaluation's.
"""

from sqsem_dsl.elaborate.program import Elaborated, elaborate

__all__ = ["Elaborated", "elaborate"]
