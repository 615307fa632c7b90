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


def texts(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize(("table", "value"), [(YES, "yes"), (NO, "no"), (NEITHER, None)])
def test_the_first_yes_or_no_counts(table: str, value: str | None) -> None:
    said = texts(table)
    found = clean("somali.yes_no", pl.Series(said))
    assert dict(zip(said, found, strict=True)) == dict.fromkeys(said, value)
