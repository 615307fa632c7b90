import pytest

from pipeline_lib.errors import ConfigError, Problem, did_you_mean, nearest


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


def test_how_near_is_near_can_be_said() -> None:
    assert nearest("s01e02_raw", ["s01e01_raw"], likeness=0.95) is None
    assert nearest("s01e02_raw", ["s01e01_raw"], likeness=0.85) == "s01e01_raw"
