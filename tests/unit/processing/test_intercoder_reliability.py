"""Measures of agreement, held against worked examples that others have published."""

import pytest

from pipeline_lib.processing.intercoder_reliability import cohens_kappa, krippendorffs_alpha, percent_agreement


def units(*coders: str) -> list[list[str | None]]:
    """Rows of a published table, a coder each, `.` where nothing was said."""
    return [
        [None if value == "." else value for value in unit] for unit in zip(*(c.split() for c in coders), strict=True)
    ]


KRIPPENDORFF = [
    # K. Krippendorff, "Computing Krippendorff's Alpha-Reliability": A, binary data of two observers.
    (("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),
    # B, nominal data of two observers.
    (("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),
    # C, nominal data of four observers, who did not see every unit.
    (
        (
            "1 2 3 3 2 1 4 1 2 . . .",
            "1 2 3 3 2 2 4 1 2 5 . 3",
            ". 3 3 3 2 3 4 2 2 5 1 .",
            "1 2 3 3 2 4 4 1 2 5 1 .",
        ),
        0.743,
    ),
    # Wikipedia, "Krippendorff's alpha", A computational example: three coders, of whom none saw everything.
    (
        (
            ". . . . . 3 4 1 2 1 1 3 3 . 3",
            "1 . 2 1 3 3 4 3 . . . . . . .",
            ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
        ),
        0.691,
    ),
]


@pytest.mark.parametrize(("coders", "alpha"), KRIPPENDORFF)
def test_krippendorffs_alpha_is_what_was_published(coders: tuple[str, ...], alpha: float) -> None:
    assert krippendorffs_alpha(units(*coders)) == pytest.approx(alpha, abs=0.0005)


COHEN = [
    # Wikipedia, "Cohen's kappa", Simple example: fifty grant proposals, two readers.
    ({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}, 0.4),
    # The same article, Same percentages but different numbers: equal agreement, other habits.
    ({("y", "y"): 45, ("y", "n"): 15, ("n", "y"): 25, ("n", "n"): 15}, 0.1304),
    ({("y", "y"): 25, ("y", "n"): 35, ("n", "y"): 5, ("n", "n"): 35}, 0.2593),
    # J. Cohen, "A Coefficient of Agreement for Nominal Scales", table 1: three categories.
    (
        {
            ("1", "1"): 88, ("1", "2"): 14, ("1", "3"): 18, ("2", "1"): 10, ("2", "2"): 40, ("2", "3"): 10,
            ("3", "1"): 2, ("3", "2"): 6, ("3", "3"): 12,
        },
        0.492,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("table", "kappa"), COHEN)
def test_cohens_kappa_is_what_was_published(table: dict[tuple[str, str], int], kappa: float) -> None:
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    first, second = zip(*pairs, strict=True)
    assert cohens_kappa(first, second) == pytest.approx(kappa, abs=0.0005)


def test_percent_agreement_is_the_share_of_equal_values() -> None:
    assert percent_agreement("aabb", "abbb") == 75


def test_coders_who_contradict_each_other_always_are_below_chance() -> None:
    assert cohens_kappa("abab", "baba") == -1
    assert krippendorffs_alpha(list(zip("abab", "baba", strict=True))) == pytest.approx(-0.75)


@pytest.mark.parametrize(("first", "second"), [("", ""), ("aaa", "aaa")])
def test_where_nothing_could_differ_agreement_beyond_chance_cannot_be_told(first: str, second: str) -> None:
    assert cohens_kappa(first, second) is None
    assert krippendorffs_alpha(list(zip(first, second, strict=True))) is None


def test_of_nothing_there_is_no_percentage() -> None:
    assert percent_agreement("", "") is None
    assert krippendorffs_alpha([["a", None], [None, "b"]]) is None
