import polars as pl
import pytest

from pipeline_lib.cleaners import clean
from pipeline_lib.cleaners.place_list import match_values, read_places

CONSTITUENCIES = {
    "mombasa": "changamwe | jomvu | kisauni | nyali | likoni | mvita",
    "kwale": "msambweni | lunga lunga | matuga | kinango",
    "kilifi": "kilifi north | kilifi south | kaloleni | rabai | ganze | malindi | magarini",
    "tana river": "garsen | galole | bura",
    "lamu": "lamu east | lamu west",
    "taita taveta": "taveta | wundanyi | mwatate | voi",
    "garissa": "garissa township | balambala | lagdera | dadaab | fafi | ijara",
    "wajir": "wajir north | wajir east | wajir south | wajir west | tarbaj | eldas",
    "mandera": "mandera west | banissa | mandera north | mandera south | mandera east | lafey",
    "marsabit": "moyale | north horr | saku | laisamis",
    "isiolo": "isiolo north | isiolo south",
    "meru": """
        igembe south | igembe central | igembe north | tigania west | tigania east | north imenti | buuri
        central imenti | south imenti
    """,
    "tharaka nithi": "maara | igambang'ombe | tharaka",
    "embu": "manyatta | runyenjes | mbeere south | mbeere north",
    "kitui": """
        mwingi north | mwingi west | mwingi central | kitui west | kitui rural | kitui central | kitui east
        kitui south
    """,
    "machakos": "masinga | yatta | kangundo | matungulu | kathiani | mavoko | machakos town | mwala",
    "makueni": "mbooni | kilome | kaiti | makueni | kibwezi west | kibwezi east",
    "nyandarua": "kinangop | kipipiri | ol kalou | ol jorok | ndaragwa",
    "nyeri": "tetu | kieni | mathira | othaya | mukurweini | nyeri town",
    "kirinyaga": "mwea | gichugu | ndia | kirinyaga central",
    "muranga": "kangema | mathioya | kiharu | kigumo | maragwa | kandara | gatanga",
    "kiambu": """
        gatundu south | gatundu north | juja | thika town | ruiru | githunguri | kiambu | kiambaa | kabete
        kikuyu | limuru | lari
    """,
    "turkana": "turkana north | turkana west | turkana central | loima | turkana south | turkana east",
    "west pokot": "kapenguria | sigor | kacheliba | pokot south",
    "samburu": "samburu west | samburu north | samburu east",
    "trans nzoia": "kwanza | endebess | saboti | kiminini | cherangany",
    "uasin gishu": "soy | turbo | moiben | ainabkoi | kapseret | kesses",
    "elgeyo marakwet": "marakwet east | marakwet west | keiyo north | keiyo south",
    "nandi": "tinderet | aldai | nandi hills | chesumei | emgwen | mosop",
    "baringo": "tiaty | baringo north | baringo central | baringo south | mogotio | eldama ravine",
    "laikipia": "laikipia west | laikipia east | laikipia north",
    "nakuru": """
        molo | njoro | naivasha | gilgil | kuresoi south | kuresoi north | subukia | rongai | bahati
        nakuru town west | nakuru town east
    """,
    "narok": "kilgoris | emurua dikirr | narok north | narok east | narok south | narok west",
    "kajiado": "kajiado north | kajiado central | kajiado east | kajiado west | kajiado south",
    "kericho": "kipkelion east | kipkelion west | ainamoi | bureti | belgut | sigowet/soin",
    "bomet": "sotik | chepalungu | bomet east | bomet central | konoin",
    "kakamega": """
        lugari | likuyani | malava | lurambi | navakholo | mumias west | mumias east | matungu | butere
        khwisero | shinyalu | ikolomani
    """,
    "vihiga": "vihiga | sabatia | hamisi | luanda | emuhaya",
    "bungoma": "mt. elgon | sirisia | kabuchai | bumula | kanduyi | webuye east | webuye west | kimilili | tongaren",
    "busia": "teso north | teso south | nambale | matayos | butula | funyula | budalangi",
    "siaya": "ugenya | ugunja | alego usonga | gem | bondo | rarieda",
    "kisumu": "kisumu east | kisumu west | kisumu central | seme | nyando | muhoroni | nyakach",
    "homa bay": "kasipul | kabondo kasipul | karachuonyo | rangwe | homa bay town | ndhiwa | mbita | suba",
    "migori": "rongo | awendo | suna east | suna west | uriri | nyatike | kuria west | kuria east",
    "kisii": """
        bonchari | south mugirango | bomachoge borabu | bobasi | bomachoge chache | nyaribari masaba
        nyaribari chache | kitutu chache north | kitutu chache south
    """,
    "nyamira": "kitutu masaba | west mugirango | north mugirango | borabu",
    "nairobi": """
        westlands | dagoretti north | dagoretti south | lang'ata | kibra | roysambu | kasarani | ruaraka
        embakasi south | embakasi north | embakasi central | embakasi east | embakasi west | makadara
        kamukunji | starehe | mathare
    """,
}

