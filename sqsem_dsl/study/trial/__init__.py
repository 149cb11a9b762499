"""How one trial is trained, in whatever process: `trial.run_trial` turns a task into its result."""
