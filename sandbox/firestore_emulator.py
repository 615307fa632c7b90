"""Google's Firestore emulator, started and stopped: what the tests and the benchmarks use for Firestore.

No package registry offers it. It is looked for where the setting `FIRESTORE_EMULATOR_JAR` says, where Debian's package
google-cloud-cli-firestore-emulator puts it, and in the folders of `gcloud` and `firebase-tools`.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.emulator import free_address, running

JAR_SETTING = "FIRESTORE_EMULATOR_JAR"

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_PLACES = (
    ("/usr/lib/google-cloud-sdk", "platform/cloud-firestore-emulator/*.jar"),
    ("~/google-cloud-sdk", "platform/cloud-firestore-emulator/*.jar"),
    ("~/.cache/firebase/emulators", "cloud-firestore-emulator-*.jar"),
)
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java optimises what it runs for hours: an emulator that lives for minutes spends more on that than on its answers."""


def why_it_cannot_run() -> str | None:
    """What this machine lacks, for a person; None where the emulator can run."""
    if _jar() is None:
        return f"Google's Firestore emulator is not here; install it, or name its jar in {JAR_SETTING}"
    if shutil.which("java") is None:
        return "Java is not here, which Google's Firestore emulator needs"
    return None


@contextmanager
def firestore_emulator() -> Iterator[str]:
    """An empty emulator, as `host:port`: what the setting `FIRESTORE_EMULATOR_HOST` is to be for clients to use it.

    Java is started directly: Google's shell wrapper leaves it behind when it is stopped.
    """
    host = free_address()
    # fmt: off
    command = [
        "java", "-Xmx768m", *_SHORT_LIVED, "-Duser.language=en", "-cp", str(_jar()), _MAIN_CLASS,
        "start", "--host", "127.0.0.1", "--port", host.rpartition(":")[2],
    ]
    # fmt: on
    with running("the Firestore emulator", command, f"http://{host}/"):
        yield host


def _jar() -> Path | None:
    if named := os.environ.get(JAR_SETTING):
        return Path(named) if Path(named).exists() else None
    found = (path for root, pattern in _PLACES for path in sorted(Path(root).expanduser().glob(pattern)))
    return next(found, None)
