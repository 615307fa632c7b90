import re

import polars as pl
import pytest

from pipeline_lib.cleaners import clean
from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.cleaners.gazetteer import gazetteer
from pipeline_lib.cleaners.place_list import read_places

SUB_DISTRICTS = {
    "hodan": "Hodan | hodon | HODAN! | waxaan joogaa Hodan fiican | Muqdisho, Hodan | degmada hodan",
    "karaan": "karaan | Kaaraan | Kaaran. | degmada Karaan ee magaalada ayaan ka soo jeedaa anigoo ah arday",
    "yaaqshid": "Yaaqshid | yaqshid | Yakshid | yaqshiid",
    "wadajir": "Wadajir | wada jir | Madiina | medina",
    "daynile": "Dayniile | deynile | daynile",
    "dharkenley": "Dharkeynley | dharkenley | Darkenley | dharkaynley",
    "waaberi": "waaberi | Waberi",
    "hawl wadaag": "Hawl wadaag | howlwadaag | Hawl-Wadaag | howl wadag | Bakaaraha",
    "heliwa": "Heliwa | huriwaa | Hiliwaa | horiwa",
    "shibis": "shibis | Shiibis",
    "kaxda": "Kaxda | kahda | qaxda",
    "xamar weyne": "Xamar weyne | Hamarweyne | xamar-weyn | xamarwayne",
    "xamar jaabjab": "Xamar Jajab | xamar jabjab | Hamar Jabjab",
    "boondheere": "Boondheere | bondere | bondhere",
    "cabdlcasiis": "Cabdicasiis | Abdiaziz | cabdul casiis",
    "shangaani": "Shangaani | shangani | shingani",
    "wardhiigleey": "Wardhiigley | wardhigley | Warta Nabada",
}

DISTRICTS = {
    "mogadishu": "Banaadir | Muqdisho | muqdishu | Mogadishu | xamar | Hamar",
    "baidoa": "Baydhabo | baydhaba | Baidoa | beydhabo | Baidabo",
    "kismayo": "Kismaayo | kismayo | Kismayu | Qismayo",
    "hargeysa": "Hargeysa | hargaysa | Hargeisa | xargeysa",
    "garowe": "Garoowe | garowe",
    "gaalkacyo": "Gaalkacyo | galkacayo | Galkayo | galkaio",
    "belet weyne": "Beledweyne | beletweyne | Belet Weyne | baladweyne | degmada beletweyne codbixin",
    "belet xaawo": "Beled Xaawo | beledhawo | Balad xaawo",
    "bossaso": "Boosaaso | bosaso | Bossasso",
    "laas caanood": "Laascaanood | Las Anod | lasanod | laascaanood ciidan su'aal",
    "burco": "Burco | Burao",
    "borama": "Boorama | Borama",
    "cabudwaaq": "cabudwaaq | Abudwak",
    "cadaado": "Cadaado | Adado",
    "dhuusamarreeb": "guriceel | guri el | Dhuusamareeb | dhusamareb | Dusamareb",
    "jowhar": "mahaday | mahadaay weyne | Jowhar | jawhar | Johar | Jowhar iyo su'aal",
    "marka": "bulo marer | buulamareer | marka | asc marka | degmada Marka | Merka",
    "doolow": "doolow | Dolow | doolow dib beero",
    "luuq": "luuq | Luq",
    "bu'aale": "Bu'aale | buaale | Bu\u2019aale",
    "baardheere": "baardheere | Bardera | bardhere",
    "ceel waaq": "Ceel Waaq | ceelwaaq | El Wak",
    "buur hakaba": "Buur Hakaba | burhakaba | Buurxakaba",
    "wanla weyn": "Wanlaweyn | wanla weyn | wanlewayn",
    "qardho": "qardho | Gardho | Kardho",
    "xudur": "xudur | Huddur",
    "xudun": "Xudun | hudun",
    "jariiban": "badhan | Jariban",
    "balcad": "warsheikh",
    "sheikh": "Sheekh | degmada Sheikh",
}

NOWHERE = """
london | qurbaha | guriga | meel fog | 12 | su'aal | 😀
bay | mudug | puntland | somaliland
marka la doorto madaxweyne cusub waxaan rabaa in nabad ay jirto
waxay sheegeen in ay karaan si ay wax uga qabtaan arrimaha bulshada
sheikh maxamed
"""


def texts(row: str) -> list[str]:
    return [text.strip() for line in row.strip().splitlines() for text in line.split("|")]


def expected(table: dict[str, str]) -> dict[str, str]:
    return {text: place for place, row in table.items() for text in texts(row)}


def test_sub_districts_of_mogadishu_are_found_in_their_spellings() -> None:
    places = expected(SUB_DISTRICTS)
    found = clean("somali.mogadishu_sub_district", pl.Series(list(places)))
    assert dict(zip(places, found, strict=True)) == places


