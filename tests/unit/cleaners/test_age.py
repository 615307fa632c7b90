from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.cleaners import clean
from pipeline_lib.cleaners.age import _index, _marked, _rules, _tokens
from pipeline_lib.cleaners.evaluation import read_labelled_answers
from pipeline_lib.cleaners.number_words import in_digits
from pipeline_lib.cleaners.spelling import loose

LABELLED = Path(__file__).parents[2] / "data" / "labelled_answers"

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
    "asc 3o": "30",
    "l8": "18",
    "l8jir": "18",
    "٢٥": "25",
    "15 ; 18 jir": "18",
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

NO_AGE_OF_THE_WRITER = {
    "a range": "25 - 30 | 20 ilaa 25 | between 20 and 30 | 25\u201330 | 20 or 21 | soddon ilaa afartan",
    "a bound": "over 40 | 25+ | >50 | ka weyn 40 | zaidi ya miaka thelathini | labaatan jir ka yar | not yet 18",
    "a year of birth": "born in 90 | born in 1990 | nimezaliwa mwaka 79 | sanadkii 85 ayaan dhashay",
    "money": "50 kun | KES 50 | $20 | shilingi ishirini | 15/= | 20 doolar | nipe credo ya 10 | 25k",
    "a count": "12 caruur | watoto 12 | 30 guri ayaa gubtay | we are 24 in the family | laba xaas iyo 13 caruur",
    "a measure": "40 km | lita 20 za maji | 10 am | saa kumi na moja | 20% | 35 degrees today | 15 maalmood",
    "a time that something took": "I have been living here for 12 years | nimekaa kambini miaka 15 | 20 sano ka hor",
    "a name": "covid 19 | block 12 | question no. 12 | tarehe 20 | 26 juun",
    "somebody else's": "my child is 12 years | wiilkaygu waa 15 | dada yangu ako na 23 | He is 28 | girls of 15",
    "one of the past": "I got married at 18 | nilipokuwa na miaka 16 | markaan 16 jirka ahaa",
    "a decade": "niko kwenye miaka ya 30 | am in my thirties | soddonaadka",
    "to come": "i will be 20 in may | almost 30 | naelekea 50 | nitakuwa 20",
    "a rule for all": "the legal age is 18 | umri wa kuolewa ni 18 | da'da guurka waa 18 | marriage age should be 18",
    "what somebody undergoes": "a girl of 13 was married off | msichana wa miaka 13 aliolewa | 30 ayaa dhimatay",
    "how long something is done": "20 sano ayaan guursanaa | waxaan ku shaqeeyaa 15 sano | 15 years as a cook",
    "larger": "boqol iyo toban | miaka mia moja na kumi | a hundred and ten | waxaan jiraa 300 sano",
}

