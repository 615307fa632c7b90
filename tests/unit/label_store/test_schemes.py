"""Where code schemes differ."""

from typing import Any

import pytest

from pipeline_lib.label_store.consistency import by_segments
from pipeline_lib.label_store.layout import Segment
from pipeline_lib.label_store.schemes import differing, invalid, unlike

CODE_A = {"CodeID": "code-a", "CodeType": "Normal", "StringValue": "a", "NumericValue": 1}
CODE_B = {"CodeID": "code-b", "CodeType": "Normal", "StringValue": "b", "NumericValue": 2}


def scheme(scheme_id: str, *codes: Any, **more: Any) -> dict[str, Any]:
    return {"SchemeID": scheme_id, "Name": "water", "Version": "1", "Codes": list(codes), **more}


ONE = scheme("Scheme-1", CODE_A, CODE_B)


def said(wanted: list[Any], first: list[Any], found: list[Any]) -> list[str]:
    return [f"{each.scheme}: {each.wrong}" for each in differing(wanted, first, found)]


def test_equal_schemes_do_not_differ_whatever_they_look_like() -> None:
    coloured = scheme("Scheme-1", {**CODE_B, "Color": "#00f"}, {**CODE_A, "Shortcut": "a"}, Version="2")
    assert said([ONE], [coloured], [coloured]) == []
    assert [each.wrong for each in unlike([ONE], [coloured], [coloured])] == [
        "differs from the project's in Color, Shortcut, Version"
    ]
    assert list(unlike([ONE], [ONE, scheme("Scheme-foreign")])) == []


@pytest.mark.parametrize(("in_coda", "keys"), [
    ({"Color": ""}, "Color"),
    ({"Shortcut": None}, "Shortcut"),
    ({"MatchValues": []}, None),
    ({"secret words": None}, "keys that Coda does not know"),
    ({"VisibleInCoda": True, "DisplayText": "A"}, "DisplayText, VisibleInCoda"),
])  # fmt: skip
def test_what_codas_own_clients_would_not_write_is_told_by_its_keys(in_coda: dict[str, Any], keys: str | None) -> None:
    found = scheme("Scheme-1", {**CODE_A, **in_coda}, CODE_B)
    expected = [] if keys is None else [f"differs from the project's in {keys}"]
    assert [each.wrong for each in unlike([ONE], [found], [found])] == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ['"water" (Scheme-1): is missing in Coda']),
        (
            [scheme("Scheme-1", CODE_A)],
            ['"water" (Scheme-1): lacks the code "b" (code-b), which the scheme of the project has'],
        ),
        (
            [scheme("Scheme-1", CODE_A, CODE_B, {"CodeID": "code-c", "StringValue": "c"})],
            ['"water" (Scheme-1): has the code code-c, which the scheme of the project lacks'],
        ),
        (
            [scheme("Scheme-1", CODE_A, {**CODE_B, "StringValue": "beta", "CodeType": None})],
            [
                "\"water\" (Scheme-1): CodeType of the code code-b is None, but 'Normal' in the project",
                "\"water\" (Scheme-1): StringValue of the code code-b is another text, but 'b' in the project",
            ],
        ),
        (
            [ONE, scheme("Scheme-1-2", CODE_A)],
            ['"water" (Scheme-1-2): lacks the code "b" (code-b), which the scheme of the project has'],
        ),
        (
            [{"SchemeID": "Scheme-1", "Name": "water"}],
            [
                '"water" (Scheme-1): lacks the code "a" (code-a), which the scheme of the project has',
                '"water" (Scheme-1): lacks the code "b" (code-b), which the scheme of the project has',
            ],
        ),
        (
            [ONE, {"Codes": "secret"}, {"SchemeID": ["Scheme-9"], "Name": "theirs"}],
            ["an id of another form: has no SchemeID", "an id of another form: has no SchemeID"],
        ),
        (
            [scheme("Scheme-1", CODE_A, {**CODE_B, "CodeID": ["code-b"]}), scheme("Scheme-9", "code")],
            [
                '"water" (Scheme-1): has a code without a CodeID',
                "Scheme-9: has a code without a CodeID",
                '"water" (Scheme-1): lacks the code "b" (code-b), which the scheme of the project has',
            ],
        ),
        (
            [scheme("Scheme-1", CODE_A, {**CODE_B, "StringValue": ["b"]})],
            [("\"water\" (Scheme-1): StringValue of the code code-b is no text or number, but 'b' in the project")],
        ),
    ],
)
def test_what_means_something_else_differs(found: list[Any], expected: list[str]) -> None:
    assert said([ONE], [ONE], found) == expected


def test_further_columns_are_as_many_as_coda_has_but_the_same_in_every_segment() -> None:
    further = scheme("Scheme-1-2", CODE_A, CODE_B)
    assert said([ONE, further, scheme("Scheme-1-3", CODE_A, CODE_B)], [ONE], [ONE]) == []
    assert said([ONE], [ONE, further], [ONE]) == ['"water" (Scheme-1-2): is missing here, but is in the first segment']


def test_schemes_of_others_are_held_against_the_first_segments() -> None:
    theirs, changed = scheme("Scheme-9", CODE_A), scheme("Scheme-9", {**CODE_A, "NumericValue": 3})
    assert said([ONE], [ONE, theirs], [ONE, theirs]) == []
    assert said([ONE], [ONE, theirs], [ONE]) == ["Scheme-9: is missing here, but is in the first segment"]
    assert said([ONE], [ONE, theirs], [ONE, changed]) == [
        "Scheme-9: NumericValue of the code code-a is 3, but 1 in the first segment"
    ]


def test_what_two_codes_share_is_told_once() -> None:
    codes = (CODE_A, {**CODE_B, "CodeID": "code-a"}, {**CODE_A, "CodeID": ""})
    assert [each.wrong for each in invalid([scheme("Scheme-1", *codes)], [ONE])] == [
        "has a code without a CodeID",
        "has 2 codes of the CodeID 'code-a'",
        "has 2 codes of the StringValue 'a'",
        "has 2 codes of the NumericValue 1",
    ]
    assert list(invalid([ONE], [ONE])) == []


def test_a_difference_of_many_segments_is_told_once_with_their_names() -> None:
    segments = [Segment("x", number) for number in (1, 2, 3)]
    (missing,) = differing([ONE], [], [])
    told = [by_segments("x", {each: [missing] if each in within else [] for each in segments}) for within in (
        segments, segments[:1], segments[1:]
    )]  # fmt: skip
    assert [str(problem.place) for problems in told for problem in problems] == [
        'x, code scheme "water" (Scheme-1)',
        'x, segment x, code scheme "water" (Scheme-1)',
        'x, segments x_2, x_3, code scheme "water" (Scheme-1)',
    ]