SAME_NAME_IN_SEVERAL_COUNTIES_OR_EVERYDAY_WORD = {"bahati", "kwanza", "makadara", "manyatta", "rongai", "sigor"}

COUNTIES = {
    "baringo": "Baringo | kabarnet | Eldama Ravine | ravine | marigat",
    "bomet": "bomet | Sotik | longisa",
    "bungoma": "bungoma | Webuye | kimilili | Mt. Elgon | mlima elgon",
    "busia": "busia | Malaba | port victoria | teso",
    "elgeyo marakwet": "Elgeyo-Marakwet | iten | marakwet | keiyo",
    "embu": "embu | EMBU. | natoka embu | Embu county | kaunti ya Embu | from Embu | runyenjes | mbeere south",
    "garissa": "garissa | Garisa | Dadaab | ifo",
    "homa bay": "Homa Bay | homabay | Homa-bay | Mbita | oyugis | suba",
    "isiolo": "isiolo | Garba Tula | merti",
    "kajiado": "kajiado | kitengela | Ngong | Ongata Rongai | loitokitok",
    "kakamega": "kakamega | Kakamenga | Mumias | butere",
    "kericho": "kericho | litein | Londiani",
    "kiambu": "Kiambu | Thika | ruiru | juja | Limuru | kikuyu | Kahawa Sukari",
    "kilifi": "kilifi | Malindi | mtwapa | Watamu | kaloleni",
    "kirinyaga": "kirinyaga | Kerugoya | mwea | Kutus",
    "kisii": "kisii | Kissi | ogembo | Gusii",
    "kisumu": "natoka kisumu | Kisumuuuu | KISUMO | ahero | Kondele | maseno | kisumu east",
    "kitui": "kitui | Mwingi town | natoka mwingi | mutomo",
    "kwale": "kwale | ukunda | Diani | Lungalunga | samburu kwale | Kwale, Samburu",
    "laikipia": "laikipia | Nanyuki | nyahururu",
    "lamu": "lamu | Mpeketoni | witu",
    "machakos": "machakos | Athi River | mlolongo | Matuu",
    "makueni": "makueni | Wote town | kibwezi | Mtito Andei",
    "mandera": "mandera | El Wak | elwak | rhamu",
    "marsabit": "marsabit | Moyale | North Horr | saku",
    "meru": "meru | watu wa Meru | Nkubu | maua | natoka maua",
    "migori": "migori | Awendo | rongo | Kuria East | natoka kuria",
    "mombasa": "mombasa | Mombassa | msa | kisauni | Likoni | nyali",
    "muranga": "Murang'a | muranga | MURANG\u2019A | Maragua | kandara",
    "nairobi": "nairobi kwa njaro | Nairobi/Westlands | 047 NAIROBI | nai | Kibera | lang'ata | Kaloleni, Nairobi",
    "nakuru": "nakuru | Nakulu | Naivasha | molo | bahati, nakuru",
    "nandi": "nandi | Kapsabet | nandi hills",
    "narok": "narok | Kilgoris | Maasai Mara | transmara",
    "nyamira": "nyamira | Borabu | west mugirango",
    "nyandarua": "nyandarua | Ol Kalou | olkalou | kinangop",
    "nyeri": "nyeri | Karatina | othaya | naro moru",
    "samburu": "samburu | Maralal | archers post",
    "siaya": "siaya | Bondo | ugunja | gem | yala",
    "taita taveta": "Taita-Taveta | voi | Mwatate | taveta",
    "tana river": "Tana River | tanariver | natoka Hola | hola | garsen | bura",
    "tharaka nithi": "Tharaka-Nithi | chuka | Maara | tharaka",
    "trans nzoia": "Trans-Nzoia | transnzoia | Kitale | kwanza constituency",
    "turkana": "turkana | Lodwar | kakuma | lokichar",
    "uasin gishu": "Uasin Gishu | wasin gishu | Eldoret | moiben | soy",
    "vihiga": "vihiga | Chavakali | mbale | sabatia",
    "wajir": "wajir | Habaswein | griftu",
    "west pokot": "West Pokot | pokot magharibi | Kapenguria | pokot south",
}