def test_districts_are_found_in_their_spellings() -> None:
    places = expected(DISTRICTS)
    found = clean("somali.district_unless_mogadishu_sub_district", pl.Series(list(places)))
    assert dict(zip(places, found, strict=True)) == places


def test_no_place_is_found_in_other_words_and_in_regions() -> None:
    elsewhere = pl.Series(texts(NOWHERE))
    assert clean("somali.mogadishu_sub_district", elsewhere).null_count() == len(elsewhere)
    assert clean("somali.district", elsewhere).null_count() == len(elsewhere)


def test_a_sub_district_takes_the_place_of_its_district() -> None:
    said = pl.Series(["Muqdisho, Hodan", "Muqdisho", None, "Hodan"])
    assert clean("somali.district", said).to_list() == ["mogadishu", "mogadishu", None, "mogadishu"]
    assert clean("somali.district_unless_mogadishu_sub_district", said).to_list() == [None, "mogadishu", None, None]


@pytest.mark.slow
def test_no_spelling_is_both_a_district_and_a_part_of_mogadishu() -> None:
    keys = (gazetteer("somali_district").keys, gazetteer("somali_mogadishu_sub_district").keys)
    district, part = (each.filter(pl.col("whole").fill_null("") != "").select("key", "whole") for each in keys)
    assert district.join(part, on="key").filter(pl.col("whole") != "mogadishu").rows() == []


@pytest.mark.parametrize(
    ("cleaner", "name"),
    [
        ("kenya.county", "kenya_county"),
        ("kenya.constituency", "kenya_constituency"),
        ("somali.district", "somali_district"),
        ("somali.mogadishu_sub_district", "somali_mogadishu_sub_district"),
    ],
)
def test_every_listed_name_is_found_as_its_value(cleaner: str, name: str) -> None:
    file = read_places(name)
    sections = {where: names for where, names in file.sections.items() if where != "told home"}
    listed = {said: value for names in sections.values() for value, written in names.items() for said in written}
    listed |= {f"niko {said}": value for value, written in file.words_of_homes.items() for said in written}
    assert dict(zip(listed, clean(cleaner, pl.Series(list(listed))), strict=True)) == listed


HOMES = {
    "waxaan ka soo barakacay baydhabo hadda waxaan joogaa muqdisho": "mogadishu",
    "kismaayo ayaan ka imid imika afgooye ayan ku noolahay": "afgooye",
    "kismaayo ayaan ka imid afgooye ayaan ku noolahay": "afgooye",
    "hada boosaaso ayaan joogaa waxaana ka imid gaalkacyo": "bossaso",
    "asalkaygu waa burco balse waxaan degenahay berbera": "berbera",
    "ma joogo xamar ee waxaan joogaa jowhar": "jowhar",
    "displaced from jilib, currently staying in kismayo": "kismayo",
    "I came from baidoa now i live in mogadishu": "mogadishu",
    "my family is in galkayo but i live in garowe": "garowe",
    "wadada taleex ee muqdisho": "mogadishu",
    "hodan mogadishu": "mogadishu",
    "garowe, puntland": "garowe",
    "waxaan ka soo jeedaa kismaayo": "kismayo",
    "k13": "mogadishu",
    "jigjiga yar": "hargeysa",
    "markii hore afgooye ayaan degganaa hadda muqdisho": "mogadishu",
    "currently eyl, before it was jariiban": "eyl",
    "tiyeglow bakool waa go'doon waan joognaa": "tayeeglow",
    "our governor in kismayo should act": "kismayo",
    "the governor of kismayo should act": None,
    "gudoomiyaha baydhabo waa inuu is casilo": None,
    "qaraxii muqdisho": None,
    "waxaan rabaa inaan tago garoowe": None,
    "i want to travel to bosaso": None,
    "wuxuu ka yimid kismaayo": None,
    "ma ihi reer muqdisho": None,
    "baraawe degan maahi": None,
    "my home isnt in berbera": None,
    "had to leave wajid last month": None,
    "hodan is my sister name": None,
    "hodan cali": None,
    "we need to work together wadajir": None,
    "waxan ku dhashay qoryooley laakin hada dibadda ayaan jiraa": None,
    "from baidoa, now in puntland": None,
    "muqdisho kuma noolid": None,
    "garowe ma ahan meesha aan joogo": None,
    "waan ka tagay beledweyne": None,
    "we ran away from bulo burte two years ago": None,
    "Muqdisho iyo Afgooye": None,
    "labada meelood garoowe iyo qardho ayaan kala joogaa": None,
    "waan idin salaamayaa radio muqdisho": None,
    "marka roobku da'o ayaan beerta aadnaa": None,
    "sheekh nuur ayaa dhaha salaan": None,
    "jilibka ayaa i xanuunaya": None,
}


