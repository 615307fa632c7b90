from datetime import date

import pytest

from pipeline_lib.model.facebook_metrics import IMPRESSIONS, POST_METRICS, REEL_METRICS, UNIQUE_IMPRESSIONS, metric_on


@pytest.mark.parametrize(
    ("column", "day", "name"),
    [
        (IMPRESSIONS, date(2025, 11, 14), "post_impressions"),
        (IMPRESSIONS, date(2025, 11, 15), "post_media_view"),
        (UNIQUE_IMPRESSIONS, date(2026, 6, 14), "post_impressions_unique"),
        (UNIQUE_IMPRESSIONS, date(2026, 6, 15), "post_total_media_view_unique"),
        ("Post Engaged Users", date(2024, 3, 13), "post_engaged_users"),
        ("Post Engaged Users", date(2024, 3, 14), None),
    ],
)
def test_a_metric_is_asked_for_until_the_day_on_which_it_ended(column: str, day: date, name: str | None) -> None:
    metric = metric_on(POST_METRICS[column], day)
    assert (metric and metric.name) == name


def test_posts_and_reels_have_the_same_columns() -> None:
    assert list(POST_METRICS) == list(REEL_METRICS)