IN_SENTENCES = {
    "mimi ni mkaazi wa Kisumu na nina miaka 25": "kisumu",
    "I live in Mombasa, Likoni": "mombasa",
    "niko mathare nairobi hali ni ngumu sana": "nairobi",
    "embu niambie kwa nini watu wa Kitui wanateseka": "kitui",
    "asante sana kwa kipindi chenu, ni mimi kutoka embu": "embu",
    "natoka busia": "busia",
    "Thika road, Nairobi": "nairobi",
}

NO_COUNTY = """
embu niambie | Embu tuambie serikali inafanya nini | hebu | embu sema ukweli
kwanza | kwanza nataka kusema asante | wote | wote wako sawa | watu wote | salama | bahati | kwa bahati mbaya
muda mwingi | mambo madogo | maua mazuri | miwani yangu imepotea | hola watu | mara nyingi | homa ya malaria
naitwa Karen | naitwa Hamisi | Moses Kuria ni nani | I eat soy | turbo engine ya gari
pokot | rongai | makutano | manyatta | umoja | githurai | Mombasa road | lake turkana | Mt. Kenya | nje ya nairobi
nchini | mashariki | kenya | tanzania | mogadishu | kampala | 25 | 😀
"""

CONSTITUENCY_SPELLINGS = {
    "embakasi east": "Embakasi Mashariki | embakasi east nairobi | natoka Embakasi East",
    "kiambu": "kiambu | natoka kiambu | kiambu constituency | Kiambu town | eneo bunge la Kiambu",
    "makueni": "makueni | Makueni constituency | wote town makueni constituency",
    "vihiga": "vihiga | kaunti ndogo ya vihiga",
    "kwanza": "kwanza | Kwanza! | kwanza constituency | kwanza, kitale | kwanza trans nzoia",
    "lang'ata": "langata | Lang\u2019ata",
    "mt. elgon": "Mt Elgon | mount elgon",
    "mbita": "mbita | suba north | Suba-North | suba kaskazini",
    "suba": "suba | Suba South | suba kusini | suba constituency",
    "north imenti": "Imenti North | imenti kaskazini",
    "igambang'ombe": "chuka | Chuka/Igambang'ombe | igamba ng'ombe",
    "sigowet/soin": "sigowet | Sigowet-Soin",
    "bomachoge borabu": "Bomachoge Borabu",
    "kabondo kasipul": "Kasipul Kabondo | kabondo",
    "mavoko": "mavoko | niko Athi River | nakaa mlolongo",
    "rongai": "rongai | natoka rongai",
}

NO_CONSTITUENCY = """
embakasi | kibwezi | igembe | nakuru | kiambu county | kaunti ya vihiga | kwanza nataka kusema | tharaka nithi
Taita-Taveta | donholm | kwa bahati mbaya | natoka nairobi | hamisi aliniambia | I eat soy
"""


