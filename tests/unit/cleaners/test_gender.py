import polars as pl
import pytest

from pipeline_lib.cleaners import clean

SAID_BY_A_MAN = """
nin | Nin | NIN. | ninka guriga | nin ah | waxaan ahay nin | waa nin
rag | Rag | rag. | raga | ragga | RAG!! | asc rag
wiil | wiilka | wil | wiil 25 jir
lab | lab ah | Lab! | waxaan ahay lab | labo
male | MALE | I am a man | boy
oday | odey | aabo
"""

SAID_BY_A_WOMAN = """
naag | naagta | naag ah
dumar | Dumar ah | dumarka | waa dumar
haween | haweenka | haweeney
gabar | gabadh | gabadha | gabadh ah | Gabar!!! | gabar laga aamiin
hooyo | hooyada | hoyo
dhedig | dheddig | Dhedig.
female | Female | woman | I am a girl
"""

SAID_BY_NOBODY = """
fiican | qof | 25 | maya | 👍 | السلام عليكم
aamiin | wanaagsan | ragaadi | labaatan | laba caruur | caafimaadka | meel | will | human
rag iyo dumar | lab iyo dhedig | man and woman
af hooyo
"""


def texts(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize(
    ("table", "value"), [(SAID_BY_A_MAN, "man"), (SAID_BY_A_WOMAN, "woman"), (SAID_BY_NOBODY, None)]
)
def test_whole_words_say_who_writes(table: str, value: str | None) -> None:
    said = texts(table)
    found = clean("somali.gender", pl.Series(said))
    assert dict(zip(said, found, strict=True)) == dict.fromkeys(said, value)


def test_a_long_text_that_counts_two_is_not_read_as_a_man() -> None:
    assert clean("somali.gender", pl.Series(["labo caruur ah ayaan leeyahay waana shaqeeyaa"])).to_list() == [None]
