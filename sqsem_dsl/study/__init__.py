"""A search that survives: what to try, how a trial runs, what is written down, where it runs.

    entry ──▶ search ──▶ driver ──▶ executors ──▶ training        one task after another, wherever
                │           │
             opening     algorithms, records                      what comes next, and what was

| module or package | what it is |
| --- | --- |
| `entry`, `search` | `sqs.search`: from a spec and data to a result; one run of a study, put together |
| `opening`, `edited`, `reuse`, `start` | what a folder holds, edited or not; other studies; known points |
| `driver`, `plan`, `limits`, `models`, `view` | the loop, its tasks, what ends it, which models stay, where it stands |
| `task` | what passes between a study and the processes that train |
| `algorithms` | what to try next: KerasTuner's oracles, ours and Optuna's behind ask and tell |
| `training` | one trial, with its checkpoints |
| `executors` | this process, processes of this machine, a Ray cluster |
| `records` | the journal, and the ways to read it |
| `display` | lines, a live display, MLflow |
| `kerastuner` | `space.hypermodel()` and `space.tuner()`, for KerasTuner's own tuners |
"""
