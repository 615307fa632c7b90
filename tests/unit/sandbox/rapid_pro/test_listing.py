"""The pages are held against Django REST framework's rules, worked out by hand."""

from datetime import UTC, datetime
from itertools import product

import pytest

from sandbox.rapid_pro.listing import Cursor, Listing, Table, Window


def _at(minute: int) -> datetime:
    return datetime(2025, 5, 1, 9, minute, tzinfo=UTC)


def _listing(minutes: str) -> Listing[str]:
    """Rows a, b, c … at these minutes."""
    return Listing.of(((_at(int(minute)), number), chr(97 + number)) for number, minute in enumerate(minutes))


def _window(minutes: str, *, oldest_first: bool = True) -> Window[str]:
    return _listing(minutes).window(None, None, oldest_first=oldest_first)


def _pages(window: Window[str], size: int) -> list[str]:
    pages, cursor = [], Cursor()
    for _ in range(100):
        page = window.page(cursor, size)
        pages.append("".join(page.rows))
        if page.next is None:
            return pages
        cursor = page.next
    raise AssertionError("the pages never end")


@pytest.mark.parametrize(
    ("minutes", "cursor"),
    [
        ("12345", Cursor(_at(3), 0)),  # row 4 has an instant of its own
        ("12344", Cursor(_at(3), 0)),
        ("12334", Cursor(_at(2), 1)),  # one row of the next row's instant was seen
        ("12233", Cursor(_at(2), 0)),
        ("12333", Cursor(_at(2), 1)),
        ("13333", Cursor(_at(1), 2)),
        ("33333", Cursor(None, 3)),  # nothing to count from
    ],
)
def test_a_cursor_is_the_last_earlier_instant_and_how_many_rows_of_the_next_were_seen(
    minutes: str, cursor: Cursor
) -> None:
    assert _window(minutes).page(Cursor(), 3).next == cursor


@pytest.mark.parametrize(
    ("minutes", "oldest_first", "pages"),
    [
        ("", True, [""]),
        ("123", True, ["abc"]),
        ("1234", True, ["abc", "d"]),
        ("1234", False, ["dcb", "a"]),
        ("1111111", True, ["abc", "def", "g"]),
        ("1111111", False, ["gfe", "dcb", "a"]),
        ("1222222", True, ["abc", "def", "g"]),
        ("1222223", False, ["gfe", "dcb", "a"]),
    ],
)
def test_pages_hold_every_row_once_in_order(minutes: str, oldest_first: bool, pages: list[str]) -> None:
    assert _pages(_window(minutes, oldest_first=oldest_first), 3) == pages


@pytest.mark.parametrize("oldest_first", [True, False])
def test_no_pattern_of_equal_instants_loses_or_repeats_a_row(oldest_first: bool) -> None:
    for length, size in product(range(8), (1, 2, 3)):
        for minutes in product("123", repeat=length):
            rows = "abcdefg"[:length]
            pages = _pages(_window("".join(sorted(minutes)), oldest_first=oldest_first), size)
            assert "".join(pages) == (rows if oldest_first else rows[::-1])


@pytest.mark.parametrize("oldest_first", [True, False])
def test_the_way_back_shows_the_page_before(oldest_first: bool) -> None:
    window = _window("1234567", oldest_first=oldest_first)
    first = window.page(Cursor(), 3)
    assert first.previous is None
    assert first.next is not None
    second = window.page(first.next, 3)
    assert second.previous is not None
    again = window.page(second.previous, 3)
    assert again.rows == first.rows
    assert again.previous is None
    assert again.next is not None
    assert window.page(again.next, 3).rows == second.rows


def test_the_way_back_counts_rows_of_one_instant() -> None:
    window = _window("1222222")
    third = window.page(Cursor(_at(1), 5), 3)
    assert third.rows == ["g"]
    assert third.previous == Cursor(None, 3, is_backward=True)
    assert window.page(third.previous, 3).rows == ["b", "c", "d"]  # the framework skips e and f as well
    assert window.page(Cursor(_at(2), 0, is_backward=True), 3).rows == ["a"]


def test_the_way_forth_from_a_way_back_among_equals_goes_on_behind_them() -> None:
    window = _window("1111")
    page = window.page(Cursor(None, 1, is_backward=True), 3)
    assert (page.rows, page.previous) == (["a", "b", "c"], None)
    assert page.next == Cursor(None, 3)
    assert window.page(page.next, 3).rows == ["d"]


def test_a_row_that_comes_before_the_cursor_is_missed() -> None:
    listing = _listing("1256")
    page = listing.window(None, None, oldest_first=True).page(Cursor(), 3)
    listing.add((_at(3), 99), "late")
    assert page.next == Cursor(_at(5), 0)
    assert listing.window(None, None, oldest_first=True).page(page.next, 3).rows == ["d"]


def test_a_row_that_goes_from_among_its_equals_takes_one_more_with_it() -> None:
    listing = _listing("12222")
    page = listing.window(None, None, oldest_first=True).page(Cursor(), 3)
    assert page.next == Cursor(_at(1), 2)
    listing.remove((_at(2), 1))
    assert listing.window(None, None, oldest_first=True).page(page.next, 3).rows == ["e"]


@pytest.mark.parametrize(
    ("after", "before", "rows"),
    [(None, None, "abcde"), (2, None, "bcde"), (None, 2, "abcd"), (2, 2, "bcd"), (3, 2, ""), (9, None, ""), (0, 0, "")],
)
def test_both_ends_of_a_window_are_in_it(after: int | None, before: int | None, rows: str) -> None:
    listing = _listing("12223")
    ends = [None if minute is None else _at(minute) for minute in (after, before)]
    assert "".join(listing.window(*ends, oldest_first=True)) == rows
    assert "".join(listing.window(*ends, oldest_first=False)) == rows[::-1]
    assert "".join(_pages(listing.window(*ends, oldest_first=True), 2)) == rows


def test_a_window_never_shows_what_is_outside_it_whatever_the_cursor() -> None:
    window = _listing("12345").window(_at(2), _at(4), oldest_first=True)
    assert window.page(Cursor(_at(0)), 9).rows == ["b", "c", "d"]
    assert window.page(Cursor(_at(5)), 9).rows == []
    assert window.page(Cursor(_at(5), is_backward=True), 9).rows == ["b", "c", "d"]
    assert window.page(Cursor(_at(3), 7), 9).rows == []


def test_a_table_replaces_the_row_with_the_same_identity_and_moves_it() -> None:
    table = Table([("a", 1), ("b", 2)], lambda row: row[0], lambda row: (_at(row[1]), 0))
    assert table.put(("a", 3)) == ("a", 1)
    assert table.put(("c", 1)) is None
    assert table.listing.rows == [("c", 1), ("b", 2), ("a", 3)]
    table.remove(("b", 2))
    assert table.listing.rows == [("c", 1), ("a", 3)]
    assert table.rows == {"a": ("a", 3), "c": ("c", 1)}


def test_a_row_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(KeyError):
        _listing("12").remove((_at(1), 7))