AGES_BESIDE_OTHER_WORDS: dict[str, dict[str, str | None]] = {
    "a word for an age": {
        "my age z 27": "27",
        "age mine is 52 thanks": "52",
        "gu'gaygu waa 38": "38",
        "magacaygu waa Sahro da'du 24, degmada hodan": "24",
        "umli wangu miaka 33": "33",
        "umri: 52 jinsia: mume": "52",
        "umri wg 47": "47",
        "kwa majina ni Zainab myk 25 lamu": "25",
        "miaka yangu sasa imefika 70": "70",
    },
    "who writes": {
        "bado nko 19 bana": "19",
        "nina 18 marafiki": "18",
        "i am 18 finally": "18",
        "i have 18 friends": None,
        "turned 18 yesterday": "18",
        "i celebrate 50 this very week": "50",
        "21 baan ahay": "21",
        "nmetimia 32 leo": "32",
    },
    "an aside": {
        "22 n proud": "22",
        "its 21 for me": "21",
        "24 by God's grace": "24",
        "niko 35 saa hii": "35",
        "ishrini na sita jamani": "26",
        "30 lakini sijaolewa": "30",
        "sweet 16": "16",
    },
    "what they do": {"mwanamke 40 mkulima": "40", "65 and retired teacher": "65", "25 arday fasalka": None},
    "a correction": {"sio 40 ni 39": "39", "20 maaha ee waa 21": "21", "sorry 32 not 23": "32"},
    "a number that is said in two parts": {
        "umri ni themanini na miaka miwili": "82",
        "arubaini na mitano": "45",
        "20 iyo shan": "25",
        "sideed labaatan": "28",
        "waxan ahay labaatanjir": "20",
        "toban iyo shanjir": "15",
    },
    "the past": {
        "18 jir ayaan ahaa markii dagaalku bilowday": None,
        "nilipokuwa na umri wa miaka 14 nilitoroka nyumbani": None,
        "nilikuwa 39 sasa niko 40": "40",
    },
    "a day or a time of one's life": {
        "i celebrated my 37th birthday yesterday": "37",
        "my 10th goat": None,
        "51 going 52": "51",
        "been on this earth 55 years and still going": "55",
        "nimeishi duniani miaka 61": "61",
        "mungu amenipa miaka 61": "61",
        "nitafikisha 25 mwaka ujao": None,
        "40 ayaan noqon doonaa": None,
        "da'deyda 22 ayaa ah": "22",
        "22 aan ahay": "22",
    },
    "a name": {"john 34": "34", "34 faadumo": "34", "zuzu 34": None},
    "two others": {"aabahay waa 81 jir hooyadayna waa 70 jir": None, "the girl was 14 years": None},
    "a rule": {"18 sano waa da'da codbixinta": None, "18 ni umri wa kupiga kura": None},
    "a bound or a range with a word between": {
        "soddon jir waa ka yarahay": None,
        "labaatan jir baan ka weynahay": None,
        "miaka ishirini hivi mpaka thelathini": None,
        "niko chini kidogo ya 50": None,
    },
}

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


def test_two_ages_give_none_unless_something_says_which_counts() -> None:
    said = {"ishirini, 30": None, "ishirini, miaka 30": "30", "30 jir 4 caruur": "30", "25 jir 25": "25"}
    assert found_by("somali.age_10_to_99", list(said)) == said


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


@pytest.mark.parametrize("kind", NO_AGE_OF_THE_WRITER)
def test_a_number_that_is_something_else_is_no_age(kind: str) -> None:
    said = NO_AGE_OF_THE_WRITER[kind].split(" | ")
    assert found_by("somali.age_10_to_99", said) == dict.fromkeys(said)


def test_an_age_beside_other_numbers_is_found() -> None:
    said = {
        "30 jir 4 caruur": "30",
        "wiilkaygu waa 12 aniguna 36 baan jiraa": "36",
        "mtoto wangu ana miaka 10 na mimi nina 31": "31",
        "I am 60 and have lived here 20 years": "60",
        "47 jir ayaan ahay kaamkana 10 sano ayaan joogay": "47",
        "nina miaka 35 na watoto 4": "35",
        "24; madaxweyne ka shaqo horumarka": "24",
    }
    assert found_by("somali.age_10_to_99", list(said)) == said


def test_a_typing_slip_is_tolerated() -> None:
    said = {
        "2 5 jir": "25",
        "twenty fuor": "24",
        "fity two years": "52",
        "labaa tan iyo laba": "22",
        "thela thini": "30",
        "sodoniyolaba": "32",
        "labaatan iyolix": "26",
        "kumi natisa": "19",
        "forthy five": "45",
        "26 yaers old": "26",
        "maika 24": "24",
    }
    assert found_by("somali.age_10_to_99", list(said)) == said


def test_a_number_beside_another_answer_is_an_age_and_beside_a_strange_word_is_not() -> None:
    said = {"ahmed 25 hargeysa": "25", "44 man Nairobi": "44", "lab 28": "28", "30 xabo": None, "yaya 25 zuzu": None}
    assert found_by("somali.age_10_to_99", list(said)) == said