def texts(row: str) -> list[str]:
    return [text.strip() for line in row.strip().splitlines() for text in line.split("|")]


def expected(table: dict[str, str]) -> dict[str, str]:
    return {text: value for value, row in table.items() for text in texts(row)}


def found_by(cleaner: str, said: list[str]) -> dict[str, str | None]:
    return dict(zip(said, clean(cleaner, pl.Series(said)), strict=True))


def test_the_values_are_the_47_counties_and_the_290_constituencies() -> None:
    constituencies = [name for row in CONSTITUENCIES.values() for name in texts(row)]
    assert (len(COUNTIES), len(constituencies)) == (47, 290)
    assert match_values("kenya_county") == set(COUNTIES) == set(CONSTITUENCIES)
    assert match_values("kenya_constituency") == set(constituencies)


def test_the_list_says_in_which_county_each_constituency_lies() -> None:
    lies_in = {each.whole: sorted(each.parts) for each in read_places("kenya_constituency").lies_in}
    assert lies_in == {county: sorted(texts(row)) for county, row in CONSTITUENCIES.items()}


def test_counties_are_found_in_their_spellings_and_by_places_in_them() -> None:
    places = expected(COUNTIES) | IN_SENTENCES
    assert found_by("kenya.county", list(places)) == places


@pytest.mark.parametrize(("cleaner", "table"), [("kenya.county", NO_COUNTY), ("kenya.constituency", NO_CONSTITUENCY)])
def test_no_place_is_found_in_everyday_words_in_names_and_where_several_are_meant(cleaner: str, table: str) -> None:
    said = texts(table)
    assert found_by(cleaner, said) == dict.fromkeys(said)


def test_constituencies_are_found_in_their_spellings() -> None:
    places = expected(CONSTITUENCY_SPELLINGS)
    assert found_by("kenya.constituency", list(places)) == places


def test_every_constituency_is_found_by_its_name() -> None:
    names = [name for row in CONSTITUENCIES.values() for name in texts(row)]
    assert len(names) == 290
    assert found_by("kenya.constituency", names) == dict(zip(names, names, strict=True))


@pytest.mark.slow
def test_every_constituency_is_in_its_county_unless_others_have_the_name() -> None:
    county_of = {name: county for county, row in CONSTITUENCIES.items() for name in texts(row)}
    unknown = dict.fromkeys(SAME_NAME_IN_SEVERAL_COUNTIES_OR_EVERYDAY_WORD)
    assert found_by("kenya.county", list(county_of)) == county_of | unknown


ELSEWHERE_SAID = {
    "natoka bondo lakini naishi kasarani": "kasarani",
    "born in othaya now in lang'ata": "lang'ata",
    "shifted from ruaraka to mathare": "mathare",
    "not kibra, starehe": "starehe",
    "bondo, siaya": "bondo",
    "gem siaya": "gem",
    "soy ya uasin gishu": "soy",
    "limuru road, westlands": "westlands",
    "natoka bondo, naishi nairobi": None,
    "bondo na rarieda": None,
    "i dont live in westlands": None,
    "mimi si wa kibra": None,
    "my uncle is the mca in hamisi": None,
    "bondo, nairobi": None,
}


def test_of_several_constituencies_home_counts() -> None:
    assert found_by("kenya.constituency", list(ELSEWHERE_SAID)) == ELSEWHERE_SAID


HOME_COUNTIES = {
    "natoka kisumu lakini naishi nakuru": "nakuru",
    "nilitoka wajir nikahamia isiolo": "isiolo",
    "kwetu ni kisii naishi mombasa": "mombasa",
    "siishi mombasa naishi kilifi": "kilifi",
    "i dont live in nairobi i live in machakos": "machakos",
    "originally from kisii currently in narok": "narok",
    "my wife is in siaya and i stay in kericho": "kericho",
    "I live with my brother in mombasa": "mombasa",
    "am a turkana living in trans nzoia": "trans nzoia",
    "barabara ya nairobi hapa nakuru": "nakuru",
    "we have not received food in turkana": "turkana",
    "I am from kisumu": "kisumu",
    "siishi mombasa": None,
    "i am not from kisumu": None,
    "i used to live in narok": None,
    "nilihama kitui zamani": None,
    "ndugu yangu anaishi mombasa": None,
    "nairobi na mombasa": None,
    "meru or embu": None,
    "from kisumu, now living in uganda": None,
    "natoka kisumu, kwa sasa naishi pwani": None,
    "busia uganda": None,
    "radio kisumu iko juu": None,
    "i am listening to garissa fm": None,
    "i am meru by tribe": None,
    "kericho gold tea is sweet": None,
}


