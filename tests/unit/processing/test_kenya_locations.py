"""What codes of places in Kenya say of the other levels (semantics.md 14)."""

import csv
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Dataset, DatasetKind
from pipeline_lib.model.compatibility import QUIRKS, Predecessor, Quirk
from pipeline_lib.processing.impute import impute
from pipeline_lib.processing.texts import CodedDataset

PLACES = {
    "ward": ("kipevu", "tharaka"),
    "constituency": ("changamwe", "kiambu", "tharaka", "other"),
    "county": ("mombasa", "kiambu", "kitui"),
}
GOLDEN_FAMILY = Path(os.environ.get("GOLDEN_FAMILY_ROOT", Path(__file__).parents[4] / "shared" / "golden_family"))


def located(plan: Dataset, codes: dict[str, str], quirks: Collection[Quirk] = ()) -> dict[str, str]:
    """The imputed code of each coded field, for one text."""
    texts = pl.DataFrame({field: [[code]] for field, code in codes.items()})
    imputed = impute(CodedDataset(plan, pl.DataFrame(), texts), as_predecessor=bool(quirks), quirks=quirks).texts
    return {field: imputed[field].to_list()[0][0] for field in imputed.columns}


@pytest.mark.parametrize("levels", [("ward", "constituency", "county"), ("county", "constituency", "ward")])
@pytest.mark.parametrize(
    ("codes", "imputed"),
    [
        ("NR NR NR", "NR NR NR"),
        ("kipevu NR NR", "kipevu changamwe mombasa"),
        ("NR changamwe NR", "NC changamwe mombasa"),
        ("NR NR mombasa", "NC NC mombasa"),
        # A ward that is called like a constituency elsewhere is the ward; its own constituency has no code here.
        ("tharaka NR NR", "tharaka NC kitui"),
        # A county that is called like a constituency is the county.
        ("NR NR kiambu", "NC NC kiambu"),
        ("NR kiambu NR", "NC kiambu kiambu"),
        ("NR other NR", "NC NC NC"),
        ("NR STOP NR", "STOP STOP STOP"),
        ("NC NC NC", "NC NC NC"),
        ("NR changamwe mombasa", "CE CE CE"),
        ("NR NC mombasa", "CE CE CE"),
    ],
)
def test_a_place_fills_in_those_that_it_lies_in(
    codes: str, imputed: str, levels: tuple[str, ...], scheme: Any, coding: Any, dataset: Any
) -> None:
    codings = [coding(scheme(level, *PLACES[level], shared_controls=True)) for level in levels]
    plan = dataset("location", *codings, kind=DatasetKind.DEMOGRAPHIC, imputation="kenya_location")

    def ids(words: str) -> dict[str, str]:
        by_level = dict(zip(PLACES, words.split(), strict=True))
        return {
            f"{level}_coded": f"{level if by_level[level] in PLACES[level] else 'shared'}-{by_level[level]}"
            for level in levels
        }

    assert located(plan, ids(codes)) == ids(imputed)


def test_what_one_level_lacks_is_not_coded_there(scheme: Any, coding: Any, dataset: Any) -> None:
    codings = [coding(scheme("constituency", "changamwe")), coding(scheme("county", "nairobi"))]
    plan = dataset("location", *codings, kind=DatasetKind.DEMOGRAPHIC, imputation="kenya_location")
    codes = {"constituency_coded": "constituency-changamwe", "county_coded": "county-NR"}
    assert located(plan, codes) == codes | {"county_coded": "county-NC"}


@pytest.fixture
def ahadi(coding: Any, dataset: Any) -> Dataset:
    """The location dataset of an early Kenyan project."""
    folder = GOLDEN_FAMILY / "ahadi" / "code_schemes"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}: set GOLDEN_FAMILY_ROOT")
    schemes = [
        CodeScheme.model_validate(json.loads((folder / f"{level}.json").read_text(encoding="utf-8")))
        for level in ("constituency", "county")
    ]
    codings = [
        coding(scheme, coded_field=level) for level, scheme in zip(("constituency", "county"), schemes, strict=True)
    ]
    plan: Dataset = dataset("location", *codings, kind=DatasetKind.DEMOGRAPHIC, imputation="kenya_location")
    return plan


def outcomes(plan: Dataset, quirks: Collection[Quirk] = ()) -> dict[tuple[str, str], tuple[str, ...]]:
    """By level and match value, what becomes of a text that coders gave the code: constituency and county."""
    schemes = {each.coded_field: each.code_scheme for each in plan.codings}
    found = {}
    for level, scheme in schemes.items():
        for code in scheme.codes:
            if code.is_normal:
                unsaid = {
                    name: next(c.code_id for c in each.codes if c.control_code == "NR")
                    for name, each in schemes.items()
                }
                ids = located(plan, unsaid | {level: code.code_id}, quirks)
                codes = [scheme.by_id[ids[name]] for name, scheme in schemes.items()]
                found[level, code.match_values[0]] = tuple(c.control_code or c.match_values[0] for c in codes)
    return found


def rows_of_predecessor() -> list[dict[str, str]]:
    with (GOLDEN_FAMILY / "ahadi" / "location_table.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_each_place_becomes_what_the_predecessor_made_of_it(ahadi: Dataset) -> None:
    found = outcomes(ahadi, QUIRKS[Predecessor.AHADI])
    rows = [row for row in rows_of_predecessor() if not row["ends_the_run"]]
    assert len(rows) == 328
    assert {(row["coded_as"], row["match_value"]): (row["constituency"], row["county"]) for row in rows}.items() <= (
        found.items()
    )


@pytest.mark.slow
def test_by_default_every_place_is_found_and_a_county_is_no_constituency(ahadi: Dataset) -> None:
    found = outcomes(ahadi)
    assert [
        name for (level, name), codes in found.items() if level == "constituency" and codes != (name, codes[1])
    ] == ["other"]
    assert [name for (level, name), codes in found.items() if level == "county" and codes != ("NC", name)] == []
    assert found["constituency", "sirisa"] == ("sirisa", "bungoma")
    assert found["constituency", "voi"] == ("voi", "taita taveta")
