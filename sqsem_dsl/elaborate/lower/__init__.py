"""From the AST of a space to its graph: blocks inlined, repeats unrolled.

Every function `lower_…` takes the `Builder`, a node and the `Scope` of the node, and makes items. `dispatch` knows the
function for each kind of node; the others reach it through the builder, so that no module imports itself.
"""