def test_of_several_counties_home_counts_and_what_is_not_home_does_not() -> None:
    assert found_by("kenya.county", list(HOME_COUNTIES)) == HOME_COUNTIES


MISSPELT = {
    "nakur": "nakuru",
    "gariza": "garissa",
    "machakoss": "machakos",
    "kajaido": "kajiado",
    "kakemega": "kakamega",
    "mbungoma": "bungoma",
    "nyandaruah": "nyandarua",
    "w. pokot": "west pokot",
    "murang\u00e1": "muranga",
    "mahindi": None,
    "watatu": None,
    "kipindi": None,
    "bonde la ufa": None,
    "kitabu": None,
}


def test_counties_are_found_where_they_sound_alike_and_everyday_words_are_no_misspellings() -> None:
    assert found_by("kenya.county", list(MISSPELT)) == MISSPELT


COMPASS = {
    "embakasi ya mashariki": "embakasi east",
    "south embakasi": "embakasi south",
    "nakuru mjini magharibi": "nakuru town west",
    "imenti kaskazini": "north imenti",
    "kuresoy south": "kuresoi south",
}


def test_points_of_the_compass_stand_at_either_end_and_in_two_languages() -> None:
    assert found_by("kenya.constituency", list(COMPASS)) == COMPASS


OFFICIAL_NAMES = {"Chuka/Igambang'ombe": "igambang'ombe", "Suba North": "mbita", "Suba South": "suba"}


def test_the_names_of_2017_lead_to_the_codes_that_schemes_have() -> None:
    assert found_by("kenya.constituency", list(OFFICIAL_NAMES)) == OFFICIAL_NAMES


SAID_OF_COUNTIES = {
    "nimezaliwa machakos nikaolewa embu ninapoishi": "embu",
    "i own land in kilifi but sleep in nairobi": "nairobi",
    "my parents stay in bomet, me in narok": "narok",
    "left nyeri for nanyuki last year": "laikipia",
    "kitengela is home though i come from kitui": "kajiado",
    "soko la kongowea mombasa": "mombasa",
    "huma bay": "homa bay",
    "salaka nithi": "tharaka nithi",
    "governor wa nairobi ni mbaya": None,
    "basi la kutoka nairobi limechelewa": None,
    "nataka kwenda kisumu": None,
    "sio kwamba naishi lamu": None,
    "kisumu used to be home": None,
    "my tribe is embu": None,
    "nairobi national park is nice": None,
    "mombasani": "mombasa",
    "Bombolulu": "mombasa",
    "naishi jericho": "nairobi",
    "mount sinai": None,
    "habari ndugu zangu natoka kilifi": "kilifi",
    "am a boda rider in Embu town and fuel is too high": "embu",
    "kati ya meru na embu": None,
    "niko njiani kwenda kisumu": None,
    "nilisoma shule moja kule nyeri": None,
    "nairobi but from meru originally": "nairobi",
    "kware": None,
}


def test_a_county_of_which_something_else_is_said_is_no_home() -> None:
    assert found_by("kenya.county", list(SAID_OF_COUNTIES)) == SAID_OF_COUNTIES


