"""`python -m sandbox.kobo` serves an invented form until it is stopped."""

import argparse
import sys
from pathlib import Path

from pipeline_lib.sources.kobo.client import STAND_IN_SETTING
from sandbox.kobo.server import KoboServer
from sandbox.kobo.world import FORM_UID, invented_world
from sandbox.serving import block_endings, serve_until_ended, write_secret


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.kobo", description=f"Serve an invented KoboToolbox form, {FORM_UID}."
    )
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--submissions", type=int, default=1000, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="where to write the token that it takes")
    options = parser.parse_args(arguments)

    block_endings()
    server = KoboServer(invented_world(options.submissions), port=options.port)
    if options.token_file:
        write_secret(options.token_file, server.token)
    serve_until_ended(server, STAND_IN_SETTING)


if __name__ == "__main__":
    main(sys.argv[1:])