def test_of_several_districts_home_counts_and_what_is_not_home_does_not() -> None:
    assert dict(zip(HOMES, clean("somali.district", pl.Series(list(HOMES))), strict=True)) == HOMES


def test_a_part_of_mogadishu_that_is_not_home_does_not_count() -> None:
    said = pl.Series(["from hodan, now in baidoa", "hodan iyo dayniile", "hodan iyo kismaayo", "waxaan joogaa hodan"])
    assert clean("somali.mogadishu_sub_district", said).to_list() == [None, None, None, "hodan"]
    assert clean("somali.district", said).to_list() == ["baidoa", "mogadishu", None, "mogadishu"]


NEIGHBOURHOODS = {
    "xero awr": "hargeysa",
    "ceelasha biyaha": "afgooye",
    "kaamka kabasa": "doolow",
    "janaale": "marka",
    "xafada calanley": "kismayo",
    "beledweyne xaafada howlwadaag": "belet weyne",
    "garowe xaafadda hodan": "garowe",
    "xaafadda hodan": "mogadishu",
    "waxaan u socdaa gaalkacyo": None,
    "hodan ayaa la yiraahdaa": None,
    "magacaygu waa hodan": None,
    "waan karaan": None,
    "hargeysa ayaan idinka soo salaamayaa": "hargeysa",
    "jilib baan ka soo qaxay hadana xamar baan joogaa": "mogadishu",
    "my family ran from saakow and today we rent a room in luuq": "luuq",
    "between marka and afgoye": None,
    "we never reached kismayo": None,
}


def test_neighbourhoods_camps_and_villages_are_in_their_districts() -> None:
    found = clean("somali.district", pl.Series(list(NEIGHBOURHOODS)))
    assert dict(zip(NEIGHBOURHOODS, found, strict=True)) == NEIGHBOURHOODS


SPELT_BY_EAR = {
    "garoowaan deganahay": "garowe",
    "muqdishaan joogaa": "mogadishu",
    "harghaisa": "hargeysa",
    "hargesya": "hargeysa",
    "dusa mareb": "dhuusamarreeb",
    "las anod": "laas caanood",
    "markaan": None,
    "garanayo": None,
    "between": None,
}


def test_districts_are_found_where_they_sound_alike_and_everyday_words_are_no_misspellings() -> None:
    found = clean("somali.district", pl.Series(list(SPELT_BY_EAR)))
    assert dict(zip(SPELT_BY_EAR, found, strict=True)) == SPELT_BY_EAR


def test_a_neighbourhood_beside_another_town_is_in_that_town() -> None:
    said = {
        "garowe xaafada wadajir": "garowe",
        "xaafadda hodan ee Garoowe": "garowe",
        "Baydhabo xaafada howlwadaag": "baidoa",
        "waaberi, kismaayo": "kismayo",
        "degmada waaberi ee muqdisho": "mogadishu",
        "Hodan": "mogadishu",
    }
    assert dict(zip(said, clean("somali.district", pl.Series([*said])), strict=True)) == said


def test_abbreviated_districts_are_found_and_a_persons_name_and_an_alley_are_not() -> None:
    said = {
        "B/weyne hiran": "belet weyne",
        "L/caanood": "laas caanood",
        "blt weyne": "belet weyne",
        "balcd": "balcad",
        "badhan": "jariiban",
        "badhan sanaag": "lasqooray",
        "Hodan baan ahay 24 jir": None,
        "waxaan ku noolahay luuq yar oo ku yaal degmada kaxda ee muqdisho": "mogadishu",
        "hwl wadag": "mogadishu",
        "xero sarkuusta": "mogadishu",
        "xerada biyo kulule": "bossaso",
        "waaye": None,
        "sheekhkan": None,
    }
    assert dict(zip(said, clean("somali.district", pl.Series([*said])), strict=True)) == said


# Names of persons and an example of a place that the lists hold; "elder" and "markuu" are spelled as two districts are.
ALSO_PLACES = {"badan", "elder", "hodan", "hodon", "karisa", "kismaayo", "markuu", "sheikh", "turkana", "wajir"}


@pytest.mark.parametrize("cleaner", ["somali.district", "kenya.county", "kenya.constituency"])
def test_everyday_words_of_the_other_lists_are_no_places(cleaner: str) -> None:
    lists = ("ages", "negations", "numbers_english", "numbers_somali", "numbers_swahili")
    content = " ".join((DATA_FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in lists)
    listed = {word.strip("*").lower() for phrase in re.findall(r'"([^"\n]+)"', content) for word in phrase.split()}
    words = pl.Series(sorted(listed - ALSO_PLACES))
    assert len(words) > 2000
    assert words.filter(clean(cleaner, words).is_not_null()).to_list() == []
