import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline_lib.cleaners import CLEANERS, clean
from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.cleaners.place_list import match_values
from pipeline_lib.cleaners.word_list import load

Codes = list[tuple[str, str]]

AGREEMENT = 0.85
HAS_NO_SCHEME_HERE = {
    *("english.age_10_to_99", "english.gender", "english.yes_no"),
    *("kenya.constituency", "kenya.county"),
    *("somali.age_10_to_99", "somali.district"),
    *("swahili.gender", "swahili.yes_no"),
}

pytestmark = pytest.mark.golden


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def coded_files(project: Path) -> Iterator[dict[str, Any]]:
    """The datasets of a project that have a cleaner."""
    plans = read(project / "coding_plans.json")
    for group in ("ResearchQuestions", "Demographics", "FollowUps", "Engagement"):
        yield from (plan for plan in plans[group] if any("Cleaner" in coding for coding in plan["Codings"]))


def codes_of(project: Path, codings: list[dict[str, Any]], texts: dict[str, pl.Series]) -> list[Codes]:
    """What the cleaners give to each message; `texts` by cleaner."""
    codes: list[Codes] = [[] for _ in next(iter(texts.values()))]
    for coding in codings:
        scheme = read(project / "code_schemes" / f"{coding['CodeScheme']}.json")
        by_value = {value: code["CodeID"] for code in scheme["Codes"] for value in code.get("MatchValues") or []}
        for found, value in zip(codes, clean(coding["Cleaner"], texts[coding["Cleaner"]]), strict=True):
            if value is not None:
                found.append((scheme["SchemeID"], by_value[value]))
    return codes


def agreement(messages: list[dict[str, Any]], found: list[Codes]) -> float:
    expected = [[(label["SchemeID"], label["CodeID"]) for label in message["Labels"]] for message in messages]
    return sum(e == f for e, f in zip(expected, found, strict=True)) / len(expected) if expected else 1.0


@pytest.mark.slow
@pytest.mark.parametrize("project", ["ssf-elections", "imaqal-covid19"])
def test_texts_get_the_predecessors_codes_but_where_it_was_wrong(golden: Path, project: str) -> None:
    shares = {}
    for case in sorted((golden / project).glob("*/expected")):
        for plan in coded_files(golden / project):
            messages = read(case / "Coda Files" / plan["CodaFilename"])
            texts = pl.Series([message["Text"] for message in messages], dtype=pl.String)
            codings = [coding for coding in plan["Codings"] if "Cleaner" in coding]
            found = codes_of(golden / project, codings, {coding["Cleaner"]: texts for coding in codings})
            shares[f"{case.parent.name} {plan['CodaFilename']}"] = round(agreement(messages, found), 3)
    assert len(shares) >= 4
    assert {file: share for file, share in shares.items() if share < AGREEMENT} == {}


@pytest.mark.slow
def test_facebook_comments_get_the_predecessors_codes_without_exception(golden: Path) -> None:
    project = golden / "ssf-elections-facebook"
    for case in sorted(project.glob("*/expected")):
        fields: dict[str, dict[str, Any]] = {}
        for path in sorted((case.parent / "input" / "Raw Data").glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                comment = {key.partition(".")[2]: value for key, value in json.loads(line)[-1]["Data"].items()}
                fields[hashlib.sha256(comment["id"].encode()).hexdigest()] = comment
        for plan in coded_files(project):
            messages = read(case / "Coda Files" / plan["CodaFilename"])
            if not messages:
                continue
            comments = [fields[message["MessageID"]] for message in messages]
            texts = {
                "facebook.comment_reply_to": pl.Series([json.dumps(comment["parent"]) for comment in comments]),
                "facebook.post_type": pl.Series([json.dumps(comment["post"]) for comment in comments]),
            }
            codings = [coding for coding in plan["Codings"] if "Cleaner" in coding]
            assert agreement(messages, codes_of(project, codings, texts)) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("project", ["ssf-elections", "imaqal-covid19"])
@pytest.mark.parametrize(
    ("word_list", "scheme"),
    [
        ("somali_gender", "gender"),
        ("somali_yes_no", "recently_displaced"),
        ("somali_mogadishu_sub_district", "mogadishu_sub_district"),
        ("somali_district", "somalia_district"),
    ],
)
def test_a_word_list_has_words_for_every_code_and_for_no_other(
    golden: Path, project: str, word_list: str, scheme: str
) -> None:
    codes = read(golden / project / "code_schemes" / f"{scheme}.json")["Codes"]
    values = match_values(word_list) if "district" in word_list else set(load(DATA_FOLDER / f"{word_list}.toml").values)
    normal = [set(code["MatchValues"]) for code in codes if code["CodeType"] == "Normal"]
    assert [sorted(match_values) for match_values in normal if not match_values & values] == []
    assert values <= set().union(*normal)


def test_every_cleaner_of_the_golden_projects_exists(golden: Path) -> None:
    named = {
        coding["Cleaner"]
        for project in ("ssf-elections", "imaqal-covid19", "ssf-elections-facebook")
        for plan in coded_files(golden / project)
        for coding in plan["Codings"]
        if "Cleaner" in coding
    }
    assert named == set(CLEANERS) - HAS_NO_SCHEME_HERE
