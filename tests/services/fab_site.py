"""Asks Airflow's API server, with the production login, what people of each role may see; prints it as JSON.

A program of its own, since a process of Airflow has one auth manager for good. The commands that give people roles come
on standard input, a line each.
"""

import json
import os
import shlex
import sys

from airflow.api_fastapi.app import create_app
from airflow.cli.cli_parser import get_parser
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.db import initdb
from fastapi.testclient import TestClient

from pipeline_lib.storage import storage_at
from tests.unit.web.small_world import RUN, write_run

PASSWORD = "not a secret"  # noqa: S105 - of accounts that live for seconds
PROJECTS = ("water", "food")
PEOPLE = {name.lower(): name for name in ("Viewer", "User", "Op", "Admin", "Public")}
"""Accounts with the roles that FAB brings. Those of two more change by the commands."""
PEOPLE |= {"halima": "Public", "yusuf": "Viewer"}
REPORT = f"/pipeline/water/runs/{RUN}"
ASKED = {
    "board": "/pipeline/",
    "project": "/pipeline/water",
    "report": REPORT,
    "counts": f"{REPORT}/table/Outputs/quality.csv",
    "texts": f"{REPORT}/table/Outputs/messages.csv",
    "provenance": f"{REPORT}/trace",
    "another project": "/pipeline/food",
    "another's texts": f"/pipeline/food/runs/{RUN}/table/Outputs/messages.csv",
    "places in the UI": "/api/v2/plugins",
}


def main(commands: list[str]) -> None:
    for name in PROJECTS:
        write_run(storage_at(f"{os.environ['PIPELINE_DATA_ROOT']}/{name}"))
    make_people(commands)
    sys.stdout.write(f"\n{json.dumps(answers())}\n")


def make_people(commands: list[str]) -> None:
    initdb()
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        for dag_id in PROJECTS:
            manager.sync_perm_for_dag(dag_id)  # as Airflow does when it has read the DAG
        for name, role in PEOPLE.items():
            made = manager.add_user(name, name, "X", f"{name}@example.org", manager.find_role(role), password=PASSWORD)
            assert made
    for command in commands:
        asked = get_parser().parse_args(shlex.split(command))
        asked.func(asked)


def answers() -> dict[str, dict[str, int]]:
    found = {}
    with TestClient(create_app(apps="core"), follow_redirects=False) as client:
        found["nobody"] = {what: client.get(path).status_code for what, path in ASKED.items()}
        for name in PEOPLE:
            login = client.post("/auth/token", json={"username": name, "password": PASSWORD}).json()
            bearer = {"Authorization": f"Bearer {login['access_token']}"}
            found[name] = {what: client.get(path, headers=bearer).status_code for what, path in ASKED.items()}
            board = client.get(ASKED["board"], headers=bearer).text
            found[name]["on the board"] = sum(f'href="/pipeline/{dag_id}"' in board for dag_id in PROJECTS)
    return found


if __name__ == "__main__":
    main(sys.stdin.read().splitlines())
