"""`python -m sandbox [FOLDER]` writes the invented world of the demo."""

import argparse
import sys
from pathlib import Path

from sandbox.demo_world import DEFAULT_FOLDER, write_demo_world


def main(arguments: list[str]) -> None:
    """Write the world that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Write the demo's world.")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER", help="%(default)s")
    parser.add_argument("--message-count", type=int, default=1000, help="how many messages, 1000 by default")
    parser.add_argument("--replace-labels", action="store_true", help="write the coda folder anew, though it is there")
    options = parser.parse_args(arguments)
    write_demo_world(options.folder, message_count=options.message_count, replace_labels=options.replace_labels)


if __name__ == "__main__":
    main(sys.argv[1:])
