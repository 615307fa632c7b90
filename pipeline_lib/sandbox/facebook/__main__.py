"""`python -m pipeline_lib.sandbox.facebook` serves the demo's page, or a big one, until it is stopped."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from pipeline_lib.sandbox.facebook.invented import invented_page
from pipeline_lib.sandbox.facebook.server import FacebookServer
from pipeline_lib.sandbox.facebook.synthetic import APP, TOKEN, synthetic_world
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING

_ENDINGS = frozenset({signal.SIGINT, signal.SIGTERM})


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here, and nothing of anybody."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline_lib.sandbox.facebook", description="Serve an invented Facebook page."
    )
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--comments", type=int, metavar="N", help="a page with so many comments instead of the demo's")
    parser.add_argument("--standard-access", action="store_true", help="hide who wrote, as from apps without review")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="where to write the page's token")
    options = parser.parse_args(arguments)

    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)  # in all threads, so that only sigwait takes them
    world = invented_page().world if options.comments is None else synthetic_world(options.comments)
    world.change_app(APP.id, has_advanced_access=not options.standard_access)
    server = FacebookServer(world, port=options.port)
    with ExitStack() as running:
        try:
            running.enter_context(server)
        except OSError as error:
            sys.exit(f"port {options.port}: {error.strerror}; choose another with --port, or none for a free one")
        if options.token_file:
            options.token_file.parent.mkdir(parents=True, exist_ok=True)
            options.token_file.touch(mode=0o600)
            options.token_file.write_text(f"{TOKEN}\n")
        print(f"export {STAND_IN_SETTING}={server.host}", flush=True)  # noqa: T201 - what was asked for
        signal.sigwait(_ENDINGS)


if __name__ == "__main__":
    main(sys.argv[1:])
