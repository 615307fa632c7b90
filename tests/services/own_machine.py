"""Runs a module as on a machine of its own: `python -m tests.services.own_machine SHARED OWN MODULE …`

In the place of the folder SHARED, and of all that other processes keep there, the module and whatever it starts see the
folder OWN; nobody else does. What the image would hold, this checkout, it cannot write to. For root on Linux.
"""

import os
import sys
from pathlib import Path

_CHECKOUT = str(Path(__file__).parents[2])
_MOUNTS = """set -e
mount --bind "$2" "$1"
mount --bind "$3" "$3"
mount -o remount,bind,ro "$3"
cd "$1"
shift 3
exec "$@"
"""

if __name__ == "__main__":
    shared, own, *module = sys.argv[1:]
    command = ["sh", "-c", _MOUNTS, "sh", shared, own, _CHECKOUT, sys.executable, "-m", *module]
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *command])  # noqa: S606 - Debian's
