"""The record of a trial at each step: proposed, started, with a result, failed."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.ir.choices import Choice, encode_choices
from sqsem_dsl.study.algorithms.algorithm import Proposal
from sqsem_dsl.study.journal.record import Origin, Trial
from sqsem_dsl.study.journal.settings_json import settings_json
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.task import Failed, Started, Trained


def proposed(
    proposal: Proposal,
    number: int,
    origin: Origin,
    *,
    choices: tuple[Choice, ...],
    stops: tuple[Bar, ...],
    now: float,
) -> Trial:
    """The record of a new trial. `choices` are those of the space, `stops` what the trial must beat to train further,
    `now` is in seconds since 1970."""
    architecture = proposal.architecture
    return Trial(
        number=number,
        choices=encode_choices(choices, proposal.choices),
        architecture=architecture.id,
        training=settings_json(architecture.train, proposal.epochs),
        params=architecture.params,
        macs=architecture.macs,
        origin=origin,
        continues=proposal.continues,
        planned=proposal.epochs,
        schedule_epochs=proposal.schedule_epochs,
        started=now,
        memo=dict(proposal.memo),
        stops=stops,
    )


def started(trial: Trial, message: Started) -> Trial:
    """The record of a trial that a process starts or resumes."""
    return replace(trial, worker=f"{message.host}:{message.process}", attempts=trial.attempts + 1)


def trained(trial: Trial, message: Trained) -> Trial:
    """The record of a trial that has a result, without its times."""
    return replace(
        trial,
        status="completed",
        scores=message.scores,
        metrics=dict(message.metrics),
        spread=dict(message.spread),
        epochs=message.epochs,
        stopped=message.stopped,
    )


def failed(trial: Trial, message: Failed, epochs: int) -> Trial:
    """The record of a trial that has no result after some epochs, without its times."""
    return replace(
        trial,
        status="failed",
        error=message.kind,
        reason=message.reason,
        trace=message.trace,
        epochs=epochs,
    )
