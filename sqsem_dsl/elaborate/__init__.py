"""From the AST to the space as one graph: names resolved, blocks inlined, repeats unrolled.

This package finds every error that does not depend on an architecture. The evaluation finds errors in arithmetic and
shapes.
"""

from sqsem_dsl.elaborate.program import Elaborated, elaborate

__all__ = ["Elaborated", "elaborate"]
