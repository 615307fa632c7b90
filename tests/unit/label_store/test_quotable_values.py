"""What comes from Coda is quoted only where it cannot be anybody's words or number."""

from typing import Any

import pytest

from pipeline_lib.label_store.consistency import SegmentSetup, of_dataset
from pipeline_lib.label_store.layout import Segment
from pipeline_lib.label_store.quotable_values import shown_id, shown_value
from pipeline_lib.label_store.schemes import Difference, differing, unlike

SECRETS = (
    "252612345678",
    "+252 61 234 5678",
    "code-252612345678",
    "code-25-26-12-34-56-78",
    "Scheme-0712345678",
    "code-Amina Hassan",
    "code-1a\nsecret",
    "code-" + "x" * 400,
    "secret",
    "STOP, secret",
    "",
)
IDS = ("code-WAT-9f", "code-5e71ed00", "code-NC-1a", "Scheme-12ab34cd-2", "STOP", "NC", "SPECIAL-MANUALLY_UNCODED")


@pytest.mark.parametrize("secret", SECRETS)
def test_what_has_not_the_form_of_an_id_is_described(secret: str) -> None:
    assert shown_id(secret) == "an id of another form"
    assert shown_value(secret) == "another text"


@pytest.mark.parametrize("shown", IDS)
def test_an_id_is_quoted(shown: str) -> None:
    assert shown_id(shown) == shown
    assert shown_value(shown) == repr(shown)


def test_what_the_project_says_itself_is_quoted() -> None:
    assert shown_id("biyo la'aan", {"biyo la'aan"}) == "biyo la'aan"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "None"),
        (True, "True"),
        (-100010, "-100010"),
        (252612345678, "a great number"),
        (252612345678.5, "a broken number"),
        (["secret"], "no text or number"),
        ({"secret": 1}, "no text or number"),
    ],
)
def test_a_value_is_quoted_or_described(value: Any, said: str) -> None:
    assert shown_value(value) == said


CODE = {"CodeID": "code-a", "CodeType": "Normal", "StringValue": "a", "NumericValue": 1}
OURS = {"SchemeID": "Scheme-1", "Name": "water", "Version": "1", "Codes": [CODE]}


@pytest.mark.parametrize("secret", [each for each in SECRETS if each] + [252612345678, ["secret", 252612345678]])
@pytest.mark.parametrize("scheme_id", ["Scheme-1", "Scheme-1-2", "Scheme-9"])
def test_no_field_of_a_scheme_in_coda_is_told_with_what_it_says(secret: Any, scheme_id: str) -> None:
    keys = ("CodeID", "CodeType", "StringValue", "NumericValue", "ControlCode", "MetaCode", "DisplayText")
    codes = [{**CODE, key: secret} for key in keys] + [dict.fromkeys(keys, secret)] * 2 + [secret]
    first = {**OURS, "SchemeID": scheme_id}
    schemes = [
        {**first, "Codes": codes, "Name": secret, "Version": secret},
        {**first, "SchemeID": secret, "Name": secret},
        {**first, "SchemeID": f"{scheme_id} {secret}", "Name": secret},
        {**first, "SchemeID": secret, "Name": secret},
    ]
    segments = {
        Segment("x", 1): SegmentSetup({"users": []}, [OURS, *schemes]),
        Segment("x", 2): SegmentSetup({"users": secret}, schemes[:1]),
        Segment("x", 3): SegmentSetup({"users": [[secret]]}, [OURS, first]),
    }
    found: list[Difference] = [*differing([OURS], schemes, schemes), *unlike([OURS], schemes, [OURS])]
    problems, remarks = of_dataset("x", [OURS], segments)
    told = " ".join(map(str, (*found, *problems, *remarks)))
    assert len(problems) > 5
    for part in ("secret", "Amina", "252612345678", "234 5678", "0712345678", "26-12", "xxxx"):
        assert part not in told
