"""docs/index.md is the map of all documents, and the README leads to it."""

import re

from tests.docs.markdown import ROOT, blanked

DOCS = ROOT / "docs"
INDEX = (DOCS / "index.md").read_text(encoding="utf-8")


def test_the_index_names_every_document_once() -> None:
    linked = [(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", blanked(INDEX))]
    there = [path for path in DOCS.rglob("*.md") if path.name != "index.md"]
    assert sorted(path for path in linked if path.is_relative_to(DOCS) and path.name != "index.md") == sorted(
        [*there, DOCS / "architecture.md"]  # the first thing to read is named in the introduction too
    )


def test_the_readme_leads_to_the_index() -> None:
    assert "(docs/index.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
