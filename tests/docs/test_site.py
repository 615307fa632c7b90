"""The documentation site is built without a warning, and each of its links leads somewhere."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.markdown import ROOT, markdown_files

SITE = ROOT / "docs/site"


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value or "")
            elif name in {"href", "src"}:
                self.links.append(value or "")


def broken(pages: Mapping[Path, Page]) -> Iterator[str]:
    """Links within the site that lead nowhere."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            leads_to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not leads_to.is_file() or (anchor and leads_to in pages and anchor not in pages[leads_to].anchors):
                yield f"{path.name}: {link}"


def read(folder: Path) -> dict[Path, Page]:
    return {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-c", str(SITE), "-d", str(folder / "doctrees")]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(ROOT), str(folder / "html")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout) == (0, "")
    return folder / "html"


@pytest.mark.slow
def test_every_document_is_a_page_and_every_link_leads_somewhere(site: Path) -> None:
    pages = read(site)
    documents = {path.relative_to(ROOT).with_suffix(".html") for path in markdown_files()}
    assert documents <= {path.relative_to(site.resolve()) for path in pages}
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert list(broken(pages)) == []


@pytest.mark.slow
def test_a_page_asks_no_other_server_for_anything(site: Path) -> None:
    for path, page in read(site).items():
        assert [link for link in page.links if link.endswith((".js", ".css")) and urlsplit(link).netloc] == [], path


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a id="one" href="#one"></a><a href="#two"></a><a href="b.html#%C3%A9"></a>')
    (tmp_path / "b.html").write_text('<p id="é"></p><img src="c.png"><a href="https://example.org/d"></a>')
    assert sorted(broken(read(tmp_path))) == ["a.html: #two", "b.html: c.png"]


@pytest.fixture
def conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conf", SITE / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_menu_has_the_sections_of_a_map_and_each_page_once(conf: ModuleType) -> None:
    shown = conf.contents(
        "New? [a](a.md)\n\n## Use it\n\n[a](a.md) [b](b/c.md#d) [b](b/c.md)\n\n## Change it\n\n[e](../e.md)\n"
    )
    assert shown == (
        "```{toctree}\n:hidden:\n\na\n```\n\n"
        "```{toctree}\n:hidden:\n:caption: Use it\n\nb/c\n```\n\n"
        "```{toctree}\n:hidden:\n:caption: Change it\n\n../e\n```"
    )
