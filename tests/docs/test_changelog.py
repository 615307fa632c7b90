"""The changelog tells of the version that the code says it is."""

import re
import tomllib

from pipeline_lib import __version__
from tests.docs.markdown import ROOT, headings


def test_the_newest_release_of_the_changelog_is_the_version_everywhere() -> None:
    changelog = headings((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    releases = [
        found for heading in changelog if (found := re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d", heading))
    ]
    assert changelog[:2] == ["Changelog", "Unreleased"]
    assert releases[0][1] == project["version"] == __version__
