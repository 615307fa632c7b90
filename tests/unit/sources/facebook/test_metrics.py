"""Engagement metrics, asked of the sandbox's Facebook."""

import csv
import io
import logging
import math
from dataclasses import replace
from typing import Any

import pytest

from pipeline_lib.model.facebook_metrics import POST_METRICS, Metric
from pipeline_lib.sources.targets import run_targets
from sandbox.facebook.errors import PERMISSION_NEEDED, TOKEN_DEAD, UNAVAILABLE
from sandbox.facebook.faults import Fault
from sandbox.facebook.model import Person
from sandbox.facebook.synthetic import PAGE, TOKEN
from tests.unit.sources.facebook.page import Fetcher

LOW_FANS = "Meta tells no figure: it does so of pages with 100 likes and more, for two years"
NO_INSIGHTS = "the token lacks read_insights, or is of a person without the task ANALYZE on the page"
ENDED = "Meta has ended post_engaged_users on 2024-03-14, and counts nothing like it any more"
VIEWS = "counted are views, since Meta counts no impressions any more"
VIEWERS = "counted are viewers, since Meta counts the people whom a post reached no more"
FIGURES: dict[str, Any] = {
    "reactions": {"LIKE": 20, "LOVE": 3},
    "metrics": {"post_media_view": 900, "post_total_media_view_unique": 70},
}


