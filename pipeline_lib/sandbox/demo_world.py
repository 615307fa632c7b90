"""The invented world where the demo project looks for it: files in a folder, and a workspace on a RapidPro server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.sandbox.rapid_pro.generations import NYARUKA, Generation
from pipeline_lib.sandbox.rapid_pro.server import TOKEN, RapidProServer
from pipeline_lib.sandbox.rapid_pro.world import InventedWorkspace, invented_workspace
from pipeline_lib.sandbox.runs import PILOT_SURVEY_FLOW
from pipeline_lib.sandbox.world import MESSAGE_COUNT, write_world

DEFAULT_FOLDER = Path(".demo/world")
"""Where the demo's config looks, from the folder that has `configs`."""

GENERATION = NYARUKA
"""The line of servers that gives the less: most texts have to be found."""

UUID_TABLE = "geedka_hoostiisa"
UUID_PREFIX = "avf-phone-uuid-"


def write_demo_world(
    folder: Path, *, message_count: int = MESSAGE_COUNT, replace_labels: bool = False
) -> InventedWorkspace:
    """Write `bucket/`, `recovered/`, `coda/`, `rapid_pro_token.txt` and `uuids.sqlite` below a folder.

    Args:
        folder: Made if it is not there.
        message_count: As of `write_world`.
        replace_labels: As of `write_world`.

    Returns:
        What a RapidPro server is to serve.
    """
    write_world(folder, message_count=message_count, bucket_flows={PILOT_SURVEY_FLOW}, replace_labels=replace_labels)
    workspace = invented_workspace(message_count=message_count)
    token = folder / "rapid_pro_token.txt"
    token.touch(mode=0o600)
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    table = folder / "uuids.sqlite"
    if not table.exists():  # people keep their uuids from demo to demo
        create_uuid_table(table, UUID_TABLE, UUID_PREFIX).add_known(workspace.addresses)
    return workspace


@contextmanager
def served_demo_world(
    folder: Path, *, message_count: int = MESSAGE_COUNT, generation: Generation = GENERATION
) -> Iterator[RapidProServer]:
    """The world's files, and its workspace on a server of this process."""
    workspace = write_demo_world(folder, message_count=message_count)
    with RapidProServer(workspace.database, generation) as server:
        yield server
