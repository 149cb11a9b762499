"""Serves the page on this machine alone, until Ctrl-C."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path

from sqsem_dsl.dashboard.errors import NoPort
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage

HOST = "127.0.0.1"
PACKAGES = {"dash": "dash", "dash_ag_grid": "dash-ag-grid"}
"""Modules that the page needs, and the packages that provide them."""


def serve(folder: Path, port: int, started: Callable[[str], None], allow_extern: bool = False) -> None:
    """Serves the dashboard of a study until Ctrl-C; `started` gets its address. Port 0 is any free one.

    Raises SqsError if a package of the extra `dashboard` is missing, if there is no study or it cannot be read, and if
    the port is not available.
    """
    _need_packages()
    from werkzeug.serving import make_server

    from sqsem_dsl.dashboard.app import Reader, make_app

    reader = Reader(folder)
    with closing(reader), closing(_bound(port)) as listening:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # otherwise a line for each request
        app = make_app(reader, allow_extern)
        number = listening.getsockname()[1]
        server = make_server(HOST, number, app.server, threaded=True, fd=listening.fileno())
        started(f"http://{HOST}:{number}/")
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def _need_packages() -> None:
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise SqsError([MissingPackage(NOWHERE, package, "the dashboard", "dashboard") for package in missing])


def _bound(port: int) -> socket.socket:
    """A socket that listens at a port of this machine. Raises SqsError if another program does."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(64)
    except OSError as error:
        listening.close()
        reason = (
            "another program uses it" if error.errno == errno.EADDRINUSE else (error.strerror or str(error)).lower()
        )
        raise SqsError([NoPort(NOWHERE, port, reason)]) from None
    return listening
