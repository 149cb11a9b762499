"""`sqsem dashboard DIR`: a page in the browser that follows a study."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path

from sqsem_dsl.cli.arguments import add_command, add_extern, natural

DESCRIPTION = """Serve a page that follows a study while its search runs, or afterwards: scores,
learning curves, running trials, choices, the best architecture, and a table of
all trials. Only browsers on this machine can open it. Nothing in the folder of
the study is changed. Ctrl-C ends it."""
EPILOG = """examples:
  sqsem dashboard runs/digits
  sqsem dashboard runs/digits --open
  sqsem dashboard runs/digits --port 0

exit codes: 0 after Ctrl-C, 1 the study cannot be read or the port is taken, 2 usage, 70 a bug in sqsem"""
PORT = 8050


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "dashboard", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    parser.add_argument(
        "--port", type=_port, default=PORT, metavar="N", help=f"the port (default: {PORT}; 0: any free one)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    add_extern(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises SqsError if there is no study, if it cannot be read, if the port is taken, and if a package of the extra
    `dashboard` is missing.
    """
    from sqsem_dsl.dashboard.serve import serve

    def started(url: str) -> None:
        print(f"the dashboard of {arguments.folder} is at {url} (Ctrl-C ends it)", flush=True)
        if arguments.open:
            import webbrowser

            webbrowser.open(url)

    serve(Path(arguments.folder), arguments.port, started, arguments.allow_extern)
    return 0


def _port(text: str) -> int:
    """The number of a port."""
    number = natural(text)
    if number > 65535:
        raise ArgumentTypeError("must be at most 65535")
    return number
