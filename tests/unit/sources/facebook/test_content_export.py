"""Figures of posts from Meta Business Suite's export."""

import codecs
import csv
import io
import logging
from typing import Any

import pytest

from pipeline_lib.sources.facebook.content_export import Content, read_content
from tests.unit.sources.facebook.exports import HEADER, PAGE, Exports, row

CONTENT = (
    "Post ID,Page ID,Page name,Title,Description,Duration (sec),Publish time,Caption type,Permalink,Is crosspost,"
    'Is share,Post type,Languages,Date,Views,Reach,"Reactions, Comments and Shares",Reactions,Comments,Shares\n'
)
URL = f"https://www.facebook.com/{PAGE}/posts/11"


def post(number: int, **more: str) -> str:
    cells = {
        "id": str(number),
        "page": PAGE,
        "title": "Maxaad ka qabtaan?",
        "description": "",
        "time": "09/06/2025 13:01",
        "type": "Photos",
        "url": f"https://www.facebook.com/{PAGE}/posts/{number}",
        "reactions": "1,234",
        **more,
    }
    return (
        f'{cells["id"]},{cells["page"]},Geedka,{cells["title"]},"{cells["description"]}",0,{cells["time"]},,'
        f'{cells["url"]},0,0,{cells["type"]},,Lifetime,9000,700,1300,"{cells["reactions"]}",55,11\n'
    )


def read(*files: str | bytes) -> Content:
    named = [
        (f"{number}.csv", each.encode() if isinstance(each, str) else each) for number, each in enumerate(files, 1)
    ]
    return read_content(named, PAGE, "Africa/Mogadishu")


def table(exports: Exports, name: str = "facebook_metrics") -> list[dict[str, str]]:
    text = exports.storage.read(f"runs/today/Engagement Metrics/{name}.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_a_post_is_a_row_of_the_predecessors_columns(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, post="11") + row(2, post="11") + row(3, post="22"))
    exports.put("content.csv", codecs.BOM_UTF8 + (CONTENT + post(11)).replace("\n", "\r\n").encode())
    exports.fetch(ContentFileURLs=["content.csv"])
    assert table(exports) == [
        {
            "Page ID": PAGE,
            "Dataset": "fb",
            "Post URL": URL,
            "Post Created Time": "2025-09-06T10:01:00+00:00",
            "Post Text": "Maxaad ka qabtaan?",
            "Post Type": "photo",
            "Post Impressions": "9000",
            "Unique Post Impressions": "700",
            "Post Engaged Users": "",
            "Total Comments": "55",
            "Visible (analysed) Comments": "2",
            "Reactions": "1234",
        },
        {
            "Page ID": PAGE,
            "Dataset": "fb",
            "Post URL": f"https://www.facebook.com/{PAGE}/posts/22",
            "Post Created Time": "",
            "Post Text": "",
            "Post Type": "",
            "Post Impressions": "",
            "Unique Post Impressions": "",
            "Post Engaged Users": "",
            "Total Comments": "",
            "Visible (analysed) Comments": "1",
            "Reactions": "",
        },
    ]
    notes = {(each["Post URL"][-2:], each["Column"]): each["Note"] for each in table(exports, "facebook_metrics_notes")}
    assert notes["11", "Post Impressions"] == "counted are views, since Meta counts no impressions any more"
    assert notes["11", "Post Engaged Users"] == "the export of the page's content has no such figure"
    assert notes["22", "Total Comments"] == "no export of the page's content tells of this post"


def test_a_post_without_comments_is_told_of_where_a_dataset_names_it(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, post="11"))
    exports.put("content.csv", CONTENT + post(11) + post(22) + post(33))
    datasets = [{"Name": "fb", "CommentFileURLs": ["a.csv"], "PostIDs": ["11", "22"]}]
    exports.fetch(ContentFileURLs=["content.csv"], Datasets=datasets)
    counts = {each["Post URL"][-2:]: each["Visible (analysed) Comments"] for each in table(exports)}
    assert counts == {"11": "1", "22": "0"}


