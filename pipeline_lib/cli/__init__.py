"""`python -m pipeline_lib <command>`: what a person can do from a shell.

A command is one function: it registers the command's arguments and what runs it, and is listed in `COMMANDS`. What a
command needs is imported when it runs, so that none waits for the others' imports.

Exit codes: 0, done; 1, looked and found something wrong; 2, could not be done, and the problems say why.
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence

from pipeline_lib.cli import (
    agreement,
    analysis,
    cleaners,
    coda,
    configs,
    delivery,
    diff,
    disclosure,
    flows,
    init,
    manifest,
    profiles,
    run,
    schemes,
    stages,
    trace,
    uuid_tables,
)
from pipeline_lib.cli.command import COULD_NOT, Commands
from pipeline_lib.cli.parser import Parser
from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.errors import PipelineError
from pipeline_lib.machine_errors import placing, told_in_sentences
from pipeline_lib.orchestration.connections import connection_secret


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    parser = Parser(prog="python -m pipeline_lib", description="Radio audience messages to tables.")
    commands = parser.add_subparsers(title="commands", metavar="command", dest="command", required=True)
    for register in COMMANDS:
        register(commands)
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        with told_in_sentences(), lending_connections(connection_secret), profiles.profiling(arguments):
            exit_code: int = arguments.run(arguments)
            with placing("standard output"):
                sys.stdout.flush()
    except PipelineError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - a command speaks to a shell
    except BrokenPipeError:
        pass  # whoever read what is printed, such as `head`, has enough
    else:
        return exit_code
    _forget_what_cannot_be_printed()
    return COULD_NOT


def _forget_what_cannot_be_printed() -> None:
    """Otherwise Python tries once more to flush at its end, and prints an error of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


COMMANDS: tuple[Callable[[Commands], None], ...] = (
    configs.validate,
    configs.plan,
    diff.diff,
    run.run,
    coda.coda_pull,
    stages.fetch,
    stages.process,
    analysis.analyse,
    coda.coda_push,
    delivery.upload,
    delivery.archive,
    delivery.upload_logs,
    delivery.restore,
    delivery.prune,
    coda.coda_init,
    coda.coda_diff,
    manifest.manifest,
    trace.trace,
    trace.verify,
    agreement.agreement,
    init.init,
    flows.flows,
    schemes.schemes,
    cleaners.evaluate_cleaners,
    profiles.plot_memory,
    configs.docs,
    disclosure.create_disclosure_key,
    uuid_tables.create_uuid_table,
    uuid_tables.import_uuid_table,
    uuid_tables.re_identify,
)
"""In the order that `--help` shows."""
