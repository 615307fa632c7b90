import polars as pl
import pytest

from pipeline_lib.cleaners.gazetteer import build, names_of
from pipeline_lib.cleaners.place_cues import MEANINGS, place_cues
from pipeline_lib.cleaners.place_list import PlaceList
from pipeline_lib.cleaners.places import homes

TOWNS = PlaceList(spelling="exact", words={"alba": ["alba"], "borg": ["borg"]})

SAID = {
    "live in alba, not in borg": "alba",
    "alba ayaan ku noolahay borg ayaan ka imid": "alba",
    "waxaan ku noolahay alba": "alba",
    "not in alba or borg": None,
    "live in alba and borg": None,
    "from alba to borg": None,
    "moved from alba to borg": "borg",
    "alba road borg": "borg",
    "i dont know much but live in alba": "alba",
    "i dont live in alba": None,
    "not safe in alba": "alba",
    "alba no, borg yes": "borg",
    "live in alba, borg": None,
    "not in alba, borg": "borg",
    "radio alba": None,
    "alba fm": None,
    "alba is dear": None,
    "alba and bread is dear": "alba",
    "born in alba, borg": "borg",
    "borg but from alba originally": "borg",
    "born in alba": "alba",
    "originally from alba, borg now": "borg",
}


def test_what_is_said_of_a_place_decides_whether_it_is_home() -> None:
    found = homes(pl.Series(list(SAID)), build(names_of(TOWNS, place="towns.toml")))["whole"]
    assert dict(zip(SAID, found, strict=True)) == SAID


@pytest.mark.parametrize("meaning", MEANINGS)
def test_no_cue_has_two_meanings_on_one_side(meaning: str) -> None:
    others = [getattr(place_cues(), other) for other in MEANINGS if other != meaning]
    sides = getattr(place_cues(), meaning)
    taken = {cue for other in others for cue in (*other.before, *other.after, *other.around)}
    assert sorted(taken & {*sides.before, *sides.after, *sides.around}) == []