def test_without_such_a_file_there_are_no_metrics(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1))
    exports.fetch()
    assert not exports.storage.exists("runs/today/Engagement Metrics")


@pytest.mark.parametrize(
    ("kind", "attached", "told"),
    [("Photos", "photo", "photo"), ("Videos", "video_inline", "video"), ("Reels", "video_inline", "video")],
)
def test_comments_are_told_the_kind_of_their_post(exports: Exports, kind: str, attached: str, told: str) -> None:
    exports.put("a.csv", HEADER + row(1, post="11"))
    exports.put("content.csv", CONTENT + post(11, type=kind))
    exports.fetch(ContentFileURLs=["content.csv"])
    assert exports.lines()[0]["fb.post"] == {"id": f"{PAGE}_11", "attachments": {"data": [{"type": attached}]}}
    assert table(exports)[0]["Post Type"] == told


def test_times_are_of_the_zone_of_the_account_that_exported(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, post="11"))
    exports.put("content.csv", CONTENT + post(11))
    exports.fetch(ContentFileURLs=["content.csv"], ContentTimezone="America/Los_Angeles")
    assert table(exports)[0]["Post Created Time"] == "2025-09-06T20:01:00+00:00"


def test_of_a_post_in_several_exports_the_last_one_counts() -> None:
    content = read(CONTENT + post(11, reactions="5"), CONTENT + post(11, reactions="6"))
    assert content.posts[f"{PAGE}_11"].figures["Reactions"] == 6
    assert content.problems == ()


def test_what_a_post_says_is_its_description_or_else_its_title() -> None:
    content = read(CONTENT + post(11) + post(22, description="What we ask"))
    texts = [content.posts[f"{PAGE}_{number}"].figures["Post Text"] for number in (11, 22)]
    assert texts == ["Maxaad ka qabtaan?", "What we ask"]


def test_rows_of_another_page_are_left_out() -> None:
    content = read(CONTENT + post(11) + post(22, page="5"))
    assert (list(content.posts), content.problems) == ([f"{PAGE}_11"], ())


def test_an_address_that_leads_elsewhere_is_not_told() -> None:
    content = read(CONTENT + post(11, url="javascript:alert(1)") + post(22, url="https://facebook.com.example/1"))
    assert [each.url for each in content.posts.values()] == ["", ""]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (CONTENT + post(11, id="1.22E+17"), 'line 2: "Post ID" was rounded by a spreadsheet'),
        (CONTENT + post(11, page="3.71314E+14"), 'line 2: "Page ID" was rounded by a spreadsheet'),
        (CONTENT + post(11) + post(11), "line 3: has a post again, as of another day"),
        ("Publicerings-id,Sid-id\n1,2\n", 'line 1: has no column "Post ID", "Page ID"'),
    ],
)
def test_what_cannot_be_used_is_warned_of_and_fails_no_comment(
    exports: Exports, caplog: pytest.LogCaptureFixture, content: str, problem: str
) -> None:
    exports.put("a.csv", HEADER + row(1, post="11"))
    exports.put("content.csv", content)
    exports.fetch(ContentFileURLs=["content.csv", "missing.csv"])
    assert exports.texts() == ["haa"]
    assert table(exports)[0]["Total Comments"] == ""
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [problem in "\n".join(warned), "missing.csv" in "\n".join(warned)] == [True, True]


def test_a_figure_that_is_no_number_is_empty_and_noted() -> None:
    content: Any = read(CONTENT + post(11, reactions="many"))
    assert "Reactions" not in content.posts[f"{PAGE}_11"].figures
    assert content.posts[f"{PAGE}_11"].notes["Reactions"] == "the export of the page's content has no number there"


def test_a_time_that_cannot_be_read_is_empty_and_noted() -> None:
    content = read(CONTENT + post(11, time="2025-09-06"))
    assert content.posts[f"{PAGE}_11"].created_at == ""
    assert content.posts[f"{PAGE}_11"].notes["Post Created Time"] == (
        "the export of the page's content has no time there such as 09/06/2025 13:01"
    )
