"""Trials that end before their last epoch, because others were better: `stopping` in `search { }`.

When a trial starts, `bars.bars_for` computes from the results known at that moment (`trainings.Trainings`) the scores
that it must beat, and at which epochs. They are stored with the trial, so that it makes the same decisions after an
interruption, and without waiting for anyone. `study.algorithms.asha` continues trials that were stopped.
"""
