"""`python -m sandbox.rapid_pro` serves the demo's workspace, or a big one, until it is stopped."""

import argparse
import sys
from pathlib import Path

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from sandbox.rapid_pro.generations import GENERATIONS, UNICEF
from sandbox.rapid_pro.server import RapidProServer
from sandbox.rapid_pro.synthetic import synthetic_database
from sandbox.rapid_pro.world import invented_workspace
from sandbox.serving import block_endings, serve_until_ended, write_secret


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here, and nothing of anybody."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.rapid_pro", description="Serve an invented RapidPro workspace."
    )
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--generation", choices=sorted(GENERATIONS), default=UNICEF.name, help="default: %(default)s")
    parser.add_argument("--runs", type=int, metavar="N", help="a workspace of so many runs instead of the demo's")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="where to write the token that it takes")
    options = parser.parse_args(arguments)

    block_endings()
    database = invented_workspace().database if options.runs is None else synthetic_database(options.runs)
    server = RapidProServer(database, GENERATIONS[options.generation], port=options.port)
    if options.token_file:
        write_secret(options.token_file, server.token)
    serve_until_ended(server, STAND_IN_SETTING)


if __name__ == "__main__":
    main(sys.argv[1:])
