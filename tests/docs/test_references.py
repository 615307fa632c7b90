"""Whatever cites docs/reference leads to a section, or a quirk, that is there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, anchors, headings

REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = sorted(path.stem for path in REFERENCE.glob("*.md"))
CITING_FOLDERS = ("pipeline_lib", "dags", "plugins", "tests", "docs", "configs", "deploy")
CITING_SUFFIXES = {".py", ".md", ".json", ".toml", ".yaml", ".sh"}

_NUMBER = r"(?:[A-Z]\.[0-9]+|[A-Z]|[0-9]+)(?![\w.][\w])"
_MENTION = re.compile(rf"\b({'|'.join(DOCUMENTS)})\.md\b")
_CITED = re.compile(rf" (?P<first>{_NUMBER})(?P<more>(?:(?:, | and | to ){_NUMBER})*)")
_QUIRK = re.compile(r"\bQ[1-9][0-9]*\b")
_HEADING_NUMBER = re.compile(r"([A-Z]\.[0-9]+|[A-Z](?=\. )|[0-9]+(?=\. ))")


def numbers(text: str) -> list[str]:
    """The numbers of a document's headings: `A.7`, `A`, `6`."""
    return [found[1] for heading in headings(text) if (found := _HEADING_NUMBER.match(heading))]


def quirks(text: str) -> list[str]:
    """The numbers of the quirks that have an anchored row."""
    return [anchor.upper() for anchor in anchors(text) if re.fullmatch("q[0-9]+", anchor)]


def cited(more: str, first: str) -> Iterator[str]:
    """Every section that a citation names, those between two ends included."""
    last = first
    yield first
    for link, number in re.findall(rf"(, | and | to )({_NUMBER})", more):
        if link == " to ":
            chapter, begin = last.rpartition(".")[0], int(last.rpartition(".")[2])
            yield from (f"{chapter}.{n}".lstrip(".") for n in range(begin + 1, int(number.rpartition(".")[2])))
        yield number
        last = number


def wrong_citations(text: str, known: Mapping[str, set[str]], *, is_code: bool) -> Iterator[tuple[int, str]]:
    """The lines that cite what is not there, or name a document of reference without saying where in it."""
    for line_number, line in enumerate(text.splitlines(), start=1):
        for mention in _MENTION.finditer(line):
            found = _CITED.match(line, mention.end())
            if found is None:
                if is_code:
                    yield line_number, f"{mention[1]}.md is cited without a section, such as `{mention[1]}.md 6`"
                continue
            missing = [each for each in cited(found["more"], found["first"]) if each not in known[mention[1]]]
            yield from ((line_number, f"{mention[1]}.md has no section {each}") for each in missing)
        missing = [each for each in _QUIRK.findall(line) if each not in known["quirks"]]
        yield from ((line_number, f"semantics.md has no quirk {each}") for each in missing)


def read(document: str) -> str:
    return (REFERENCE / f"{document}.md").read_text(encoding="utf-8")


def what_is_there() -> dict[str, set[str]]:
    return {document: set(numbers(read(document))) for document in DOCUMENTS} | {
        "quirks": set(quirks(read("semantics")))
    }


def test_every_citation_leads_to_a_heading() -> None:
    known = what_is_there()
    below = (path for folder in CITING_FOLDERS for path in sorted((ROOT / folder).rglob("*")))
    files = [
        path
        for path in (*sorted(ROOT.glob("*.md")), *below)
        if path.suffix in CITING_SUFFIXES and path != Path(__file__)
    ]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in files
        for line, what in wrong_citations(path.read_text(encoding="utf-8"), known, is_code=path.suffix != ".md")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_number_of_a_heading_is_given_once(document: str) -> None:
    given = numbers(read(document))
    assert given
    assert [number for number, count in Counter(given).items() if count > 1] == []


def test_every_quirk_has_one_row() -> None:
    given = quirks(read("semantics"))
    assert [number for number, count in Counter(given).items() if count > 1] == []
    rows = re.findall(r"^\| <a id=\"q([0-9]+)\"></a>Q([0-9]+) \|", read("semantics"), re.MULTILINE)
    assert [anchor for anchor, number in rows if anchor != number] == []
    assert [f"Q{number}" for _, number in rows] == given


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("(sources.md A.1 to A.4)", ["sources.md has no section A.3"]),
        ("(sources.md A.1 and C).", []),
        ("(semantics.md 5 to 7 and 12)", ["semantics.md has no section 12"]),
        ("(semantics.md section 6)", ["semantics.md is cited without a section, such as `semantics.md 6`"]),
        ("(`sources.md`, A.1)", ["sources.md is cited without a section, such as `sources.md 6`"]),
        ("# Q9: kept. Q99 is not.", ["semantics.md has no quirk Q99"]),
        ("(sources.md A.1, semantics.md 8)", ["semantics.md has no section 8"]),
    ],
)
def test_a_citation_of_what_is_not_there_is_found(line: str, says: list[str]) -> None:
    known = {"sources": {"A.1", "A.2", "A.4", "C"}, "semantics": {"5", "6", "7"}, "quirks": {"Q9"}}
    assert [what for _, what in wrong_citations(line, known, is_code=True)] == says
