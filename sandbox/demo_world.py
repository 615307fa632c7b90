"""The invented world where the demo project looks for it: files in a folder, and a workspace on a RapidPro server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib.identity.sqlite import create_uuid_table
from sandbox.coders import coded_comments
from sandbox.facebook.invented import COMMENT_COUNT, invented_page
from sandbox.facebook.synthetic import TOKEN as FACEBOOK_TOKEN
from sandbox.rapid_pro.generations import NYARUKA, Generation
from sandbox.rapid_pro.server import TOKEN, RapidProServer
from sandbox.rapid_pro.world import InventedWorkspace, invented_workspace
from sandbox.runs import PILOT_SURVEY_FLOW
from sandbox.serving import write_secret
from sandbox.talk import EPISODES
from sandbox.world import MESSAGE_COUNT, SEED, code_schemes, dice_of, write_labels, write_world

DEFAULT_FOLDER = Path(".demo/world")
"""Where the demo's config looks, from the folder that has `configs`."""

GENERATION = NYARUKA
"""The line of servers that gives the less: most texts have to be found."""

UUID_TABLE = "geedka_hoostiisa"
UUID_PREFIX = "avf-phone-uuid-"

FACEBOOK_UUID_TABLE = "geedka_hoostiisa_facebook"
FACEBOOK_UUID_PREFIX = "avf-facebook-uuid-"
FACEBOOK_DATASETS = dict(zip(EPISODES, ("facebook_s01e01", "facebook_s01e02"), strict=True))
"""What the config of the Facebook demo calls the comments on an episode's posts."""


def write_demo_world(
    folder: Path, *, message_count: int = MESSAGE_COUNT, replace_labels: bool = False
) -> InventedWorkspace:
    """Write `bucket/`, `recovered/`, `coda/`, `rapid_pro_token.txt`, `uuids.sqlite` and `facebook/` below a folder.

    In `facebook/` are `coda/`, `token.txt` and `uuids.sqlite` of the comments on the show's page.

    Args:
        folder: Made if it is not there.
        message_count: As of `write_world`.
        replace_labels: As of `write_world`.

    Returns:
        What a RapidPro server is to serve.
    """
    write_world(folder, message_count=message_count, bucket_flows={PILOT_SURVEY_FLOW}, replace_labels=replace_labels)
    workspace = invented_workspace(message_count=message_count)
    write_secret(folder / "rapid_pro_token.txt", TOKEN)
    table = folder / "uuids.sqlite"
    if not table.exists():  # people keep their uuids from demo to demo
        create_uuid_table(table, UUID_TABLE, UUID_PREFIX).add_known(workspace.addresses)
    _write_facebook(folder / "facebook", replace_labels=replace_labels)
    return workspace


def _write_facebook(folder: Path, *, replace_labels: bool) -> None:
    if replace_labels or not (folder / "coda").exists():
        coded = coded_comments(dice_of(SEED, COMMENT_COUNT), invented_page().received, code_schemes())
        write_labels(folder / "coda", {FACEBOOK_DATASETS[episode]: messages for episode, messages in coded.items()})
    write_secret(folder / "token.txt", FACEBOOK_TOKEN)
    if not (table := folder / "uuids.sqlite").exists():
        create_uuid_table(table, FACEBOOK_UUID_TABLE, FACEBOOK_UUID_PREFIX)


@contextmanager
def served_demo_world(
    folder: Path, *, message_count: int = MESSAGE_COUNT, generation: Generation = GENERATION
) -> Iterator[RapidProServer]:
    """The world's files, and its workspace on a server of this process."""
    workspace = write_demo_world(folder, message_count=message_count)
    with RapidProServer(workspace.database, generation) as server:
        yield server
