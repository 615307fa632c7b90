"""Which version of the code is deployed here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

SETTING = "PIPELINE_GIT_COMMIT"
"""The commit that an image was built from, since an image has no checkout."""

UNKNOWN = "unknown"

_PACKAGE = Path(__file__).parents[1]
_HASH = re.compile(r"[0-9a-f]{7,64}")
_SHOWN = 12
_GIT_SECONDS = 60


def read_git_commit() -> str:
    """The first twelve digits of the commit: from the setting, else from this checkout, else `unknown`."""
    told = os.environ.get(SETTING, "").strip().lower() or _of_checkout()
    return told[:_SHOWN] if _HASH.fullmatch(told) else UNKNOWN


def _of_checkout() -> str:
    """The checkout's commit; empty if the package is not in a checkout, or in that of another project."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = [git, "-C", str(_PACKAGE), "rev-parse", "--show-prefix", "HEAD"]
    try:
        told = subprocess.run(  # noqa: S603 - git, and no words of anybody's
            asked, capture_output=True, text=True, check=False, timeout=_GIT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    prefix, _, commit = told.stdout.strip().partition("\n")
    return commit if told.returncode == 0 and prefix == f"{_PACKAGE.name}/" else ""
