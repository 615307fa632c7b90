from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Dataset, DatasetKind
from pipeline_lib.processing.impute import impute, impute_coding_errors
from pipeline_lib.processing.texts import CodedDataset

LEVELS = ("mogadishu_sub_district", "district", "region", "state", "zone")
PLACES = {
    "mogadishu_sub_district": ("hodan", "kaxda"),
    "district": ("mogadishu", "garowe", "guriceel", "dhuusamarreeb"),
    "region": ("banadir", "nugaal", "galgaduud"),
    "state": ("banadir", "puntland", "galmudug"),
    "zone": ("scz", "nez"),
}


def coded(dataset: Dataset, **columns: list[str]) -> CodedDataset:
    texts = pl.DataFrame({field: [[code] for code in codes] for field, codes in columns.items()})
    return CodedDataset(dataset, pl.DataFrame(), texts)


@pytest.fixture
def age(scheme: Callable[..., CodeScheme], coding: Any, dataset: Any) -> Dataset:
    ages = scheme("age", *(str(years) for years in range(1, 100)))
    bands = scheme("age_category", "10 to 14", "15 to 17", "18 to 35", "36 to 54", "55 to 99")
    kind = DatasetKind.DEMOGRAPHIC
    plan: Dataset = dataset("age", coding(ages), coding(bands), kind=kind, imputation="age_category")
    return plan


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("age-9", "age_category-NC"),
        ("age-10", "age_category-10 to 14"), ("age-14", "age_category-10 to 14"),
        ("age-15", "age_category-15 to 17"), ("age-17", "age_category-15 to 17"),
        ("age-18", "age_category-18 to 35"), ("age-35", "age_category-18 to 35"),
        ("age-36", "age_category-36 to 54"), ("age-54", "age_category-36 to 54"),
        ("age-55", "age_category-55 to 99"), ("age-99", "age_category-55 to 99"),
        ("age-NR", "age_category-NR"), ("age-STOP", "age_category-STOP"), ("age-push_back", "age_category-push_back"),
    ],
)  # fmt: skip
def test_an_age_has_its_category_and_any_other_code_stays(age: Dataset, code: str, category: str) -> None:
    texts = impute(coded(age, age_coded=[code], age_category_coded=["age_category-NR"]), as_predecessor=True).texts
    assert texts["age_category_coded"].to_list() == [[category]]


@pytest.fixture
def location(scheme: Callable[..., CodeScheme], coding: Any, dataset: Any) -> Dataset:
    codings = [coding(scheme(level, *PLACES[level], shared_controls=True)) for level in LEVELS]
    kind = DatasetKind.DEMOGRAPHIC
    plan: Dataset = dataset("location", *codings, kind=kind, imputation="somalia_location")
    return plan


@pytest.mark.parametrize(
    ("codes", "imputed"),
    [
        ("NR NR NR NR NR", "NR NR NR NR NR"),
        ("hodan NR NR NR NR", "hodan mogadishu banadir banadir scz"),
        ("NR garowe NR NR NR", "NC garowe nugaal puntland nez"),
        ("NR NR nugaal NR NR", "NC NC nugaal puntland nez"),
        ("NR NR NR puntland NR", "NC NC NC puntland nez"),
        # An alternative name leads to the district's usual one.
        ("NR guriceel NR NR NR", "NC dhuusamarreeb galgaduud galmudug scz"),
        ("NC NR NR NR NR", "NC NC NC NC NC"),
        ("NC NC NC NC NC", "NC NC NC NC NC"),
        ("STOP NR NR NR NR", "STOP STOP STOP STOP STOP"),
        ("NR NR NR NR push_back", "push_back push_back push_back push_back push_back"),
        # Two different codes disagree, even where one place lies in the other.
        ("hodan garowe NR NR NR", "CE CE CE CE CE"),
        ("hodan mogadishu NR NR NR", "CE CE CE CE CE"),
        ("NC garowe NR NR NR", "CE CE CE CE CE"),
    ],
)
def test_a_place_on_one_level_gives_the_places_on_all(location: Dataset, codes: str, imputed: str) -> None:
    def ids(words: str) -> dict[str, list[str]]:
        named = zip(LEVELS, words.split(), strict=True)
        return {f"{level}_coded": [f"{level if word in PLACES[level] else 'shared'}-{word}"] for level, word in named}

    texts = impute(coded(location, **ids(codes)), as_predecessor=True).texts
    assert {field: texts[field].to_list()[0] for field in texts.columns} == ids(imputed)


def test_places_that_exclude_each_other_have_the_code_that_the_plans_name(location: Dataset) -> None:
    plan = replace(location, conflict_code=ControlCode.WRONG_SCHEME)
    codes = {f"{level}_coded": ["shared-NR"] for level in LEVELS}
    codes |= {"mogadishu_sub_district_coded": ["mogadishu_sub_district-hodan"], "district_coded": ["district-garowe"]}
    texts = impute(coded(plan, **codes), as_predecessor=False).texts
    assert [texts[f"{level}_coded"].to_list() for level in LEVELS] == [[["shared-WS"]]] * len(LEVELS)


