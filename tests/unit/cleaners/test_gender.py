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

IN_ENGLISH = {
    "man": "male | MALE. | Man | I'm a man aged 30 | boy | M | 25 M | gender: male | young man | guy | men | Mr",
    "woman": "female | Famale | I am a lady | Lady, 25 yrs | girl | F | f 23 | woman | gal | mother | I am a mother",
    None: """
        human | many | ladybird | 25 | yes | mwanamke | nin | person | youth | hi guys | Hi madam, good morning
        male and female | man or woman | my wife is sick | my husband | not a man | man city | girlfriend | boy child
        women in our village need water | hello ladies and gentlemen
    """,
}

IN_SWAHILI = {
    "man": """
        mume | mwanaume | Mwanamume | mwanaumee | mme | mvulana | kiume | wa kiume | kijana wa kiume | jinsia ya kiume
        me | Me 28 Nakuru | me ni mwanaume | mimi ni baba | baba | jinsia me | male | me ni male | mzee | wanaume | M
        naitwa hamisi, mvulana wa miaka 20 kutoka mombasa
    """,
    "woman": """
        mke | mwanamke | Mwanamuke | msichana | mschana | me ni msichana | Mimi ni msichana wa miaka 19 | kike | ke | KE
        jinsia ya kike | kijana wa kike | mwanadada | binti | mimi ni mama | mama | lady | female
        mimi ni mtoto wa kike | wanawake | mimi ni mke wa mkulima
    """,
    None: """
        kijana | vijana | mtu | mimi | miaka 25 | ndio | mkeka | mumewe | mkewe | makeke | menyu | 👍
        mke na mume | mwanaume au mwanamke | mke wangu | mume wangu anaumwa | nina mke | mama yangu | si mwanamke
        habari mama | habari yako kaka | Bwana asifiwe | nina mtoto wa kike | watoto wa kiume
        wanawake wa kijiji chetu wanahitaji maji safi
    """,
}


WHOEVER_IS_DENIED_SPLIT_OR_SPOKEN_OF = {
    "english.gender": {
        "woman": """
            fe male | fe-male | wo-man | wo man | gir l | fema le | I am a fe male student | am agirl | womman | femalle
            am a girl not a boy | I'm not a man I'm a woman | not a man, a woman | I am the mother of 3 | mother of six
            I am someone's wife | women | we are women | as a woman I suffer a lot
        """,
        "man": "ma le | gentle-man | male, not female | i aint a lady, am a gentleman | father of 3 | I am the husband",
        None: """
            not a male | i am not a male | isn't a man | who said i am a man | neither man nor woman | non male | hu-man
            my wife is sick | her husband left | the mother of my wife | women are suffering | a man was killed here
            girls should go to school | male teachers only | every woman has rights | am a man or a woman?
        """,
    },
    "somali.gender": {
        "woman": """
            hoo yo | ga-bar | dhe dig | dhediig | gabarr | xaween | nin ma ihi waa naag | ma ahi nin, waxaan ahay gabar
            waxaan ahay gabar ee nin ma ahi | gabdho ah | waxaan ahay hooyo | dumarka
        """,
        "man": "gabar ma ihi wiil baan ahay | wi il | waxaanahaynin | waxaan ahay awoowe | ninka",
        None: """
            nin ma ihi | ma ahi nin | naag ma ahi | wiil maahi | lab ma aha | dhedig maaha | gabar maan ahi
            dumarka waa la dhibaa | nin baa la dilay | gabdhaha ha la baro | xaaskeyga | hooyo i salaan
        """,
    },
    "swahili.gender": {
        "woman": "mwana-mke | m sichana | mwanmke | nimwanamke | mimi si mwanaume, ni mwanamke",
        "man": "mwan aume | mwanaome | mvlana | mwanaume, siyo mwanamke | mimi si wa kike ni wa kiume",
        None: """
            mimi si mwanaume | sio msichana | mwanaume siyo mimi | mwanamke mimi sio | wala si mwanaume wala si mwanamke
            mke wangu | dada yangu ni msichana mzuri | wanawake wanateseka | kila mwanamke | mwanamke ni nguzo
        """,
    },
}


def texts(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize(
    ("table", "value"), [(SAID_BY_A_MAN, "man"), (SAID_BY_A_WOMAN, "woman"), (SAID_BY_NOBODY, None)]
)
def test_whole_words_say_who_writes(table: str, value: str | None) -> None:
    said = texts(table)
    found = clean("somali.gender", pl.Series(said))
    assert dict(zip(said, found, strict=True)) == dict.fromkeys(said, value)


@pytest.mark.parametrize(("cleaner", "table"), [("english.gender", IN_ENGLISH), ("swahili.gender", IN_SWAHILI)])
def test_english_and_swahili_words_say_who_writes(cleaner: str, table: dict[str | None, str]) -> None:
    said = {text: value for value, row in table.items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said


@pytest.mark.parametrize("cleaner", WHOEVER_IS_DENIED_SPLIT_OR_SPOKEN_OF)
def test_what_is_denied_or_said_of_others_is_nobody_and_a_split_word_is_itself(cleaner: str) -> None:
    table = WHOEVER_IS_DENIED_SPLIT_OR_SPOKEN_OF[cleaner]
    said = {text: value for value, row in table.items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said


def test_a_long_text_that_counts_two_is_not_read_as_a_man() -> None:
    assert clean("somali.gender", pl.Series(["labo caruur ah ayaan leeyahay waana shaqeeyaa"])).to_list() == [None]


FURTHER_ANSWERS = {
    "english.gender": {
        "woman": "am a poor village woman | F 22 Mandera | mum of two kids | your sister Fatuma | being a girl I rest",
        "man": "i am just a poor old man | 30, m, kisii | amale | am mwanaume",
        None: "man, this show is good | I never said that I'm a woman | both male and female | are you a man",
    },
    "somali.gender": {
        "woman": "F, baydhabo | gabar yar baan ahay | carmal baan ahay | dumarka ayaan ka mid ahay",
        "man": "m, 27, bosaso | nin weyn baan ahay | nimaan ahay",
        None: "saaxiibkay waa nin fiican | madaxweynuhu waa nin | gabar quruxsan ayaan rabaa",
    },
    "swahili.gender": {
        "woman": "naitwa Amina, ke, 25, Garissa | mama wa watoto watatu | sisi wanawake tunaumia | mama nyumbani",
        "man": "Me 28 Nakuru | baba ya familia | barobaro | ni mjomba wenu",
        None: "chifu ni mwanamke | sijasema mimi ni mwanamke | mke wa chifu alikufa",
    },
}


@pytest.mark.parametrize("cleaner", FURTHER_ANSWERS)
def test_descriptions_abbreviations_and_families_say_who_writes(cleaner: str) -> None:
    said = {text: value for value, row in FURTHER_ANSWERS[cleaner].items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said
