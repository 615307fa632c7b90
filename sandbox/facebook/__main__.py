"""`python -m sandbox.facebook` serves the demo's page, or a big one, until it is stopped."""

import argparse
import sys
from pathlib import Path

from pipeline_lib.sources.facebook.client import STAND_IN_SETTING
from sandbox.facebook.invented import invented_page
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import APP, TOKEN, synthetic_world
from sandbox.serving import block_endings, serve_until_ended, write_secret


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here, and nothing of anybody."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.facebook", description="Serve an invented Facebook page.")
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--comments", type=int, metavar="N", help="a page with so many comments instead of the demo's")
    parser.add_argument("--standard-access", action="store_true", help="hide who wrote, as from apps without review")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="where to write the page's token")
    options = parser.parse_args(arguments)

    block_endings()
    world = invented_page().world if options.comments is None else synthetic_world(options.comments)
    world.change_app(APP.id, has_advanced_access=not options.standard_access)
    server = FacebookServer(world, port=options.port)
    if options.token_file:
        write_secret(options.token_file, TOKEN)
    serve_until_ended(server, STAND_IN_SETTING)


if __name__ == "__main__":
    main(sys.argv[1:])
