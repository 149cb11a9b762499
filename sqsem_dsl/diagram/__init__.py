"""Evaluation over all assignments at once: shapes, costs, and the decision diagram of a space."""
