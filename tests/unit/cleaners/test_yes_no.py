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
        sawa | bado | labda | sijui | haa | ndoto | lakini | sikio | 👍 | ndio au hapana | ndiyo ama la
        hii ndio shida | ndio maana | serikali ndio inafaa kutusaidia sisi | jambo la maana | sio wote | ya nani
        hapana shida | watu wa hapa kwetu hapana chakula cha kutosha | si mimi
    """,
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
