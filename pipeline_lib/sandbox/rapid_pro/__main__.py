"""`python -m pipeline_lib.sandbox.rapid_pro` serves the demo's workspace, or a big one, until it is stopped."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from pipeline_lib.sandbox.rapid_pro.generations import GENERATIONS, UNICEF
from pipeline_lib.sandbox.rapid_pro.server import RapidProServer
from pipeline_lib.sandbox.rapid_pro.synthetic import synthetic_database
from pipeline_lib.sandbox.rapid_pro.world import invented_workspace
from pipeline_lib.sources.rapid_pro.server import STAND_IN_SETTING

_ENDINGS = frozenset({signal.SIGINT, signal.SIGTERM})


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here, and nothing of anybody."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline_lib.sandbox.rapid_pro", description="Serve an invented RapidPro workspace."
    )
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--generation", choices=sorted(GENERATIONS), default=UNICEF.name, help="default: %(default)s")
    parser.add_argument("--runs", type=int, metavar="N", help="a workspace of so many runs instead of the demo's")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="where to write the token that it takes")
    options = parser.parse_args(arguments)

    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)  # in all threads, so that only sigwait takes them
    database = invented_workspace().database if options.runs is None else synthetic_database(options.runs)
    server = RapidProServer(database, GENERATIONS[options.generation], port=options.port)
    with ExitStack() as running:
        try:
            running.enter_context(server)
        except OSError as error:
            sys.exit(f"port {options.port}: {error.strerror}; choose another with --port, or none for a free one")
        if options.token_file:
            options.token_file.parent.mkdir(parents=True, exist_ok=True)
            options.token_file.touch(mode=0o600)
            options.token_file.write_text(f"{server.token}\n")
        print(f"export {STAND_IN_SETTING}={server.host}", flush=True)  # noqa: T201 - what was asked for
        signal.sigwait(_ENDINGS)


if __name__ == "__main__":
    main(sys.argv[1:])
