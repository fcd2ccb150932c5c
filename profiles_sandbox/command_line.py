"""The command line: serve, and show what a data file holds."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket
from time import time

from profiles_sandbox import show, switches
from profiles_sandbox.calls.service import CALLS, DEFAULT_TOKEN, Service
from profiles_sandbox.data.datafile import DataFileError, open_to_read, open_to_write
from profiles_sandbox.data.journal import Journal
from profiles_sandbox.data.requests import Requests
from profiles_sandbox.data.store import ProfileStore
from profiles_sandbox.faults.plan import FaultPlan, FaultsError, load_plan
from profiles_sandbox.page.news import News
from profiles_sandbox.page.reader import Reader
from profiles_sandbox.page.site import Site
from profiles_sandbox.page.views import Views
from profiles_sandbox.profiles.setup import SetupError, load_setup
from profiles_sandbox.serving.app import Endpoint, make_app
from profiles_sandbox.serving.server import Server, bind

OTHERS = 0o077
"""Rights that nobody else gets: data and kept bodies hold the token and personal data."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give 0, or 2 when its options or files cannot be used."""
    options = parser().parse_args(arguments)
    try:
        run = {"serve": _serve, "journal": _journal, "profiles": _profiles}[options.command]
        run(options)
    except (SetupError, FaultsError, DataFileError, OSError) as error:
        print(f"profiles-sandbox: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    main = argparse.ArgumentParser(
        prog="profiles-sandbox", description="A local stand-in for a profile API."
    )
    commands = main.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve", help="serve the API, and a page about it at /, until told to stop"
    )
    _add_serve_options(serve)
    journal = commands.add_parser("journal", help="show the requests received")
    profiles = commands.add_parser("profiles", help="show the profiles of a database")
    profiles.add_argument("--db-id", type=int, required=True)
    profiles.add_argument("--limit", type=int, default=-1, metavar="N", help="the oldest N only")
    for command in (journal, profiles):
        command.add_argument("--data", type=Path, required=True, metavar="FILE.db")
        command.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    return main


def _add_serve_options(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--port", type=int, required=True, help="0 takes a free port")
    serve.add_argument(
        "--data", type=Path, required=True, metavar="FILE.db", help="made when missing"
    )
    serve.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serve.add_argument(
        "--token", default=DEFAULT_TOKEN, help="the token to accept (default: %(default)s)"
    )
    serve.add_argument(
        "--setup",
        type=Path,
        metavar="FILE.yaml",
        help="databases and resources (default: built in)",
    )
    serve.add_argument(
        "--faults", type=Path, metavar="FILE.yaml", help="what goes wrong (default: nothing)"
    )
    serve.add_argument(
        "--latency-ms", type=int, default=0, metavar="N", help="delay of every answer (default: 0)"
    )
    serve.add_argument(
        "--keep-bodies", type=Path, metavar="DIR", help="write each request body there"
    )
    serve.add_argument(
        "--page-host",
        action="append",
        default=[],
        metavar="NAME",
        help="show the page to other machines too, under this name (default: to this one only)",
    )
    switches.add_options(serve)


def _serve(options: argparse.Namespace) -> None:
    os.umask(OTHERS)

    def announce(line: str) -> None:
        print(line, flush=True)

    with prepared(options, announce) as (server, listener):
        server.run([listener])


@contextmanager
def prepared(
    options: argparse.Namespace, announce: Callable[[str], None]
) -> Iterator[tuple[Server, socket]]:
    """A server of the service that the options of `serve` describe, and the socket it is bound to.

    Raises SetupError, FaultsError, DataFileError or OSError.
    """
    setup = load_setup(options.setup)
    faults = (
        load_plan(options.faults, CALLS, options.latency_ms)
        if options.faults
        else FaultPlan([], options.latency_ms)
    )
    if options.keep_bodies:
        options.keep_bodies.mkdir(parents=True, exist_ok=True)
    with (
        bind(options.host, options.port, slow=faults.slow) as listener,
        closing(open_to_write(options.data)) as data,
    ):
        service = Service(
            data, setup, switches.from_options(options), options.token, bodies=options.keep_bodies
        )
        since, news = Requests(data.connection).last(), News()
        views = Views(setup, options.token, options.keep_bodies, since, time)
        with (
            closing(Endpoint(service, faults, news.tell)) as endpoint,
            closing(Reader(options.data)) as reader,
        ):
            site = Site(views, reader, news, faults, options.page_host)
            yield Server(make_app(endpoint, site.routes()), announce, news.end), listener


def _journal(options: argparse.Namespace) -> None:
    with closing(open_to_read(options.data)) as data:
        rows = Journal(data.connection).rows()
        _print(show.json_lines(rows) if options.json else show.table(rows, show.JOURNAL_COLUMNS))


def _profiles(options: argparse.Namespace) -> None:
    with closing(open_to_read(options.data)) as data:
        listed = ProfileStore(data.connection).listed(options.db_id, options.limit)
        rows = (
            {"id": id_, "db_id": options.db_id, "subscriptions": [], **profile}
            for id_, profile in listed
        )
        _print(
            show.json_lines(rows)
            if options.json
            else show.table(map(show.profile_row, rows), show.PROFILE_COLUMNS)
        )


def _print(lines: Iterable[str]) -> None:
    """Print lines; a reader such as `head` may stop early."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for line in lines:
        print(line)
