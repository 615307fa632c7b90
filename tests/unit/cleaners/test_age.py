import polars as pl
import pytest

from pipeline_lib.cleaners import clean

IN_DIGITS = {
    "25": "25",
    " 24 ": "24",
    "30.": "30",
    "28 jir": "28",
    "35jir": "35",
    "35 sano": "35",
    "waxaan ahay 22 jir": "22",
    "da'da 31": "31",
    "da'da31": "31",
    "miaka25": "25",
    "17yrs": "17",
    "age:40": "40",
    "2O": "20",
    "asc 3o horumarka": "30",
    "l8": "18",
    "l8jir": "18",
    "٢٥": "25",
    "15 ; 18 jir": "15",
    "1; 23 jir": "23",
    "miaka 35": "35",
    "miaka35": "35",
    "35yrs": "35",
    "35 yrs old": "35",
    "35 years old": "35",
    "35y/o": "35",
    "nina umri wa miaka 35": "35",
    "5 caruur, 41 sano": "41",
    "23.0": "23",
    "miaka 23.00.": "23",
}

IN_SWAHILI_OR_ENGLISH = {
    "ishirini": "20",
    "ishirini na tano": "25",
    "Miaka thelathini na mbili": "32",
    "ishirini natano": "25",
    "ishirini n tano": "25",
    "ishirininatano": "25",
    "niko na miaka ishirini na tano": "25",
    "thelathini": "30",
    "therathini na mbili": "32",
    "sitini na moja": "61",
    "sabini natisa": "79",
    "kuminatano": "15",
    "kumi na nane": "18",
    "kumi": "10",
    "arubaini na moja": "41",
    "sitini na tisa": "69",
    "twenty five": "25",
    "twenty-five": "25",
    "twenti one": "21",
    "Twenty-five years": "25",
    "twentyfive": "25",
    "nineteen": "19",
    "fourty": "40",
    "ninety nine": "99",
}

IN_SOMALI = {
    "sodon": "30",
    "soddon": "30",
    "labaatan iyo shan": "25",
    "shan iyo labaatan": "25",
    "Toban iyo sideed jir": "18",
    "kow iyo toban": "11",
    "soddon iyo laba": "32",
    "sagaashan iyo sagaal": "99",
}

NO_AGE = """
7 | 5 | 9. | 07 | 8 jirka | 120 | 1995 | 100 | boqol | tano | mia moja | five | one hundred | nane
0615123456 | +252615123456 | 061 55 12 345 | 0615-12-34-56 | 12/10/2021 | 10:30 | 2.50 | 50,000
23.5 | 12.0.2021 | 1.23.0 | 23.0-5
30s | natano | nanane | 10km | 20kg | 90fm | dhalinyaro | oo | il | ii soo dirin | so | loo
boqol iyo labaatan | mia na ishirini | elfu ishirini | twenty thousand | hundred and ten
tenda | kumilan
"""

ALL = ("english.age_10_to_99", "somali.age_10_to_99", "swahili.age_10_to_99")


def found_by(cleaner: str, said: list[str]) -> dict[str, str | None]:
    return dict(zip(said, clean(cleaner, pl.Series(said)), strict=True))


@pytest.mark.parametrize("cleaner", ALL)
def test_an_age_in_digits_is_read_in_any_language(cleaner: str) -> None:
    assert found_by(cleaner, list(IN_DIGITS)) == IN_DIGITS


@pytest.mark.parametrize("cleaner", ["swahili.age_10_to_99", "somali.age_10_to_99"])
def test_swahili_and_english_number_words_are_ages(cleaner: str) -> None:
    assert found_by(cleaner, list(IN_SWAHILI_OR_ENGLISH)) == IN_SWAHILI_OR_ENGLISH


def test_somali_number_words_are_ages_for_the_somali_cleaner_alone() -> None:
    assert found_by("somali.age_10_to_99", list(IN_SOMALI)) == IN_SOMALI
    assert found_by("swahili.age_10_to_99", list(IN_SOMALI)) == dict.fromkeys(IN_SOMALI)


@pytest.mark.parametrize("cleaner", ALL)
def test_other_numbers_are_no_ages(cleaner: str) -> None:
    said = [text.strip() for line in NO_AGE.strip().splitlines() for text in line.split("|")]
    assert found_by(cleaner, said) == dict.fromkeys(said)


def test_digits_come_before_words() -> None:
    assert found_by("swahili.age_10_to_99", ["ishirini, 30"]) == {"ishirini, 30": "30"}


def test_every_age_is_found_in_english_swahili_and_somali_words() -> None:
    english = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    swahili = ["moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa"]
    somali = ["kow", "laba", "saddex", "afar", "shan", "lix", "toddoba", "siddeed", "sagaal"]
    said = (
        [f"thirty {unit}" for unit in english]
        + [f"hamsini na {unit}" for unit in swahili]
        + [f"{unit} iyo konton" for unit in somali]
    )
    assert list(found_by("somali.age_10_to_99", said).values()) == [
        *("31", "32", "33", "34", "35", "36", "37", "38", "39"),
        *("51", "52", "53", "54", "55", "56", "57", "58", "59"),
        *("51", "52", "53", "54", "55", "56", "57", "58", "59"),
    ]
