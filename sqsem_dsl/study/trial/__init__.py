"""How one trial is trained, in any process: `trial.run_trial` turns a task into its result."""
