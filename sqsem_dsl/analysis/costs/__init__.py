"""What the assignments of a space cost, all at once and exactly: computed from a diagram with costs on its edges.

| module | answers |
| --- | --- |
| `ranges` | the least and the most of each quantity, each with an assignment |
| `effects` | what an option does to the mean cost |
| `distribution`, `joint` | how many assignments have each value |
| `feasibility`, `options` | how many are within the budgets, and how many of these take an option |
| `sampling` | assignments within the budgets, each as likely as any other |

The other modules are how. All but `ranges` and `effects` load NumPy: import them where they are needed.
"""
