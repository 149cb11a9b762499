"""The exact costs of all assignments of a space, computed from a diagram with costs on its edges.

| module | answers |
| --- | --- |
| `ranges` | the minimum and maximum of each quantity, each with an assignment |
| `effects` | the effect of an option on the mean cost |
| `distribution`, `joint` | the number of assignments with each value |
| `feasibility`, `options` | the number of assignments within the budgets, and of those with an option |
| `sampling` | uniform samples of assignments within the budgets |

The other modules implement these. All but `ranges` and `effects` load NumPy: import them where they are needed.
"""
