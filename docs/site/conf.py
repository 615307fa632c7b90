"""The documentation site: the Markdown files as they are, in the order of docs/index.md. `make docs-site` builds it."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

from pipeline_lib import __version__

project = "Radio audience pipelines"
release = __version__
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "configs/README.md", "plugins/README.md", "docs/**"]
# Sphinx looks through every folder that is not excluded, whatever is included.
exclude_patterns = [".*", "docs/site", "deploy", "pipeline_lib", "sandbox", "tests"]

html_theme = "furo"
html_title = project
html_extra_path = ["index.html"]
html_copy_source = False
html_show_copyright = False
templates_path: list[str] = []
pygments_style = "default"

myst_heading_anchors = 6
suppress_warnings = [
    "myst.xref_missing",  # anchors that are written as HTML; tests/docs/test_site.py looks at every link of the pages
]

MAPS = (root_doc, "docs/decisions/README")
"""The pages whose links are the site's contents. On GitHub they are plain tables."""

_SECTION = re.compile(r"^## ", re.MULTILINE)
_PAGE = re.compile(r"\]\(([^)#:]+)\.md\)")


def contents(text: str) -> str:
    """The site's menu, as MyST writes it: a part for each section of a map, each page where it is named first."""
    seen: set[str] = set()
    parts = []
    for number, section in enumerate(_SECTION.split(text)):
        pages = [page for page in dict.fromkeys(_PAGE.findall(section)) if page not in seen]
        seen.update(pages)
        caption = [f":caption: {section.splitlines()[0]}"] if number else []
        parts.append("\n".join(["```{toctree}", ":hidden:", *caption, "", *pages, "```"]))
    return "\n\n".join(parts)


def add_contents(_app: "Sphinx", page: str, source: list[str]) -> None:
    if page in MAPS:
        source[0] += f"\n\n{contents(source[0])}\n"


def setup(app: "Sphinx") -> None:
    app.connect("source-read", add_contents)
