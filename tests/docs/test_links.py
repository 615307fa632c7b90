"""Links between documents lead to files and headings that are there."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.markdown import ROOT, anchors, blanked, markdown_files

_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def links(path: Path) -> Iterator[tuple[int, str]]:
    """The relative links of a file, each with its line."""
    lines = blanked(path.read_text(encoding="utf-8")).splitlines()
    for number, line in enumerate(lines, start=1):
        for target in _LINK.findall(re.sub("`[^`]*`", "", line)):
            if not _ELSEWHERE.match(target):
                yield number, target


def broken(path: Path) -> Iterator[str]:
    """Where links of a file lead nowhere."""
    for number, target in links(path):
        name, _, anchor = target.partition("#")
        leads_to = (path.parent / unquote(name)).resolve() if name else path
        place = f"{path}:{number}: {target}"
        if not leads_to.exists():
            yield f"{place}: there is no such file"
        elif anchor and anchor not in anchors(leads_to.read_text(encoding="utf-8")):
            yield f"{place}: there is no such heading"


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    found = list(broken(path))
    assert not found, "\n".join(found)


def test_every_module_that_the_architecture_names_is_there() -> None:
    named = re.findall(r"`([a-z_/]+\.py)`", (ROOT / "docs/architecture.md").read_text(encoding="utf-8"))
    there = [f"/{path.relative_to(ROOT)}" for path in (ROOT / "pipeline_lib").rglob("*.py")]
    missing = [name for name in named if not any(path.endswith(f"/{name}") for path in there)]
    assert len(named) > 10
    assert missing == []


def test_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text('# One & two\n\n# `One` two\n\n<a id="row"></a>\n\n```\n# Code\n```\n')
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#one--two) [b](other.md#one-two) [c](other.md#row) [`d`](https://example.org) `[e](x.md)`\n"
        "```\n[f](x.md)\n```\n"
        "[g](x.md) [h](other.md#code) [i](#page)\n"
    )
    assert list(broken(page)) == [
        f"{page}:5: x.md: there is no such file",
        f"{page}:5: other.md#code: there is no such heading",
        f"{page}:5: #page: there is no such heading",
    ]
