import polars as pl
import pytest

from pipeline_lib.cleaners import clean

YES = """
haa | Haa | HAA waan barakacay | haaaaaaaa | haah | haah! | xaa | xaaa | ha | Ha. | haye
yes | Yes! | yeah | asc haa | waa haa | waxaan joogaa haa fiican
"""

NO = """
maya | Maya | MAYA. | mayaaa | mayo | mya | maaya | maya maan barakicin
no | No. | nope | ma aha | hadda ma aha | maaha
maya, haa ayay ahayd markii hore
"""

NEITHER = """
haa laakiin hadda maya
waan joogaa | noo | maanta | haween | mayooneys | wadahadal | 1 | ... | 🙂
haa ama maya | Yes or no?
ha isku dayin in aad sidaas u hadasho walaal
xasilooni dalka ka jirta ma aha mid la isku halayn karo
"""

IN_ENGLISH = {
    "yes": "yes | Yes! | YES I do | yeah | yep | ya | Y | of course | I agree | sure | hello, yes | yes, no, yes",
    "no": "no | No. | NOOO | nope | n | no because they never came to our village | I don't agree | not true | never",
    None: """
        know | yesterday | note | noon | maybe | ok | 1 | 🙂 | yes or no? | no idea | no problem | not sure
        there is no water in our village | we have no food | ya nani
    """,
}

IN_SWAHILI = {
    "yes": """
        ndio | Ndiyo | NDIOOO | ndyo | ndiyo sana | ndio kabisa | naam | eeh | ee | kweli | ni kweli | nakubali | yes
        asante sana, ndio | Ndio, serikali imetusaidia sana katika mambo ya afya
        mimi na familia yangu nasema ndio kwa chanjo
    """,
    "no": """
        hapana | Hapanaaa | apana | hapan | sio | Siyo | si | la | la hasha | sio kweli | si kweli | no | nope
        sikubali | hapana kwa sababu hawajafika hapa kwetu | hapana, ndio ilikuwa zamani
    """,
    None: """
        ndio lakini hapana | bado | labda | sijui | ndoto | lakini | sikio | 👍 | ndio au hapana | ndiyo ama la
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


OPENED_BY_AN_ANSWER: dict[str, dict[str | None, str]] = {
    "english.yes_no": {
        "yes": """
            yes, in our culture it's ok to marry at 16 | yes no doubt | Hi kwame,yes its good
            yes but the fee should be low
            yeah - water is life | Good morning Mary. yes it helps | yes in our area they do
        """,
        "no": "NO! fuel is already taxed | Hallo Achieng, no bcoz they have families | no. water is enough",
        None: "no fuel | no water here | yes, but no | YES... and then NO | yes or, no | never in the history",
    },
    "somali.yes_no": {
        "yes": "haa maxaa u diidaya | haa, maya maahan | asc Sahra, haa waan ogolahay",
        "no": "maya, haa ayay ahayd | maya waa dhib | haa ma oran karo",
        None: "qaar waan ku kalsoonahay qaarna maya | haa doorashada waan maqlay laakiin ma taageersani",
    },
    "swahili.yes_no": {
        "yes": "ndio, hakuna shule hapa | Habari Juma, ndio walipe | ndio, maji hakuna",
        "no": "La, msichana amalize shule kwanza | Zi buda hiyo ni uonevu | hapana, maji hakuna",
        None: "la maana | hapana maji | wengine walipe wengine wasilipe | zinaenda",
    },
}

MIXED: dict[str, dict[str | None, str]] = {
    "swahili.yes_no": {
        "yes": "ndio they should pay | haa | nacam | yes ni muhimu",
        "no": "hapana, cbc has no books | maya | no hatujasaidiwa",
        None: "ndio hapana | haa maya | yes or no",
    },
    "english.yes_no": {
        "yes": "ndio they should pay | haa | naam | nacam",
        "no": "hapana, cbc has no books | maya | la | zii",
    },
    "somali.yes_no": {"yes": "yes way karaan | ndio | naam", "no": "no waa xuntahay | hapana | la | zi"},
}

SLIPS: dict[str, dict[str | None, str]] = {
    "english.yes_no": {
        "yes": "Tes | yed they shud | ys it helps | I suport it | i totaly agre | definately | gud morning, yes",
        "no": "i dnt suport | They shldnt pay | Am totaly against it | disagre",
        None: "hes here | 20 yrs | im 25y | yews",
    },
    "somali.yes_no": {
        "yes": "wn tagersanahy | waan ku kalsonahay | ha waan hely | waan tagerayaa",
        "no": "mya | kumakalsoni maxkamada | ma tageersani",
        None: "maxaa | waxaa idin soo salaamaya | kaaraan | maga",
    },
    "swahili.yes_no": {
        "yes": "ndip | nauga mukono | ndio kabsa",
        "no": "aifai ata kidogo | Siungi mukono",
        None: "nakaa nairobi | napiga kura | hapa nakuru | yeye ana watoto",
    },
}

SHOULD_OR_SHOULD_NOT: dict[str, dict[str | None, str]] = {
    "english.yes_no": {
        "yes": """
            they should pay | women can lead | they shouldn't be stopped | its good to learn | it is not bad
            i don't think it is wrong | let them try
        """,
        "no": """
            they shouldn't pay | it should be banned | its bad to marry a child | not right at all | it is not fair
            I dont think that women should lead
        """,
        None: """
            the road is not good | they should help us | some should pay and some should not | good morning
            they should be left alone | my daughter can cook
        """,
    },
    "somali.yes_no": {
        "yes": "way karaan | dumarku way hogaamin karaan | way helaan | waan ku kalsoonahay | way haboontahay",
        "no": "ma karaan | ma helaan | gudniinka waa in la joojiyo | kuma kalsooni | ma haboona | ha la joojiyo",
        None: "ma ku kalsoon tahay | ma garan karo | biyo ma helin | asc barnaamijka waan jeclahay, Sahra",
    },
    "swahili.yes_no": {
        "yes": "walipe | Walipe tu buda | inafaa walipe | lazima walipe | wanawake waongoze | sio mbaya",
        "no": "wasilipe | haifai | Sio vizuri kwa sababu mwili haujakomaa | iondolewe | hawafai kulipa",
        None: "hali ni mbaya | barabara si nzuri | gavana afanye kazi | waolewe | kwani ni lazima?",
    },
}

SAID_TO_THE_SHOW: dict[str, dict[str | None, str]] = {
    "english.yes_no": {None: "Yes I can hear u loud and clear | yes, i am listening | it is good to hear from you"},
    "somali.yes_no": {None: "haa waan idin maqlayaa | haa, waan idin dhagaystaa"},
    "swahili.yes_no": {None: "ndio nimefungua redio | Ndio, nawasikia vizuri | ndio nafungua redio sasa hivi"},
}


@pytest.mark.parametrize(
    ("cleaner", "table"),
    [
        pytest.param(cleaner, table, id=f"{kind} {cleaner}")
        for kind, tables in {
            "opened": OPENED_BY_AN_ANSWER,
            "mixed": MIXED,
            "slips": SLIPS,
            "should": SHOULD_OR_SHOULD_NOT,
            "show": SAID_TO_THE_SHOW,
        }.items()
        for cleaner, table in tables.items()
    ],
)
def test_answers_are_told_by_rule(cleaner: str, table: dict[str | None, str]) -> None:
    said = {text: value for value, row in table.items() for text in texts(row)}
    assert dict(zip(said, clean(cleaner, pl.Series(list(said))), strict=True)) == said
