import pytest

from pipeline_lib.model.mobile_operators import mobile_operators, operator_of


@pytest.mark.parametrize(
    ("digits", "name"),
    [
        ("25261", "hormud"),
        ("25264", "hormud"),
        ("25277", "hormud"),
        ("25262", "somtel"),
        ("25265", "somtel"),
        ("25266", "somtel"),
        ("25263", "telesom"),
        ("25267", "nationlink"),
        ("25269", "nationlink"),
        ("25268", "somnet"),
        ("25290", "golis"),
        ("25471", "kenyan telephone"),
        ("25191", "ethiopian telephone"),
        ("25271", "25271"),
        ("whatsapp", "whatsapp"),
        ("golis", "golis"),
        ("", ""),
    ],
)
def test_an_operator_is_told_by_the_first_digits_and_what_is_unknown_names_itself(digits: str, name: str) -> None:
    assert operator_of(digits) == name


def test_no_prefix_stands_twice_or_has_more_digits_than_raw_data_tells() -> None:
    prefixes = [each.prefix for each in mobile_operators()]
    assert len(set(prefixes)) == len(prefixes)
    assert max(map(len, prefixes)) == 5
