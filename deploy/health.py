"""Whether a part of Airflow is well: `health.py worker`, or `health.py` and a part that the API server tells of.

An engine asks again and again, so this imports nothing of Airflow, whose own checks take seconds of a processor each.
"""

import base64
import json
import os
import sys
import time
import urllib.request
from urllib.parse import urlsplit

API_SECONDS = 20
BEAT_SECONDS = 20
"""A worker's heart beats every two seconds."""


def api_server_says(part: str) -> bool:
    """Whether the part's heart has beaten lately, as the API server tells."""
    base = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    url = f"{base.scheme}://{base.netloc}/api/v2/monitor/health"
    with urllib.request.urlopen(url, timeout=API_SECONDS) as answer:  # noqa: S310 - our own setting
        told = json.load(answer)
    return bool(told.get(part) and told[part].get("status") == "healthy")


def worker_beats(name: str) -> bool:
    """Whether the Celery worker tells the broker that it lives, which its main loop does and no task can hold up."""
    import redis  # noqa: PLC0415 - the other checks do without

    with redis.Redis.from_url(os.environ["AIRFLOW__CELERY__BROKER_URL"], socket_timeout=BEAT_SECONDS) as broker:
        beats = broker.pubsub(ignore_subscribe_messages=True)
        beats.psubscribe("*celeryev/worker.heartbeat")
        deadline = time.monotonic() + BEAT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            beat = beats.get_message(timeout=left)
            if beat and json.loads(base64.b64decode(json.loads(beat["data"])["body"]))["hostname"] == name:
                return True
    return False


def main(part: str, name: str = "") -> int:
    """0 where the part is well, as engines want it.

    Args:
        part: `worker`, or what the API server calls a part: `scheduler`, `dag_processor`, `triggerer`, `metadatabase`.
        name: Of the worker; default: the one of this host.
    """
    try:
        is_well = worker_beats(name or f"celery@{os.uname().nodename}") if part == "worker" else api_server_says(part)
    except Exception as error:  # noqa: BLE001 - whatever hinders the check, an engine wants one line
        sys.stderr.write(f"{part}: cannot be asked: {type(error).__name__}\n")
        return 1
    sys.stdout.write(f"{part}: {'well' if is_well else 'not well'}\n")
    return 0 if is_well else 1


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit("health.py: name a part, and of a worker perhaps which: health.py worker celery@host")
    sys.exit(main(*sys.argv[1:]))
