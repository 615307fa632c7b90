import polars as pl
import pytest

from pipeline_lib.cleaners import clean

YES = """
haa | Haa | HAA waan barakacay | haaaaaaaa | haah | haah! | xaa | xaaa | ha | Ha. | haye
yes | Yes! | yeah | asc haa | waa haa | waxaan joogaa haa fiican
haa laakiin hadda maya
"""

NO = """
maya | Maya | MAYA. | mayaaa | mayo | mya | maaya | maya maan barakicin
no | No. | nope | ma aha | hadda ma aha | maaha
maya, haa ayay ahayd markii hore
"""

NEITHER = """
waan joogaa | noo | maanta | haween | mayooneys | wadahadal | 1 | ... | 🙂
haa ama maya | Yes or no?
ha isku dayin in aad sidaas u hadasho walaal
xasilooni dalka ka jirta ma aha mid la isku halayn karo
"""

IN_ENGLISH = {
    "yes": "yes | Yes! | YES I do | yeah | yep | ya | Y | of course | I agree | sure | hello, yes | yes, no, yes",
    "no": "no | No. | NOOO | nope | n | no because they never came to our village | I don't agree | not true | never",
    None: """
        know | yesterday | note | noon | maybe | ok | ndio | 1 | 🙂 | yes or no? | no idea | no problem | not sure
        there is no water in our village | we have no food | ya nani
    """,
}

IN_SWAHILI = {
    "yes": """
        ndio | Ndiyo | NDIOOO | ndyo | ndiyo sana | ndio kabisa | naam | eeh | ee | kweli | ni kweli | nakubali | yes
        asante sana, ndio | ndio lakini hapana | Ndio, serikali imetusaidia sana katika mambo ya afya
        mimi na familia yangu nasema ndio kwa chanjo
    """,
    "no": """
        hapana | Hapanaaa | apana | hapan | sio | Siyo | si | la | la hasha | sio kweli | si kweli | no | nope
        sikubali | hapana kwa sababu hawajafika hapa kwetu | hapana, ndio ilikuwa zamani
    """,
    None: """
        bado | labda | sijui | haa | ndoto | lakini | sikio | 👍 | ndio au hapana | ndiyo ama la
        hii ndio shida | ndio maana | serikali ndio inafaa kutusaidia sisi | jambo la maana | sio wote | ya nani
        hapana shida | watu wa hapa kwetu hapana chakula cha kutosha | si mimi
    """,
}


DENIED_AGREED_OR_UNSURE = {
    "english.yes_no": {
        "yes": """
            I support it | i fully support this idea | we agree with u | I am not against it | I don't oppose | ye s
            y-e-s | no doubt yes | a big yes from me | yse | yes, no child should stay at home
        """,
        "no": """
            not really | definitely not | absolutely not | of course not | not yes | don't agree | I do not agree
            we can't accept that | i cannot support such a thing | I will never agree | i reject it | n o | never
        """,
        None: """
            I don't know | i dont know | i do not know | I dont no | what do I do | i do farming | not so sure
            maybe yes | sometimes yes sometimes no | for girls yes for boys no | is it yes? | who says no?
            my phone no is lost | never mind | support us with food | they agree to marry young girls
        """,
    },
    "somali.yes_no": {
        "yes": "waan taageersanahay | wan tageraa | waan ku raacsanahay | kama soo horjeedo | h aa | ha la baro",
        "no": """
            ma taageersani | maan ogoli | kuma raacsani | waan diidanahay | waan ka soo horjeedaa | ma ya | may a
            ha taageerin | ha u ogolaan | yaan la ogolaan | ha la aqbalin
        """,
        None: """
            ha iloobin salaanta hooyo | ha i sugin | ilaahay ha idin barakeeyo | garan maayo | ma hubo | ma haa baa
            gabdhaha haa wiilasha maya | yaa maya yiri | haa buu yiri wiilkii | ma taageertaa
        """,
    },
    "swahili.yes_no": {
        "yes": "naunga mkono | tunakubali | sipingi | ndi o | nidio | kwangu mimi ndio | ndio, hapana shida",
        "no": "siungi mkono | hatukubali | mimi siwezi kubali | nakataa | napinga | ha pana | hapa na | napana",
        None: """
            sijui kama ni ndio | wasichana ndio wavulana hapana | je ni ndio? | nani amesema hapana | hapa na pale
            mama ndio nguzo | hapana maji | labda ndio | unaunga mkono
        """,
    },
}


def texts(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize(("table", "value"), [(YES, "yes"), (NO, "no"), (NEITHER, None)])
def test_the_first_yes_or_no_counts(table: str, value: str | None) -> None:
    said = texts(table)
    found = clean("somali.yes_no", pl.Series(said))
    assert dict(zip(said, found, strict=True)) == dict.fromkeys(said, value)


@pytest.mark.parametrize(("cleaner", "table"), [("english.yes_no", IN_ENGLISH), ("swahili.yes_no", IN_SWAHILI)])
def test_english_and_swahili_answers_are_read_where_they_begin_or_are_short(
    cleaner: str, table: dict[str | None, str]
) -> None:
    said = {text: value for value, row in table.items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said


@pytest.mark.parametrize("cleaner", DENIED_AGREED_OR_UNSURE)
def test_a_negation_turns_an_answer_and_doubt_is_none(cleaner: str) -> None:
    said = {text: value for value, row in DENIED_AGREED_OR_UNSURE[cleaner].items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said


AGREED_WITHOUT_YES = {
    "english.yes_no": {
        "yes": "girls should be educated | let them learn | no doubt girls should learn | i was displaced",
        "no": "they shouldn't | never been displaced | i don't want that | am opposed",
        None: "no. 5 | no smoking | yes then no | displaced people need help | otherwise no | can't say yes",
    },
    "somali.yes_no": {
        "yes": "waa in la baraa gabdhaha | waan soo barakacay | shaki kuma jiro | waan la qabaa",
        "no": "yaysan tagin iskuulka | ma barakicin | jawaabteedu waa may | ha la diido",
        None: "biyo maya | haa oo maya | barakacayaasha caawi | hubaal uma hayo",
    },
    "swahili.yes_no": {
        "yes": "lazima wasome | nimehamishwa | wacha waende | naikubali hoja hiyo",
        "no": "wasiende shule | sijawahi kuhamishwa | la la la | naikataa",
        None: "hapana/ndio | ndio na la | hali ni mbaya | watu walihama | ndio hao",
    },
}


@pytest.mark.parametrize("cleaner", AGREED_WITHOUT_YES)
def test_what_agrees_or_refuses_in_other_words_counts(cleaner: str) -> None:
    said = {text: value for value, row in AGREED_WITHOUT_YES[cleaner].items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said
