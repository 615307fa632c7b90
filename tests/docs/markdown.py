"""What tests read from Markdown files."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_CODE = re.compile(r"^ *```\w*\n(.*?)^ *```$|((?:^    .*\n)+)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^ *(?:\$ )?((?:python -m|make|airflow|docker-compose|sh) .*)$", re.MULTILINE)
_SUBSHELL = re.compile(r"\"?\$\([^)]*\)\"?")
_FENCED = re.compile(r"^```.*?^```\s*?$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)">')


def blanked(text: str) -> str:
    """The text without fenced code, with as many lines as before."""
    return _FENCED.sub(lambda block: "\n" * block[0].count("\n"), text)


def headings(text: str) -> list[str]:
    """The headings, in their order."""
    return _HEADING.findall(blanked(text))


def anchors(text: str) -> list[str]:
    """What a link may lead to: each heading as GitHub makes an anchor of it, and anchors that are written."""
    found = []
    seen: Counter[str] = Counter()
    for heading in headings(text):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found + _ANCHOR.findall(blanked(text))


def markdown_files() -> list[Path]:
    """Every Markdown file that people read."""
    folders = ("docs", "configs", "plugins")
    return sorted([*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*.md"))])


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a document as lists of words, without comments; what another command prints is one word."""
    for fenced, indented in _CODE.findall(text):
        for line in _COMMAND.findall((fenced or indented).replace("\\\n", " ")):
            words = shlex.split(_SUBSHELL.sub("printed", line), comments=True)
            ends = [number for number, word in enumerate(words) if word in {"|", ">", "&&", "&", ";"}]
            yield words[: min(ends, default=len(words))]
