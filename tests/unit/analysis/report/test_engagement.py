"""Metrics of posts, as they lie in the folder of the analysis and as the report shows them."""

from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.report.engagement import engagement_files, read_engagement
from pipeline_lib.model.coding_plan import CodingPlans
from tests.unit.analysis.report.test_report import write

pytestmark = pytest.mark.usefixtures("small_drawings")

Make = Callable[..., Frames]

EAT = timezone(timedelta(hours=3))
HEADER = (
    "Page ID,Dataset,Post URL,Post Created Time,Post Text,Post Type,Post Impressions,Unique Post Impressions,"
    "Post Engaged Users,Total Comments,Visible (analysed) Comments,Reactions\n"
)
URL = "https://www.facebook.com/5/posts/1"
METRICS = (
    f'{HEADER}5,fb <one>,{URL},2025-09-06T22:00:00+00:00,"What, we ask",photo,9000,,,55,50,1234\n'
    "5,fb two,javascript:alert(1),,,,,,,,3,<b>\n"
)
NOTES = (
    "Post URL,Column,Note\n"
    f"{URL},Post Impressions,counted are views\n"
    f"{URL},Post Engaged Users,Meta counts none\n"
    "javascript:alert(1),Post Engaged Users,Meta counts none\n"
)


def put(folder: Path, *, notes: str = NOTES) -> None:
    (folder / "facebook_metrics.csv").write_text(METRICS, encoding="utf-8")
    (folder / "facebook_metrics_notes.csv").write_text(notes, encoding="utf-8")


def test_a_post_is_told_by_its_day_with_the_figures_that_there_are(tmp_path: Path) -> None:
    put(tmp_path)
    (engagement,) = read_engagement(tmp_path, EAT)
    assert engagement.titles == ["Impressions", "Reactions", "Comments", "Comments analysed"]
    assert [tuple(post) for post in engagement.posts] == [
        ("7 September 2025", URL, "fb <one>", "photo", ["9,000", "1,234", "55", "50"]),
        ("post", "", "fb two", "-", ["-", "-", "-", "3"]),
    ]


def test_a_note_stands_once_with_the_number_of_its_posts(tmp_path: Path) -> None:
    put(tmp_path)
    (engagement,) = read_engagement(tmp_path, EAT)
    assert engagement.remarks == [
        "Impressions: counted are views (1 of 2 posts).",
        "People engaged: Meta counts none.",
    ]


def test_only_files_with_the_columns_are_metrics(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "engagement_counts.csv").write_text("Episode,Messages\n", encoding="utf-8")
    (tmp_path / "facebook_metrics_2.csv").write_text(HEADER, encoding="utf-8")
    assert engagement_files(tmp_path) == {"facebook_metrics.csv": 2, "facebook_metrics_2.csv": 0}


def test_metrics_without_notes_have_no_remarks(tmp_path: Path) -> None:
    (tmp_path / "facebook_metrics.csv").write_text(METRICS, encoding="utf-8")
    assert [engagement.remarks for engagement in read_engagement(tmp_path, EAT)] == [[]]


def test_a_row_that_somebody_has_cut_off_has_no_figures(tmp_path: Path) -> None:
    (tmp_path / "facebook_metrics.csv").write_text(f"{HEADER}5,fb,{URL}\n", encoding="utf-8")
    (engagement,) = read_engagement(tmp_path, EAT)
    assert [tuple(post) for post in engagement.posts] == [("post", URL, "fb", "-", [])]


@pytest.mark.slow
def test_the_report_shows_the_posts(plans: CodingPlans, make_frames: Make, tmp_path: Path) -> None:
    put(tmp_path)
    page = write(tmp_path, plans, make_frames(plans, [{}]))
    shown = page.texts[page.texts.index("Engagement on Facebook", page.texts.index("Tables")) :]
    assert shown[1:16] == [
        "Post", "Dataset", "Type", "Impressions", "Reactions", "Comments", "Comments analysed",
        "7 September 2025", "fb <one>", "photo", "9,000", "1,234", "55", "50",
        "post",
    ]  # fmt: skip
    assert [link for link in page.all("a", "href") if "posts" in link] == [URL]
    assert not [link for link in page.all("a", "href") if "javascript" in link]
    # On a phone, where the head is not shown, each figure has its title beside it.
    titles = ["Dataset", "Type", "Impressions", "Reactions", "Comments", "Comments analysed"]
    assert page.all("td", "data-title") == titles * 2
    assert "#engagement" in page.all("a", "href")


@pytest.mark.slow
def test_without_metrics_the_report_has_no_such_section(plans: CodingPlans, make_frames: Make, tmp_path: Path) -> None:
    page = write(tmp_path, plans, make_frames(plans, [{}]))
    assert "Engagement on Facebook" not in page.texts
    assert "#engagement" not in page.all("a", "href")
