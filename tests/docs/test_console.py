"""What a guide shows is held against what its commands print."""

from pathlib import Path

import pytest

from tests.docs.console import agrees, differences


def test_a_command_that_prints_something_else_is_noticed(checkout: Path) -> None:
    shown = "`a.txt`:\n\n```csv\none\ntwo\n```\n\n```console\n$ cat a.txt\none\nthree\n$ cat b.txt\n…\n```\n"
    assert differences(shown) == [
        "$ cat a.txt\none\ntwo\nexit code 0",
        "$ cat b.txt\ncat: b.txt: No such file or directory\nexit code 1",
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "is_alike"),
    [
        ("", "", True),
        ("", "more\n", False),
        ("one\n…\n", "one\n", True),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfour\n", "one\ntwo\n", False),
        ("at … UTC\n", "at 10:05 UTC\n", True),
        ("at …\n", "at 10:05\nand more\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_the_rest(shown: str, printed: str, is_alike: bool) -> None:
    assert agrees(shown, printed) is is_alike
