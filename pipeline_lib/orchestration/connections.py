"""Airflow's connections as a place for secrets: what `connection://<id>` in a config leads to."""
# ruff: noqa: PLC0415 - Airflow takes seconds to import, and most configs name no connection

import json


def connection_secret(connection_id: str) -> str | None:
    """A connection's password, or without one its Google key (`keyfile_dict`); None where there is no connection.

    A task can read all that Airflow has, a command those of the environment (`AIRFLOW_CONN_*`). Airflow hides them from
    its logs by itself.

    Raises:
        PermissionError: The task may not read it.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException:
        return None
    return connection.password or _google_key(connection.extra or "")


def _google_key(extra: str) -> str:
    try:
        fields = json.loads(extra)
    except ValueError:
        return ""
    key = fields.get("keyfile_dict", "") if isinstance(fields, dict) else ""
    return key if isinstance(key, str) else json.dumps(key)
