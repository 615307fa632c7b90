"""Checks whether a part of Airflow is well: `health.py worker`, or `health.py` and a part that the API server knows.

An engine runs it again and again, so it imports nothing of Airflow, whose own checks take seconds of CPU each.
"""

import base64
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

API_SECONDS = 20
BEAT_SECONDS = 20
"""A worker's heart beats every two seconds."""


def api_server_says(part: str) -> bool:
    """Whether the API server has had a heartbeat of the part lately."""
    base = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    url = f"{base.scheme}://{base.netloc}/api/v2/monitor/health"
    with urllib.request.urlopen(url, timeout=API_SECONDS) as answer:  # noqa: S310 - our own setting
        told = json.load(answer)
    return bool(told.get(part) and told[part].get("status") == "healthy")


def broker_url() -> str:
    """The broker's address: a setting, or what the command of another setting prints, as Airflow reads secrets."""
    if url := os.environ.get("AIRFLOW__CELERY__BROKER_URL"):
        return url
    command = shlex.split(os.environ["AIRFLOW__CELERY__BROKER_URL_CMD"])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own


def worker_beats(name: str) -> bool:
    """Whether the Celery worker sends heartbeats to the broker; its main loop does, so no task can hold them up."""
    import redis  # noqa: PLC0415 - the other checks do not need it

    with redis.Redis.from_url(broker_url(), socket_timeout=BEAT_SECONDS) as broker:
        beats = broker.pubsub(ignore_subscribe_messages=True)
        beats.psubscribe("*celeryev/worker.heartbeat")
        deadline = time.monotonic() + BEAT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            beat = beats.get_message(timeout=left)
            if beat and json.loads(base64.b64decode(json.loads(beat["data"])["body"]))["hostname"] == name:
                return True
    return False


def main(part: str, name: str = "") -> int:
    """Returns 0 if the part is well, as engines expect.

    Args:
        part: `worker`, or what the API server calls a part: `scheduler`, `dag_processor`, `triggerer`, `metadatabase`.
        name: The worker's; default: the worker of this host.
    """
    try:
        is_well = worker_beats(name or f"celery@{os.uname().nodename}") if part == "worker" else api_server_says(part)
    except Exception as error:  # noqa: BLE001 - whatever prevents the check, an engine wants one line
        sys.stderr.write(f"{part}: cannot be reached: {type(error).__name__}\n")
        return 1
    sys.stdout.write(f"{part}: {'well' if is_well else 'not well'}\n")
    return 0 if is_well else 1


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit("health.py: name a part, and for a worker optionally which one: health.py worker celery@host")
    sys.exit(main(*sys.argv[1:]))
