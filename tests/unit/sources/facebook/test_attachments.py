from typing import Any

import pytest

from pipeline_lib.sources.facebook.attachments import as_json, kinds_of, unknown_count

PROFILE = {"url": "https://www.facebook.com/profile.php?id=7", "title": "kanaari", "target": {"id": "7"}}


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (None, []),
        ({}, []),
        ({"data": []}, []),
        ({"type": "sticker"} | PROFILE, [("sticker", [])]),
        ({"data": [{"type": "photo"} | PROFILE, {"type": "share"}]}, [("photo", []), ("share", [])]),
        (
            {"data": [{"type": "album", "subattachments": {"data": [{"type": "photo"}, {"type": "smell"}]}}]},
            [("album", ["photo", "other"])],
        ),
        ({"data": [{"type": "kanaari"}, {"type": ["photo"]}, {}, "photo", None]}, [("other", [])] * 5),
        ({"type": "hologram"}, [("other", [])]),
        ("kanaari", [("other", [])]),
        ({"data": [{"type": "photo", "subattachments": "kanaari"}]}, [("photo", [])]),
    ],
)
def test_of_attachments_the_kinds_that_are_known_are_kept(given: Any, kinds: Any) -> None:
    assert kinds_of(given) == kinds
    assert "kanaari" not in str(as_json(kinds_of(given)))


def test_unknown_kinds_are_counted_in_albums_too() -> None:
    assert unknown_count([("other", []), ("album", ["photo", "other"]), ("photo", [])]) == 2


def test_kinds_are_told_as_the_predecessors_told_attachments() -> None:
    assert as_json([("album", ["photo"]), ("share", [])]) == {
        "data": [{"type": "album", "subattachments": {"data": [{"type": "photo"}]}}, {"type": "share"}]
    }
