"""The command that makes a project's key for disclosure control."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import sys

from pipeline_lib.cli.command import Commands, add_config, project_at

_FOR_AIRFLOW = (
    "This is a new key, which is kept nowhere yet: unless Airflow has the connection that KeyFileURL names, add it "
    "there with the key as its password."
)


def create_disclosure_key(commands: Commands) -> None:
    """Registers the command `create-disclosure-key`."""
    command = commands.add_parser("create-disclosure-key", help="make the secret key that protects small numbers")
    add_config(command)

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.disclosure import create_disclosure_key as create

        key = create(project_at(arguments.config))
        if key is not None:
            print(key)
            print(_FOR_AIRFLOW, file=sys.stderr)
        return 0

    command.set_defaults(run=run)
