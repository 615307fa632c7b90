import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.facebook.model import Page
from sandbox.facebook.raw_comments import RawDataset, world_of_raw_comments
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import TOKEN

GOLDEN = Path(os.environ.get("GOLDEN_ROOT", Path(__file__).parents[5] / "shared" / "golden"))
RAW_DATA = GOLDEN / "ssf-elections-facebook" / "n1000" / "input" / "Raw Data"
FIELDS = "from{id},parent,attachments,created_time,message"
PAGE = Page("371314232378501", "Qof", "AbdirizakHAtosh")
MATCH = "#doorashoNabadeed"
WINDOWS = {
    "facebook_s01e01": ("2021-09-22T00:00+03:00", "2021-09-24T00:00+03:00"),
    "facebook_s01e02": ("2021-09-24T00:00+03:00", "2021-09-26T00:00+03:00"),
}
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _line(name: str, number: int, post: int, **given: Any) -> str:
    data = {
        "id": f"{post}_{number}",
        "message": f"qoraal {number}",
        "created_time": f"2021-09-23T11:43:{number:02}+00:00",
        "from": {"id": f"70{number}"},
        "parent": {},
        "post": {"id": f"{PAGE.id}_{post}", "attachments": {"data": [{"type": "photo", "target": {"id": "88"}}]}},
    } | given
    fields = {f"{name}.{key}": value for key, value in data.items() if value is not ...}
    return json.dumps([{"Data": {"avf_facebook_id": f"avf-facebook-uuid-{number}", **fields}}])


def test_raw_comments_become_posts_and_comments_that_can_be_fetched(serve: Serve, get: Get) -> None:
    lines = [
        _line("a", 1, 2),
        _line("a", 2, 2, message=None, parent={"id": "2_1"}),
        _line("a", 3, 1, message=..., **{"from": {"id": PAGE.id}}),
        _line("a", 3, 1, message=..., **{"from": {"id": PAGE.id}}),  # fetched twice
        _line("a", 4, 1, message="", attachments={"data": [{"type": "sticker", "target": {"id": "9"}}]}),
    ]
    start, end = datetime.fromisoformat("2021-09-22T00:00Z"), datetime.fromisoformat("2021-09-25T00:00Z")
    refetchable = world_of_raw_comments(PAGE, [RawDataset("a", lines, MATCH, start, end)])
    server = serve(world=refetchable.world)
    posts = get(
        server, f"{PAGE.username}/published_posts", token=TOKEN, fields="message,created_time,attachments"
    ).json()
    attached = {"data": [{"target": {"id": "88"}, "type": "photo"}]}
    assert posts["data"] == [
        {"message": MATCH, "created_time": time, "attachments": attached, "id": f"{PAGE.id}_{number}"}
        for time, number in (("2021-09-24T00:00:00+0000", 2), ("2021-09-23T00:00:00+0000", 1))
    ]
    fields = "message,parent{id},from{id},attachments"
    read = [
        get(server, f"{post['id']}/comments", token=TOKEN, filter="stream", fields=fields).json()["data"]
        for post in posts["data"]
    ]
    assert read == [
        [
            {"message": "qoraal 1", "from": {"id": "701"}, "id": "2_1"},
            {"message": None, "parent": {"id": "2_1"}, "from": {"id": "702"}, "id": "2_2"},
        ],
        [
            {"from": {"id": PAGE.id}, "id": "1_3"},
            {
                "message": "",
                "from": {"id": "704"},
                "attachments": {"data": [{"target": {"id": "9"}, "type": "sticker"}]},
                "id": "1_4",
            },
        ],
    ]
    assert refetchable.addresses["701"] == "avf-facebook-uuid-1"
    authors = [comment.author for post in refetchable.world.posts for comment in refetchable.world.comments(post)]
    assert [author is None for author in authors] == [False, False, True, False]  # the page's own


@pytest.mark.golden
@pytest.mark.skipif(not RAW_DATA.exists(), reason=f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
def test_the_golden_cases_comments_are_served_as_they_were_fetched(serve: Serve, get: Get) -> None:
    raw = {name: (RAW_DATA / f"{name}_{PAGE.username}.jsonl").read_text().splitlines() for name in WINDOWS}
    datasets = [
        RawDataset(name, lines, MATCH, *map(datetime.fromisoformat, WINDOWS[name])) for name, lines in raw.items()
    ]
    server = serve(world=world_of_raw_comments(PAGE, datasets).world)
    for name, lines in raw.items():
        since, until = WINDOWS[name]
        listing = get(server, f"{PAGE.id}/published_posts", token=TOKEN, since=since, until=until, fields="attachments")
        served = []
        for post in listing.json()["data"]:
            url = f"{post['id']}/comments?filter=stream&limit=100&fields={FIELDS}"
            while url:
                page = get(server, url, token=TOKEN).json()
                served += [comment | {"post": post} for comment in page["data"]]
                url = page.get("paging", {}).get("next")
        assert served == list(_as_fetched(name, lines).values())


def _as_fetched(name: str, lines: list[str]) -> dict[str, dict[str, Any]]:
    """What the server must have said: the first of each comment, with its time as Facebook writes it."""
    comments: dict[str, dict[str, Any]] = {}
    for line in lines:
        data = json.loads(line)[0]["Data"]
        row = {key.removeprefix(f"{name}."): value for key, value in data.items() if key.startswith(name)}
        row["created_time"] = row["created_time"].replace("+00:00", "+0000")
        comments.setdefault(row["id"], row if row["parent"] else {k: v for k, v in row.items() if k != "parent"})
    return comments
