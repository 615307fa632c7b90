import pytest

from pipeline_lib.errors import ConfigError, Problem, counted, did_you_mean, nearest


def test_an_error_says_every_problem_on_a_line_of_its_own() -> None:
    error = ConfigError(Problem("a.json: Name", "is missing"), Problem("a.json: Codes", "is empty", "add one"))
    assert str(error) == "a.json: Name: is missing\na.json: Codes: is empty; add one"


@pytest.mark.parametrize(
    ("unknown", "known", "hint"),
    [
        ("gendre", ["age", "gender"], 'did you mean "gender"?'),
        ("GENDER", ["age", "gender"], 'did you mean "gender"?'),
        ("zzz", ["age", "gender"], 'known: "age", "gender"'),
        ("zzz", [str(number) for number in range(13)], ""),
        ("zzz", [], ""),
    ],
)
def test_an_unknown_name_gets_the_nearest_known_one_else_the_few_that_there_are(
    unknown: str, known: list[str], hint: str
) -> None:
    assert did_you_mean(unknown, known) == hint


CLEANERS = [
    "kenya.constituency",
    "kenya.county",
    "somali.age_10_to_99",
    "somali.gender",
    "somali.yes_no",
    "swahili.gender",
]


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [
        ("swahili.county", "kenya.county"),
        ("english.constituencies", "kenya.constituency"),
        ("county", "kenya.county"),
        ("somali.age", "somali.age_10_to_99"),
        ("swahili.gendre", "swahili.gender"),
        ("swahili.Yes_No", "somali.yes_no"),
        ("somali_gender", "somali.gender"),
        ("x.y", None),
    ],
)
def test_of_names_in_parts_the_last_one_says_what_is_meant(unknown: str, meant: str | None) -> None:
    assert nearest(unknown, CLEANERS, parts=".") == meant


def test_how_near_is_near_can_be_said() -> None:
    assert nearest("s01e02_raw", ["s01e01_raw"], likeness=0.95) is None
    assert nearest("s01e02_raw", ["s01e01_raw"], likeness=0.85) == "s01e01_raw"


@pytest.mark.parametrize(("count", "told"), [(0, "0 pages"), (1, "1 page"), (1245, "1,245 pages")])
def test_a_number_of_things_is_told_in_the_singular_where_it_is_one(count: int, told: str) -> None:
    assert counted(count, "page") == told