def table(fetcher: Fetcher, name: str = "facebook_metrics") -> list[dict[str, str]]:
    text = fetcher.storage.read(f"runs/today/Engagement Metrics/{name}.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def notes(fetcher: Fetcher) -> dict[str, str]:
    """Of the only post, by column."""
    return {each["Column"]: each["Note"] for each in table(fetcher, "facebook_metrics_notes")}


def fetch(fetcher: Fetcher, **more: Any) -> None:
    fetcher.metrics = run_targets(fetcher.storage, "runs/today").metrics_file(1)
    fetcher.fetch(**more)


def test_a_post_is_a_row_of_the_predecessors_columns(fetcher: Fetcher) -> None:
    post = fetcher.written.post("Maxaad ka qabtaan? #GeedkaHoostiisa", "video_inline", **FIGURES)
    fetcher.written.comment(post)
    fetcher.written.comment(post, visibility="hidden")
    fetch(fetcher)
    assert table(fetcher) == [
        {
            "Page ID": PAGE.id,
            "Dataset": "fb",
            "Post URL": f"https://www.facebook.com/{PAGE.id}/posts/00001",
            "Post Created Time": "2025-09-07T10:00:00+00:00",
            "Post Text": "Maxaad ka qabtaan? #GeedkaHoostiisa",
            "Post Type": "video",
            "Post Impressions": "900",
            "Unique Post Impressions": "70",
            "Post Engaged Users": "",
            "Total Comments": "2",
            "Visible (analysed) Comments": "1",
            "Reactions": "23",
        }
    ]
    assert notes(fetcher) == {
        "Post Impressions": VIEWS,
        "Unique Post Impressions": VIEWERS,
        "Post Engaged Users": ENDED,
    }


def test_visible_comments_are_those_that_were_read(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(2)]
    for number in range(7):
        fetcher.written.comment(posts[0], author=number)
    fetch(fetcher)
    assert [each["Visible (analysed) Comments"] for each in table(fetcher)] == ["0", "7"]


def test_a_post_costs_one_request_and_one_for_each_figure_that_meta_still_tells(fetcher: Fetcher) -> None:
    for _ in range(3):
        fetcher.written.comment(fetcher.written.post())
    fetcher.fetch()
    fetcher.requested()
    fetcher.fetch()
    without = fetcher.requested()
    fetch(fetcher)
    asked = fetcher.requested()
    assert {key: asked[key] - without.get(key, 0) for key in asked if asked[key] != without.get(key, 0)} == {
        "post": 3,
        "insights": 6,
    }


def test_a_metric_that_is_refused_is_asked_for_once_a_post_and_fails_no_other(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = "pipeline_lib.sources.facebook.metrics.POST_METRICS"
    monkeypatch.setattr(metrics, {**POST_METRICS, "Post Impressions": (Metric("post_impressions"),)})
    for _ in range(4):
        fetcher.written.comment(fetcher.written.post(**FIGURES))
    fetch(fetcher)
    assert [each["Post Impressions"] for each in table(fetcher)] == ["", "", "", ""]
    assert [each["Unique Post Impressions"] for each in table(fetcher)] == ["70", "70", "70", "70"]
    assert notes(fetcher)["Post Impressions"] == "Meta refuses post_impressions"
    assert fetcher.requested()["insights"] == 2 + 4
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        (
            "pipeline.json: RawDataSources[0]: engagement metrics: Meta refuses post_impressions (error 100); "
            "what is missing stays empty"
        )
    ]


def test_posts_of_which_a_metric_is_refused_leave_it_to_the_others(fetcher: Fetcher) -> None:
    for _ in range(4):
        fetcher.written.comment(fetcher.written.post(**FIGURES))
    refused = replace(UNAVAILABLE, code=100, status=400, is_transient=False)
    fetcher.server.faults.append(Fault("error", "insights", times=4, after_requests=2, error=refused))
    fetch(fetcher)
    assert [each["Post Impressions"] for each in table(fetcher)] == ["900", "", "", "900"]


def test_a_reel_is_asked_by_its_own_edge(fetcher: Fetcher) -> None:
    reel = {"metrics": {"blue_reels_play_count": 44, "post_impressions_unique": 33}, "video": "55001"}
    fetcher.written.comment(fetcher.written.post("#GeedkaHoostiisa", "native_templates", **reel))
    fetch(fetcher)
    (row,) = table(fetcher)
    assert (row["Post URL"], row["Post Type"]) == ("https://www.facebook.com/reel/55001", "video")
    assert (row["Post Impressions"], row["Unique Post Impressions"]) == ("44", "33")
    assert notes(fetcher) == {
        "Post Impressions": "counted are plays, as of every reel",
        "Post Engaged Users": "Meta counts nothing like it of reels",
    }


@pytest.mark.parametrize(
    ("kinds", "told"),
    [(("photo",), "photo"), (("album",), "album"), (("share",), "share"), (("hologram",), "other"), ((), "text")],
)
def test_a_post_of_any_kind_has_a_type(fetcher: Fetcher, kinds: tuple[str, ...], told: str) -> None:
    post = fetcher.written.post("#GeedkaHoostiisa", *kinds)
    if not kinds:
        fetcher.world.put_post(replace(fetcher.world.posts[post], attachments=()))
    fetcher.written.comment(post)
    fetch(fetcher)
    assert [each["Post Type"] for each in table(fetcher)] == [told]


def test_a_visitor_s_words_are_not_told(fetcher: Fetcher) -> None:
    post = fetcher.written.post("kanaari words", visitor=Person("7000000000000009", "Qof 9"))
    fetcher.written.comment(post)
    fetch(fetcher, Datasets=[{"Name": "fb", "PostIDs": [post]}])
    assert [each["Post Text"] for each in table(fetcher)] == [""]
    assert notes(fetcher)["Post Text"] == "it is not the page's own post, and people's words are not told"


def test_a_small_page_has_no_figures_and_is_told_why(fetcher: Fetcher) -> None:
    fetcher.world.pages[PAGE.id] = replace(PAGE, fan_count=99)
    fetcher.written.comment(fetcher.written.post(**FIGURES))
    fetch(fetcher)
    assert table(fetcher)[0]["Reactions"] == "23"
    assert notes(fetcher)["Post Impressions"] == LOW_FANS


def test_without_the_permission_nothing_is_asked(fetcher: Fetcher) -> None:
    fetcher.world.change_token(TOKEN, scopes=("pages_read_engagement", "pages_read_user_content"))
    fetcher.written.comment(fetcher.written.post(**FIGURES))
    fetch(fetcher)
    assert "insights" not in fetcher.requested()
    assert notes(fetcher)["Post Impressions"] == NO_INSIGHTS
    assert table(fetcher)[0]["Reactions"] == "23"


@pytest.mark.parametrize(
    ("error", "count", "note"),
    [
        (PERMISSION_NEEDED, 1, NO_INSIGHTS),
        (TOKEN_DEAD[463], 1, "Meta did not answer"),
        (replace(UNAVAILABLE, code=100, status=400, is_transient=False), 4, "Meta refuses {}"),
    ],
)
def test_whatever_is_refused_fails_no_comment_and_is_not_asked_again(
    fetcher: Fetcher, error: Any, count: int, note: str
) -> None:
    for _ in range(3):
        fetcher.written.comment(fetcher.written.post(**FIGURES))
    fetcher.server.faults.append(Fault("error", "insights", times=math.inf, error=error))
    fetch(fetcher)
    assert len(fetcher.lines()) == 3
    assert fetcher.requested()["insights"] == count
    assert notes(fetcher)["Post Impressions"] == note.format("post_media_view")


def test_where_meta_does_not_answer_the_rest_is_not_asked(fetcher: Fetcher) -> None:
    for _ in range(3):
        fetcher.written.comment(fetcher.written.post(**FIGURES))
    fetcher.server.faults.append(Fault("error", "insights", times=math.inf))
    fetch(fetcher)
    assert len(fetcher.lines()) == 3
    assert [each["Reactions"] for each in table(fetcher)] == ["23", "", ""]
    unanswered = [each for each in table(fetcher, "facebook_metrics_notes") if each["Note"] == "Meta did not answer"]
    assert len(unanswered) == 2 + 2 * 2


def test_a_post_that_is_gone_keeps_its_row_and_its_comments(fetcher: Fetcher) -> None:
    fetcher.written.comment(fetcher.written.post(**FIGURES))
    gone = fetcher.written.post()
    fetcher.written.comment(gone)
    fetcher.fetch()
    fetcher.world.remove_post(gone)
    fetch(fetcher)
    assert [(each["Reactions"], each["Total Comments"]) for each in table(fetcher)] == [("", ""), ("23", "1")]
    assert len(fetcher.lines()) == 2


def test_a_post_whose_lists_are_refused_is_told_of_without_them(fetcher: Fetcher) -> None:
    fetcher.written.comment(fetcher.written.post("What we ask #GeedkaHoostiisa", **FIGURES))
    refused = replace(UNAVAILABLE, code=100, status=400, is_transient=False)
    fetcher.server.faults.append(Fault("error", "post", error=refused))
    fetch(fetcher)
    (row,) = table(fetcher)
    assert (row["Post Text"], row["Reactions"], row["Post Impressions"]) == ("What we ask #GeedkaHoostiisa", "", "900")
    assert notes(fetcher)["Reactions"] == "Meta does not tell"