WARDS = {
    "naitwa Achieng nakaa kawangware": "dagoretti north",
    "kangemi, thats where i rent": "westlands",
    "kamukunji eastleigh": "kamukunji",
    "nko sika town": "thika town",
    "gatundu sth": "gatundu south",
    "it isnt likoni its kisauni": "kisauni",
    "kawangware": "dagoretti north",
    "lodwar town": "turkana central",
    "kibiri": "karachuonyo",
    "natoka kibiri": "karachuonyo",
    "wameenda kibiri leo": None,
    "either gem or ugunja": None,
    "i am kikuyu": None,
    "juja is too expensive to rent": None,
    "i live in hagadera": "fafi",
    "homabay town": "homa bay town",
    "bumla": "bumula",
}


def test_a_ward_counts_where_somebody_lives_there() -> None:
    assert found_by("kenya.constituency", list(WARDS)) == WARDS


TOWNS = {
    "mavoko": "Athi river | athi river town",
    "turkana west": "Kakuma camp | kakuma refugee camp | Kalobeyei settlement | kakuma 3",
    "turkana central": "Lodwar | lodwa",
    "dadaab": "ifo camp | Dagahaley camp | dadaab refugee camp",
    "fafi": "Hagadera camp | natoka bura east",
    "msambweni": "Ukunda diani | diani beach",
    "lunga lunga": "shimoni",
    "kilifi south": "Mtwapa | i sell palm wine in mtwapa",
    "kajiado east": "Kitengela | naishi isinya",
    "kajiado north": "Ongata Rongai | ongata",
    "wajir north": "wajir bute",
    "igembe north": "laare",
    "embakasi central": "Kayole | kayole soweto",
    "embakasi north": "Dandora",
    "embakasi east": "utawala | utawala nairobi",
    "starehe": "south b nairobi",
    "kisumu east": "niko mamboleo",
}


def test_a_town_a_camp_and_an_estate_that_lie_in_one_constituency_are_it() -> None:
    assert found_by("kenya.constituency", list(expected(TOWNS))) == expected(TOWNS)


def test_a_town_of_which_only_its_name_may_be_heard_is_found_in_its_county() -> None:
    table = {"turkana": "niko lorugum | kalobeyei", "nakuru": "karagita", "kisumu": "naishi obunga | nyamasaria"}
    assert found_by("kenya.county", list(expected(table))) == expected(table)


ABBREVIATED = {
    "kenya.county": {
        "tharaka nithi": "T.Nithi | T/Nithi | t nithi",
        "uasin gishu": "U/Gishu",
        "elgeyo marakwet": "E/Marakwet",
        "homa bay": "H/Bay",
        "nairobi": "Kanairo | roysambo | kasalani | westland",
        "embu": "embu kauti",
        "kitui": "Kitwi",
        "wajir": "waijir",
        "marsabit": "marsabeti",
        "nakuru": "naivasa",
    },
    "kenya.constituency": {
        "tigania east": "Tigania E | tigania e, kwetu",
        "north imenti": "N/Imenti",
        "south mugirango": "S. Mugirango",
        "turkana north": "turkana n",
        "mt. elgon": "mt elgone",
        "starehe": "Starehee",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("cleaner", sorted(ABBREVIATED))
def test_an_abbreviation_sheng_and_a_vowel_too_many_are_found(cleaner: str) -> None:
    table = expected(ABBREVIATED[cleaner])
    assert found_by(cleaner, list(table)) == table


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "kericho n bomet",
        "turkana n wajir",
        "i river",
        "laba",
        "sagaal",
        "arday",
        "wetlands",
        "baraka",
        "a s c",
        "bring",
    ],
)
def test_a_letter_for_and_and_words_of_other_languages_are_no_places(text: str) -> None:
    assert found_by("kenya.county", [text]) == {text: None}
    assert found_by("kenya.constituency", [text]) == {text: None}


def test_home_by_name_gives_way_to_where_somebody_lives() -> None:
    table = {
        "kiambu": "Nyumbani ni Kakamega lakini naishi Ruiru | my home is in Busia but I stay in Thika",
        "kitui": "my home is Kitui | nyumbani ni Kitui",
        "kwale": "our women rep for Kwale has not come",
    }
    assert found_by("kenya.county", list(expected(table))) == expected(table)
