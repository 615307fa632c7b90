import json
import os
from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.cleaners.noise import are_noise
from pipeline_lib.cleaners.noise_by_somali_words import RECOGNISERS
from pipeline_lib.cleaners.stop_words import packaged_words
from pipeline_lib.model.noise_filter import NoiseFilter, NoiseWords

GOLDEN_FAMILY = Path(os.environ.get("GOLDEN_FAMILY_ROOT", Path(__file__).parents[4] / "shared" / "golden_family"))

SOMALI = NoiseFilter(words=(NoiseWords.SOMALI,))
SHORT = NoiseFilter(min_length=10)
PREDECESSORS = NoiseFilter(
    min_length=10,
    words=(NoiseWords.SOMALI,),
    unless_recognised_by=(
        "somali.only_yes_no",
        "somali.gender",
        "somali.yes_no",
        "somali.urban_rural",
        "somali.district",
        "somali.age_11_to_89",
    ),
)


def noise(texts: list[str], rules: NoiseFilter) -> list[str]:
    """Those of the texts that are noise."""
    series = pl.Series(texts, dtype=pl.String)
    return series.filter(are_noise(series, rules)).to_list()


def test_a_greeting_or_filler_is_noise_however_it_is_written() -> None:
    texts = [
        "ASC",
        "asc.",
        "In sha allah!",
        "inshaallah",
        " Ok ",
        "Mahad Sanid",
        "kala-kal",
        "Okkkk",
        "helloooo",
        "in shaa Allaah",
        "330",
        "",
        "?!",
        "\U0001f44d",
    ]
    assert noise(texts, SOMALI) == texts


def test_a_greeting_before_an_answer_is_none() -> None:
    texts = ["asc, biyo ayaan u baahanahay", "hello we need water", "okra", "kaalay kaalay", "3330"]
    assert noise([*texts, "ok" + " " * 100 + "biyo"], SOMALI) == []


def test_every_list_has_the_english_words_but_not_those_of_the_other_language() -> None:
    texts = ["hello", "mahadsanid", "asante"]
    assert noise(texts, SOMALI) == ["hello", "mahadsanid"]
    assert noise(texts, NoiseFilter(words=(NoiseWords.SWAHILI,))) == ["hello", "asante"]
    assert noise(texts, NoiseFilter(words=(NoiseWords.ENGLISH,))) == ["hello"]


def test_a_text_is_too_short_by_its_characters_with_blanks() -> None:
    nine, ten = "abc  fghi", "abc  fghij"
    assert noise([nine, ten, "éééééééééé"], SHORT) == [nine]


def test_without_a_length_and_words_nothing_is_noise() -> None:
    assert noise(["", "ok"], NoiseFilter()) == []


@pytest.mark.slow
def test_what_a_cleaner_recognises_is_no_noise() -> None:
    texts = ["haa", "gabar", "magaalo", "Burco", "25", "biyo", "95"]
    assert noise(texts, PREDECESSORS) == ["biyo", "95"]


@pytest.mark.parametrize("words", NoiseWords)
def test_no_list_has_a_stop_word_or_an_answer(words: NoiseWords) -> None:
    answers = ["haa", "maya", "ndio", "hapana", "ndiyo", "yes", "nabad"]
    assert noise([*sorted(packaged_words()), *answers], NoiseFilter(words=(words,))) == []


HEARD = ["haa", "Maya.", "no", "40", "4O", "l8", "labaatan", "walaal 33", "Xamar"]
NOT_HEARD = ["Ndio", "La", "Hapana", "40yrs", "arobaini", "10", "95", "it", "mayai", "Hodan"]


@pytest.mark.slow
def test_q53_somali_words_alone_say_yes_and_an_age_stands_by_itself() -> None:
    texts = pl.Series([*HEARD, *NOT_HEARD])
    assert texts.filter(~are_noise(texts, PREDECESSORS, RECOGNISERS)).to_list() == HEARD
    assert noise(["Ndio", "La", "Hapana", "40yrs", "arobaini", "Hodan"], PREDECESSORS) == []


@pytest.mark.golden
@pytest.mark.parametrize("verdicts", ["redss-csap/*/noise.json", "ahadi/*/noise_texts.json"])
def test_each_text_gets_the_verdict_of_the_predecessors(verdicts: str) -> None:
    files = sorted(GOLDEN_FAMILY.glob(verdicts))
    if not files:
        pytest.skip(f"no golden cases in {GOLDEN_FAMILY}; set GOLDEN_FAMILY_ROOT")
    for file in files:
        expected = json.loads(file.read_text(encoding="utf-8"))
        found = are_noise(pl.Series(list(expected), dtype=pl.String), PREDECESSORS, RECOGNISERS)
        wrong = [
            number
            for number, (is_noise, want) in enumerate(zip(found, expected.values(), strict=True))
            if is_noise != want
        ]
        assert wrong == [], file
