"""docs/index.md is the map of all documents, and the README leads to it."""

import re
from pathlib import Path

from tests.docs.markdown import ROOT, blanked

DOCS = ROOT / "docs"


DECISIONS = DOCS / "decisions" / "README.md"


def linked(page: Path) -> list[Path]:
    """The files to which a page has links."""
    text = blanked(page.read_text(encoding="utf-8"))
    return [(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#:]+)\)", text)]


def test_the_index_names_every_document_but_single_decisions() -> None:
    there = {path for path in DOCS.rglob("*.md") if path.parent != DECISIONS.parent} - {DOCS / "index.md"}
    assert {path for path in linked(DOCS / "index.md") if path.is_relative_to(DOCS)} == there | {DECISIONS}


def test_every_decision_is_listed_with_its_number_and_its_title() -> None:
    for row, page in enumerate(sorted(DECISIONS.parent.glob("0*.md")), start=1):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {row}. ")
        assert f"| [{row}]({page.name}) | {title} |" in DECISIONS.read_text(encoding="utf-8")
        assert page.name.startswith(f"{row:04}-")


def test_the_readme_leads_to_the_index() -> None:
    assert "(docs/index.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
