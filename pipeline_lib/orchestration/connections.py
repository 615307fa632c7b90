"""Airflow's connections as a place for secrets: what `connection://<id>` in a config leads to."""
# ruff: noqa: PLC0415 - Airflow takes seconds to import, and most configs name no connection

import json


def connection_secret(connection_id: str) -> str | None:
    """A connection's password, or else its Google key (`keyfile_dict`); None if there is no such connection.

    A task can read all connections of Airflow, a command only those of the environment (`AIRFLOW_CONN_*`). Airflow
    itself hides the secrets from its logs.

    Raises:
        PermissionError: The task may not read the connection.
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
