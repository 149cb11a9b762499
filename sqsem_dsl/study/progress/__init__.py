"""How a study is followed while it runs: lines, a live display, MLflow."""
