"""The command that measures how often the cleaners are right."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import Commands, tell_table
from pipeline_lib.machine_errors import placing


def evaluate_cleaners(commands: Commands) -> None:
    """Registers the command `evaluate-cleaners`."""
    command = commands.add_parser("evaluate-cleaners", help="measure cleaners on answers that a person has labelled")
    command.add_argument(
        "answers", type=Path, nargs="+", metavar="CSV", help="files with columns cleaner, language, text, label, kind"
    )
    command.add_argument("--mistakes", type=Path, metavar="CSV", help="where to write answers that got another code")

    def run(arguments: argparse.Namespace) -> int:
        import polars as pl

        from pipeline_lib.cleaners.evaluation import precision_and_recall, read_labelled_answers, with_codes

        coded = with_codes(pl.concat([read_labelled_answers(path) for path in arguments.answers]))
        if arguments.mistakes is not None:
            with placing(str(arguments.mistakes)):
                coded.filter(pl.col("code").ne_missing(pl.col("label"))).write_csv(arguments.mistakes)
        tell_table(precision_and_recall(coded), name_columns=2)
        return 0

    command.set_defaults(run=run)
