"""Every command that a document shows is one that there is, with the arguments that it takes."""

import argparse
import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import yaml

from pipeline_lib.cli import COMMANDS
from pipeline_lib.cli.parser import Parser
from tests.docs.markdown import ROOT, commands, markdown_files

pytestmark = pytest.mark.usefixtures("airflow_of_its_own")

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SERVICES = frozenset(yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))["services"])


def pipeline_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="pipeline_lib")
    subparsers = parser.add_subparsers(dest="command", required=True)
    for register in COMMANDS:
        register(subparsers)
    return parser


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str | None:
    """Why the command line does not take these arguments, of which `…` stands for others; None if it does."""
    try:
        pipeline_parser().parse_args([word for word in arguments if word != "…"])
    except SystemExit:
        said = capsys.readouterr().err.strip().splitlines()[-1]
        return None if "…" in arguments and "arguments are required" in said else said
    return None


def wrong(words: list[str], capsys: pytest.CaptureFixture[str]) -> str | None:
    """What is wrong with a command; None if nothing is."""
    match words:
        case ["python", "-m", "pipeline_lib", *arguments]:
            return refused(arguments, capsys)
        case ["python", "-m", module, *_]:
            return None if importlib.util.find_spec(module) else f"there is no module {module}"
        case ["make", *targets]:
            missing = [
                each for each in targets if "=" not in each and not re.search(rf"^{each}:", MAKEFILE, re.MULTILINE)
            ]
            return f"make has no {missing}" if missing else None
        case ["sh", script, *_]:
            return None if (ROOT / script).is_file() else f"there is no script {script}"
        case ["docker-compose", *arguments]:
            return wrong_with_compose(arguments, capsys)
    return None


def wrong_with_compose(words: list[str], capsys: pytest.CaptureFixture[str]) -> str | None:
    """The same, of a command of docker-compose."""
    match words:
        case ["-f", file, *rest]:
            return wrong_with_compose(rest, capsys) if (ROOT / file).is_file() else f"there is no {file}"
        case ["exec" | "run", *arguments]:
            service, *command = (word for word in arguments if word not in {"--rm", "-T"})
            return wrong(command, capsys) if service in SERVICES else f"there is no service {service}"
        case ["up" | "stop" | "build", *arguments]:
            unknown = [word for word in arguments if word not in SERVICES | {"-d"}]
            return f"there is no service {unknown}" if unknown else None
    return f"docker-compose {shlex.join(words)} is not known to this test"


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_can_be_given_as_it_is_shown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = commands(path.read_text(encoding="utf-8"))
    assert [(shlex.join(words), said) for words in shown if (said := wrong(words, capsys)) is not None] == []


@pytest.mark.slow
def test_every_command_of_airflow_is_one_that_it_takes() -> None:
    from airflow.cli.cli_parser import get_parser  # noqa: PLC0415 - importing Airflow takes seconds

    shown = [words for path in markdown_files() for words in commands(path.read_text(encoding="utf-8"))]
    of_airflow = [words[words.index("airflow") + 1 :] for words in shown if "airflow" in words]
    assert len(of_airflow) > 3
    for words in of_airflow:
        get_parser().parse_args(words)


@pytest.mark.slow
def test_users_are_made_as_the_login_of_the_deployment_makes_them() -> None:
    from airflow.providers.fab.cli.definition import USERS_COMMANDS  # noqa: PLC0415 - as above

    guide = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    options = {each.name: {flag for option in each.args for flag in option.flags} for each in USERS_COMMANDS}
    assert {"create", "delete"} <= {*re.findall(r"`users ([\w-]+)", guide)} <= options.keys()
    shown = [words[words.index("users") + 1 :] for words in commands(guide) if "users" in words]
    assert "create" in {name for name, *_ in shown}
    for name, *arguments in shown:
        assert {word for word in arguments if word.startswith("-")} <= options[name]


def test_what_is_wrong_with_a_command_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    shown = (
        "```\npython -m pipeline_lib prune --config configs/water --dry-run    # what goes\n"
        "python -m pipeline_lib prune --config \\\n    configs/water --dri-run\n"
        'python -m pipeline_lib manifest "$(ls -d data/* | tail -1)" | head\n```\n'
        "text\n\n    $ make dmeo KEEP=1\n    python -m sandbox.nothing\n\n"
        "```console\n$ docker-compose exec api-server cat x\n$ docker-compose exec -T api cat x\n"
        "sh deploy/restore.sh x\nsh deploy/recover.sh x\ndocker-compose stop workers\n"
        "docker-compose run --rm worker python -m pipeline_lib prune\n"
        "docker-compose -f docker-compose.ssl.yaml up -d\n```\n"
    )
    assert [wrong(words, capsys) for words in commands(shown)] == [
        None,
        "pipeline_lib prune: error: --dri-run is not known: did you mean --dry-run?",
        None,
        "make has no ['dmeo']",
        "there is no module sandbox.nothing",
        None,
        "there is no service api",
        None,
        "there is no script deploy/recover.sh",
        "there is no service ['workers']",
        "pipeline_lib prune: error: the following arguments are required: --config",
        "there is no docker-compose.ssl.yaml",
    ]
