import polars as pl
import pytest

from pipeline_lib.cleaners.negation import Language, negations
from pipeline_lib.cleaners.word_list import build, match
from pipeline_lib.cleaners.word_list_file import WordListFile


@pytest.mark.parametrize("language", ["english", "somali", "swahili"])
def test_every_negation_takes_away_the_word_on_its_side(language: Language) -> None:
    file = {"spelling": "exact", "when_several": "first", "negated_in": [language], "words": {"mango": ["mango"]}}
    words = build(WordListFile.model_validate(file), place="fruit.toml")
    listed = list(negations(language))
    behind = [f"{each.phrase} mango" for each in listed if each.takes_next]
    before = [f"mango {each.phrase}" for each in listed if each.takes_previous]
    assert len(behind) >= 20
    assert dict(zip(behind, match(pl.Series(behind), words), strict=True)) == dict.fromkeys(behind)
    assert dict(zip(before, match(pl.Series(before, dtype=pl.String), words), strict=True)) == dict.fromkeys(before)