@pytest.mark.parametrize(("as_predecessor", "zone"), [(True, "shared-NC"), (False, "zone-scz")])
def test_a_zone_of_its_own_is_lost_only_where_the_predecessor_lost_it(
    location: Dataset,
    as_predecessor: bool,
    zone: str,
) -> None:
    codes = {f"{level}_coded": ["shared-NR"] for level in LEVELS} | {"zone_coded": ["zone-scz"]}
    texts = impute(coded(location, **codes), as_predecessor=as_predecessor).texts
    assert texts["zone_coded"].to_list() == [[zone]]
    assert texts["state_coded"].to_list() == [["shared-NC"]]


def test_codes_that_are_no_places_agree_though_their_ids_differ_by_level(
    scheme: Any, coding: Any, dataset: Any
) -> None:
    codings = [coding(scheme(level, *PLACES[level])) for level in LEVELS]
    plan = dataset("location", *codings, kind=DatasetKind.DEMOGRAPHIC, imputation="somalia_location")
    codes = {f"{level}_coded": [f"{level}-NC"] for level in LEVELS}
    texts = impute(coded(plan, **codes), as_predecessor=True).texts
    assert texts.rows() == [tuple([f"{level}-NC"] for level in LEVELS)]


def test_no_texts_at_all_stay_none(location: Dataset) -> None:
    texts = pl.DataFrame(schema=dict.fromkeys([f"{level}_coded" for level in LEVELS], pl.List(pl.String)))
    assert impute(CodedDataset(location, pl.DataFrame(), texts), as_predecessor=True).texts.height == 0


def test_a_place_that_nobody_knows_is_not_coded(scheme: Any, coding: Any, dataset: Any) -> None:
    codings = [coding(scheme(level, *PLACES[level], "atlantis", shared_controls=True)) for level in LEVELS]
    plan = dataset("location", *codings, kind=DatasetKind.DEMOGRAPHIC, imputation="somalia_location")
    codes = {f"{level}_coded": ["shared-NR"] for level in LEVELS} | {"region_coded": ["region-atlantis"]}
    texts = impute(coded(plan, **codes), as_predecessor=False).texts
    assert texts.rows() == [(["shared-NC"],) * 5]


@pytest.mark.parametrize(
    ("codes", "correct", "codes_after", "correct_after"),
    [
        (["e01-water"], "ws-NR", ["e01-water"], "ws-NR"),
        (["e01-WS"], "ws-gender", ["e01-WS"], "ws-gender"),
        (["e01-water", "e01-WS"], "ws-gender", ["e01-water", "e01-WS"], "ws-gender"),
        (["e01-WS"], "ws-NR", ["e01-CE"], "ws-CE"),
        (["e01-water"], "ws-gender", ["e01-CE"], "ws-CE"),
    ],
)
def test_wrong_scheme_without_the_right_dataset_is_a_coding_error_and_the_reverse_too(
    scheme: Any,
    coding: Any,
    dataset: Any,
    plans: Any,
    codes: list[str],
    correct: str,
    codes_after: list[str],
    correct_after: str,
) -> None:
    automatic = coding(scheme("reply", "post"), requires_manual_verification=False)
    plan = dataset("e01", coding(scheme("e01", "water")), automatic)
    texts = pl.DataFrame({"e01_coded": [codes], "reply_coded": [["reply-post"]], "correct_dataset": [correct]})
    project = plans(plan, ws_correct_dataset_scheme=scheme("ws", "gender"))
    after = impute_coding_errors(CodedDataset(plan, pl.DataFrame(), texts), project).texts
    assert after.rows() == [(codes_after, ["reply-post"], correct_after)]


@pytest.mark.parametrize(
    ("code", "drops_answer", "code_after"),
    [("e01-WS", True, "e01-WS"), ("e01-water", True, "e01-CE"), ("e01-WS", False, "e01-CE")],
)
def test_wrong_scheme_with_no_right_dataset_agrees_where_that_drops_an_answer(
    scheme: Any, coding: Any, dataset: Any, plans: Any, code: str, drops_answer: bool, code_after: str
) -> None:
    plan = dataset("e01", coding(scheme("e01", "water")))
    project = plans(plan, ws_correct_dataset_scheme=scheme("ws", "e01"), ws_not_coded_drops_answer=drops_answer)
    texts = pl.DataFrame({"e01_coded": [[code]], "correct_dataset": ["ws-NC"]})
    after = impute_coding_errors(CodedDataset(plan, pl.DataFrame(), texts), project).texts
    assert after["e01_coded"].to_list() == [[code_after]]
