"""`python -m sandbox.invent CONFIG FOLDER` writes invented input for a project."""

import argparse
import sys
from pathlib import Path

from pipeline_lib.config import CONFIG_FILENAME, load_project
from pipeline_lib.errors import PipelineError
from sandbox.invent.project_input import write_input


def main(arguments: list[str]) -> int:
    """Write the input that the arguments ask for, and say what a run of it has to give."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.invent", description="Invent input for a project.")
    parser.add_argument("config", type=Path, metavar="CONFIG", help="a pipeline.json or its folder")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="gets the folders Raw Data and Coded Coda Files")
    parser.add_argument("--people", type=int, default=300, metavar="N", help="how many people, %(default)s by default")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another world")
    options = parser.parse_args(arguments)
    config: Path = options.config
    try:
        project = load_project(config / CONFIG_FILENAME if config.is_dir() else config)
    except PipelineError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    invented = write_input(project, options.folder, people_count=options.people, seed=options.seed)
    found = invented.expected
    print(f"{found.message_count:,} messages that count, of {found.participant_count:,} participants")  # noqa: T201
    for field, count in found.messages.items():
        print(f"{count:>9,}  {field}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
