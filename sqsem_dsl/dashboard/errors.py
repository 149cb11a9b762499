"""Errors of the dashboard."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class NoPort(Diagnostic, code="SQS791"):
    """The port of the dashboard is not available."""

    port: int
    reason: str

    title = "cannot serve the dashboard at port {port}: {reason}"
    help = "name another port with `--port`, or `--port 0` for any free one"
