"""Who sees what of the pages with the production login: FAB's own roles, and those that docs/deployment.md makes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.airflow_server import REPOSITORY

pytestmark = pytest.mark.services

Answers = dict[str, dict[str, int]]
COMMAND = "docker-compose run --rm api-server "
OF_WATER = ("project", "report", "counts")
TEXTS = ("texts", "provenance")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the API server answers to accounts of each role, to what they ask for."""
    root = tmp_path_factory.mktemp("fab")
    for name in ("water", "food"):
        shutil.copytree(REPOSITORY / "tests/data/toy_project", root / "configs" / name)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PIPELINE_"))}
    settings = {
        "AIRFLOW_HOME": str(root / "airflow"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "x" * 64,
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__FAB__CONFIG_FILE": str(REPOSITORY / "deploy/webserver_config.py"),
        "PIPELINE_CACHE_DIR": str(root / "cache"),
        "PIPELINE_CONFIGS": str(root / "configs"),
        "PIPELINE_DATA_ROOT": (root / "data").as_uri(),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.services.fab_site"],
        input="\n".join(documented_commands()),
        env=inherited | settings,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: Any = json.loads(ended.stdout.splitlines()[-1])
    return dict(found)


def documented_commands() -> list[str]:
    """What the guide has an administrator type about roles."""
    guide = Path(REPOSITORY, "docs/deployment.md").read_text(encoding="utf-8")
    block = guide.partition("### Roles")[2].partition("```\n")[2].partition("```")[0].replace("\\\n", "")
    return [line.removeprefix(COMMAND) for line in block.splitlines()]


def statuses(answers: Answers, name: str, *asked: str) -> set[int]:
    return {answers[name][each] for each in asked}


def test_without_a_login_nothing_answers(answers: Answers) -> None:
    assert set(answers["nobody"].values()) == {401}


@pytest.mark.parametrize(
    ("name", "project", "texts", "another_project", "another_texts"),
    [
        ("viewer", 200, 403, 200, 403),
        ("user", 200, 200, 200, 200),
        ("op", 200, 200, 200, 200),
        ("admin", 200, 200, 200, 200),
        ("public", 403, 403, 403, 403),
        ("halima", 200, 403, 403, 403),  # water-readers
        ("yusuf", 200, 200, 200, 403),  # Viewer and water-researchers
    ],
)
def test_a_role_sees_what_the_guide_says(
    name: str, project: int, texts: int, another_project: int, another_texts: int, answers: Answers
) -> None:
    assert statuses(answers, name, *OF_WATER) == {project}
    assert statuses(answers, name, *TEXTS) == {texts}
    assert answers[name]["another project"] == another_project
    assert answers[name]["another's texts"] == another_texts


def test_the_board_has_the_projects_that_a_role_may_see(answers: Answers) -> None:
    shown = {name: answer["on the board"] for name, answer in answers.items() if name != "nobody"}
    assert shown == {"viewer": 2, "user": 2, "op": 2, "admin": 2, "public": 0, "halima": 1, "yusuf": 2}


def test_whoever_sees_a_project_sees_the_pages_places_in_the_ui(answers: Answers) -> None:
    places = {name: answer["places in the UI"] for name, answer in answers.items() if name != "nobody"}
    assert places == dict.fromkeys(("viewer", "user", "op", "admin", "halima", "yusuf"), 200) | {"public": 403}
