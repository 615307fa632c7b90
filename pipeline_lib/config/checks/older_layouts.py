"""Keys of older configs that nothing reads."""

from collections.abc import Iterator

from pipeline_lib.config.findings import Finding, warning
from pipeline_lib.config.older_layouts import IGNORED
from pipeline_lib.config.reading import Reading


def findings(reading: Reading) -> Iterator[Finding]:
    """A warning for each, which says why the project can do without it."""
    for key in reading.ignored_keys:
        yield warning(reading.config.file.at(key), f"is ignored: {IGNORED[key]}", "take it out")
