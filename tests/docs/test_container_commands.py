"""Commands of docker, kubectl and helm that people are shown name what there is, and options that the tool knows."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from tests.docs.markdown import ROOT, markdown_files

_SHOWN = re.compile(
    r"`((?:docker|kubectl|helm) [^`\n]+)`|^[# $]*((?:docker|kubectl|helm) .+)$|: (docker \w+ --.+)$", re.MULTILINE
)
"""In the text, in a block or a comment of its own line, and at the end of a comment's sentence."""
_ELSEWHERE = ("Dockerfile", "deploy/kubernetes/values.yaml")
_OPTION = re.compile(r"--[a-z-]+|-[a-z]+")

COMPOSE = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
SERVICES = frozenset(yaml.safe_load(COMPOSE)["services"])
IMAGES = frozenset(re.findall(r"image: \"?(?:\$\{\w+:-)?([\w./-]+:[\w.-]+)", COMPOSE)) | {"IMAGE"}
BUILD_ARGUMENTS = frozenset(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
RELEASE = "pipelines"
"""What the guide calls the chart's release; its namespace has the same name."""
PODS = frozenset(f"deploy/{RELEASE}-{service}" for service in SERVICES)


def commands(text: str) -> Iterator[list[str]]:
    """The commands in a text, as lists of words; what another command prints is one word."""
    for found in _SHOWN.findall(text):
        yield shlex.split(re.sub(r'"\$\([^)]*\)"', "printed", "".join(found)), comments=True)


def all_commands() -> list[list[str]]:
    paths = [*markdown_files(), *(ROOT / name for name in _ELSEWHERE)]
    return [words for path in paths for words in commands(path.read_text(encoding="utf-8"))]


def wrong(words: list[str]) -> str | None:
    """What a command names that there is not; None if it is all there."""
    is_right, said = False, f"{shlex.join(words)} is not known to this test"
    match words:
        case ["docker", "build"] | ["helm", "template"] | ["helm", "upgrade", "--install"]:
            is_right = True
        case ["docker", "build", "--build-arg", argument, "."]:
            name = argument.partition("=")[0]
            is_right, said = name in BUILD_ARGUMENTS, f"the Dockerfile has no argument {name}"
        case ["docker", "pull", image] | ["docker", "inspect", "--format", _, image]:
            is_right, said = image in IMAGES, f"docker-compose.yaml has no image {image}"
        case ["helm", "upgrade", "--install", "pipelines", "apache-airflow/airflow", "--namespace", space, *rest]:
            is_right, said = space == RELEASE, f"the namespace is not called {RELEASE}"
            match rest:
                case ["--values", file] if is_right:
                    is_right, said = (ROOT / file).is_file(), f"there is no {file}"
        case ["kubectl", "--namespace", space, *_] if space != RELEASE:
            said = f"the namespace is not called {RELEASE}"
        case ["kubectl", "--namespace", _, "create", "secret", "generic", "NAME", "--from-file=KEY=secrets/FILE"]:
            is_right = True
        case ["kubectl", "--namespace", _, "exec", "-it", pod, "--", "airflow", *_]:
            is_right, said = pod in PODS, f"there is no {pod}"
    return None if is_right else said


def subcommand(words: list[str]) -> tuple[list[str], list[str]]:
    """The command to ask for help, and the options given to it."""
    tool, *rest = words
    before_a_pod = rest[: rest.index("--")] if "--" in rest else rest
    options = [option[0] for word in before_a_pod if (option := _OPTION.match(word))]
    names = {"docker": 1, "helm": 1, "kubectl": 3 if "secret" in rest else 1}
    plain = [word for word in before_a_pod if not word.startswith("-") and word != RELEASE]
    return [tool, *plain[: names[tool]]], options


def test_every_command_names_what_there_is() -> None:
    shown = all_commands()
    assert {words[0] for words in shown} == {"docker", "kubectl", "helm"}
    assert [(shlex.join(words), said) for words in shown if (said := wrong(words)) is not None] == []


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["docker", "kubectl", "helm"])
def test_every_option_is_one_that_the_tool_knows(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not on this machine, so nothing here knows its options")
    given = [subcommand(words) for words in all_commands() if words[0] == tool]
    assert any(options for _, options in given)
    for command, options in given:
        asked = [[*command, "--help"], *([[tool, "options"]] if tool == "kubectl" else [])]
        told = "".join(subprocess.run(each, capture_output=True, text=True, check=True).stdout for each in asked)
        for option in options:
            names = [option] if option.startswith("--") else [f"-{letter}" for letter in option[1:]]
            assert [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", told)] == [], command


def test_every_file_of_a_secret_is_one_that_is_made() -> None:
    guide = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `pipelines-[\w-]+` \| `[\w-]+` \| `(\w+)`", guide, re.MULTILINE)
    made = (ROOT / "deploy/make_secrets.sh").read_text(encoding="utf-8")
    assert len(rows) == 7
    assert [name for name in rows if not re.search(rf"\b{name}\b", made)] == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("docker pull postgres:61", "docker-compose.yaml has no image postgres:61"),
        ("docker build --build-arg PIPELINE_COMMIT=1 .", "the Dockerfile has no argument PIPELINE_COMMIT"),
        (
            "helm upgrade --install pipelines apache-airflow/airflow --namespace pipelines --values deploy/values.yaml",
            "there is no deploy/values.yaml",
        ),
        (
            "kubectl --namespace pipelines exec -it deploy/pipelines-webserver -- airflow users create",
            "there is no deploy/pipelines-webserver",
        ),
        (
            "kubectl --namespace airflow exec -it deploy/pipelines-worker -- airflow users create",
            "the namespace is not called pipelines",
        ),
        (
            "kubectl exec -it deploy/pipelines-worker -- airflow info",
            "kubectl exec -it deploy/pipelines-worker -- airflow info is not known to this test",
        ),
    ],
)
def test_what_is_wrong_with_a_command_is_said(command: str, said: str) -> None:
    (words,) = commands(f"`{command}`")
    assert wrong(words) == said