@pytest.mark.parametrize("kind", AGES_BESIDE_OTHER_WORDS)
def test_an_age_is_found_beside_words_that_say_whose_it_is(kind: str) -> None:
    said = AGES_BESIDE_OTHER_WORDS[kind]
    assert found_by("somali.age_10_to_99", list(said)) == said


@pytest.mark.parametrize("language", ["english", "swahili"])
def test_a_unit_behind_a_dash_joins_its_tens_and_one_behind_another_mark_does_not(language: str) -> None:
    assert found_by(f"{language}.age_10_to_99", ["20;1", "20 - 5"]) == {"20;1": "20", "20 - 5": "25"}


@pytest.mark.parametrize("language", ["english", "swahili"])
def test_tens_take_a_unit_after_a_slip_but_no_other_word(language: str) -> None:
    said = {"forty nin": "49", "twenty to thirty": None, "thirty for now": "30", "nin": None}
    assert found_by(f"{language}.age_10_to_99", list(said)) == said


@pytest.mark.slow
def test_the_rules_that_are_left_out_of_a_text_would_not_have_matched_it() -> None:
    texts = pl.concat([read_labelled_answers(path) for path in sorted(LABELLED.glob("*.csv"))])["text"].unique()
    spelled = loose(in_digits(_tokens(pl.concat([texts, texts + " 25"])), ("somali", "english", "swahili")))
    held_against_all = spelled.clone()
    for rule in _rules():
        held_against_all = held_against_all.str.replace_all(rule.pattern, rule.becomes)
    differ = _marked(spelled, _index().bits_of_texts(spelled)) != held_against_all
    assert spelled.filter(differ).to_list() == []


def test_a_question_about_an_age_gives_none() -> None:
    said = ["how old are you? 20?", "umri gani? 30?", "40 jirka waa la tixgeliyaa, adiguse imisa jir baad tahay?"]
    assert found_by("somali.age_10_to_99", said) == dict.fromkeys(said)


def test_nothing_gives_nothing() -> None:
    assert clean("somali.age_10_to_99", pl.Series([], dtype=pl.String)).to_list() == []
    assert clean("somali.age_10_to_99", pl.Series(["", " ", "#25#", "@ 25 ?"])).to_list() == [None, None, "25", "25"]


SAID_NOW: dict[str, dict[str, str | None]] = {
    "somali.age_10_to_99": {
        "42 guuro": "42",
        "20 ma ihi waa 30 jir": "30",
        "30 maaha ee waa 35": "35",
        "36 waxaan leeyahay 4 caruur": "36",
        "shaniyo toban": "15",
        "lixiyo labaatan jir": "26",
        "aniga oo 31 jir ah waxaan joogaa garowe": "31",
        "anigu waxaan ka mid ahay dhalinyarada waxaan jiraa 22 sano": "22",
    },
    "english.age_10_to_99": {
        "At 55 i have seen many governments come and go": "55",
        "At the age of 21 i am already paying fees for my brothers": "21",
        "at the age of 21 i got married": None,
        "not 20 but 30": "30",
        "i was born 31 years ago": "31",
        "my son was born 12 years ago": None,
        "Mohamed Abdi Hassan 34": "34",
    },
    "swahili.age_10_to_99": {
        "Nikiwa na miaka 26 sasa bado sijapata kazi tangu nimalize chuo": "26",
        "Niliolewa nikiwa na 18 na sasa niko na 24": "24",
        "si 20 ni 30": "30",
        "Miaka kumi sasa tunateseka na ukame": None,
        "Miaka 25 sasa": "25",
    },
}


@pytest.mark.parametrize("cleaner", sorted(SAID_NOW))
def test_a_present_age_counts_and_a_denied_one_does_not(cleaner: str) -> None:
    said = SAID_NOW[cleaner]
    assert dict(zip(said, clean(cleaner, pl.Series([*said])), strict=True)) == said
