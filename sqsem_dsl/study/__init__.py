"""The search: choosing, running and recording trials. It can be interrupted at any time.

    search_function ──▶ search ──▶ driver ──▶ executors ──▶ trial     one task after another
                          │          │
                       resume     algorithms, journal                 the next trials, and those so far

| module or package | contents |
| --- | --- |
| `search_function`, `search` | `sqs.search`: from a spec and data to a result; one run of a study |
| `resume`, `reuse`, `warm_start` | the state of a folder, edited specs, other studies, known points |
| `baselines`, `train_baseline` | networks that are trained for comparison |
| `driver`, `limits`, `models`, `view` | the loop, its limits, the kept models, the current state |
| `layout`, `results` | the files of a study while it runs, and after it |
| `task` | the messages between a study and the processes that train |
| `algorithms` | proposals: own algorithms and Optuna's samplers, all with ask and tell |
| `trial` | one trial, with its checkpoints |
| `executors` | this process, processes of this machine, a Ray cluster |
| `journal` | the journal, and the ways to read it |
| `progress` | lines, a live display, MLflow |
| `kerastuner` | `space.hypermodel()` and `space.tuner()`: choices and algorithms for KerasTuner |
"""
