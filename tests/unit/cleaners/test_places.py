import polars as pl

from pipeline_lib.cleaners import clean

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
    "mogadishu": "Muqdisho | muqdishu | Mogadishu | xamar | Hamar | Muqdisho iyo Afgooye",
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
    "cadaado": "Cadaado | Adado | guriceel",
    "dhuusamarreeb": "Dhuusamareeb | dhusamareb | Dusamareb",
    "jowhar": "Jowhar | jawhar | Johar | Jowhar iyo su'aal",
    "marka": "marka | asc marka | degmada Marka | Merka",
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
    "sheikh": "Sheekh | degmada Sheikh",
}

NOWHERE = """
london | qurbaha | guriga | meel fog | 12 | su'aal | 😀
bay | Banaadir | mudug | puntland | somaliland
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
    assert clean("somali.district", said).to_list() == ["mogadishu", "mogadishu", None, None]
    assert clean("somali.district_unless_mogadishu_sub_district", said).to_list() == [None, "mogadishu", None, None]
