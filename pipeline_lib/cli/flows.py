"""The command that compares a config with what the server has."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands, project_at


def flows(commands: Commands) -> None:
    """Registers the command `flows`."""
    purpose = "list the server's flows and results as lines for a config, and name what the config misspells"
    command = commands.add_parser("flows", help=purpose)
    command.add_argument("config", type=Path, metavar="CONFIG", help="a pipeline.json or its folder")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.flow_results import ask_servers, unknown_names, untaken
        from pipeline_lib.config.reading import read_files
        from pipeline_lib.errors import counted

        project = project_at(arguments.config)
        asked = ask_servers(project)
        for server in asked:
            lines = untaken(project, server)
            for flow, offered in lines.items():
                found = counted(len(server.results.get(flow, ())), "result")
                print(f"{flow}: {found}" + ("; no remapping takes these:" if offered else ""))
                for line in offered:
                    print(f"    {line}")
            others = sorted(server.results.keys() - lines.keys())
            if others:
                print(f"{server.place}: other flows on the server")
            for flow in others:
                print(f"    {flow}: {', '.join(server.results[flow]) or 'no results'}")
        unknown = list(unknown_names(project, asked, read_files(project.path).config.file))
        for problem in unknown:
            print(f"error: {problem}")
        return FOUND_SOMETHING if unknown else 0

    command.set_defaults(run=run)
