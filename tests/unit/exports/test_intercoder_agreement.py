"""Agreement of two coders, from their files to the table."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.exports.intercoder_agreement import agreement
from pipeline_lib.model.coding_plan import CodingPlans, Dataset

Write = Callable[..., Path]


@pytest.fixture
def e01(plans: CodingPlans) -> Dataset:
    return plans.research_questions[0]


@pytest.fixture
def gender(plans: CodingPlans) -> Dataset:
    return plans.demographics[0]


@pytest.fixture
def coda(tmp_path: Path) -> Write:
    """A coder's file: of each message `scheme-code`, several of duplicate schemes, `?` at the end if not checked."""

    def write(name: str, messages: Mapping[str, str | list[str]]) -> Path:
        def label(code: str, column: int) -> dict[str, object]:
            return {
                "SchemeID": f"Scheme-{code.split('-', maxsplit=1)[0]}{f'-{column}' if column else ''}",
                "CodeID": code.removesuffix("?"),
                "Checked": not code.endswith("?"),
                "DateTimeUTC": "2021-10-09T00:00:00Z",
            }

        content = [
            {
                "MessageID": message,
                "Labels": [label(c, n) for n, c in enumerate([codes] if isinstance(codes, str) else codes)],
            }
            for message, codes in messages.items()
        ]
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def test_fifty_messages_of_two_codes_give_the_textbooks_kappa(gender: Dataset, coda: Write) -> None:
    # Wikipedia, "Cohen's kappa", Simple example.
    pairs = [("man", "man")] * 20 + [("man", "woman")] * 5 + [("woman", "man")] * 10 + [("woman", "woman")] * 15
    first = coda("first.json", {f"m{n}": f"gender-{one}" for n, (one, _) in enumerate(pairs)} | {"alone": "gender-NC"})
    second = coda("second.json", {f"m{n}": f"gender-{other}" for n, (_, other) in enumerate(pairs)})
    assert agreement(gender, first, second).rows() == [
        ("gender", "(all codes)", 50, 51, 50, 35, 70.0, 0.4, 0.4),
        ("gender", "man", 50, 25, 30, 20, 70.0, 0.4, 0.4),
        ("gender", "woman", 50, 25, 20, 15, 70.0, 0.4, 0.4),
    ]


def test_of_several_codes_all_must_be_the_same_to_agree_overall(e01: Dataset, coda: Write) -> None:
    water, health, both = "e01-water", "e01-health", ["e01-water", "e01-health"]
    first = coda("first.json", {"m1": water, "m2": both, "m3": health, "m4": both})
    second = coda("second.json", {"m1": water, "m2": list(reversed(both)), "m3": both, "m4": health})
    table = agreement(e01, first, second)
    assert table.select("code", "messages", "first", "second", "both", "percent").rows() == [
        ("(all codes)", 4, 4, 4, 2, 50.0),
        ("water", 4, 3, 3, 2, 50.0),
        ("health", 4, 3, 3, 3, 100.0),
    ]
    assert table["kappa"].to_list() == [0.2, -0.3333, 1.0]


def test_a_message_that_either_has_not_checked_does_not_count(gender: Dataset, coda: Write) -> None:
    first = coda("first.json", {"m1": "gender-man", "m2": "gender-man?", "m3": "gender-man", "m4": []})
    second = coda("second.json", {"m1": "gender-man", "m2": "gender-man", "m3": "gender-woman?", "m4": "gender-man"})
    assert agreement(gender, first, second).rows() == [
        ("gender", "(all codes)", 1, 2, 3, 1, 100.0, None, None),
        ("gender", "man", 1, 1, 1, 1, 100.0, None, None),
    ]


def test_files_without_a_common_message_are_an_error(gender: Dataset, coda: Write) -> None:
    first, second = coda("first.json", {"m1": "gender-man"}), coda("second.json", {"m2": "gender-man"})
    with pytest.raises(DataError, match=r'first.json: has no message of "gender" that is coded in second.json too'):
        agreement(gender, first, second)


def test_every_file_that_is_missing_is_named(gender: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        agreement(gender, tmp_path / "first.json", tmp_path / "second.json")
    assert [problem.place for problem in caught.value.problems] == [
        str(tmp_path / name) for name in ("first.json", "second.json")
    ]
