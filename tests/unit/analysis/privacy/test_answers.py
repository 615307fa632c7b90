"""Which codes people could have had more, or less, and be as relevant as they are."""

from collections.abc import Callable

from pipeline_lib.analysis.codings import episodes
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.privacy.answers import may_differ_in_one_code
from pipeline_lib.analysis.profiles import profiles_of
from pipeline_lib.model.coding_plan import CodingPlans


def test_nobody_of_whom_something_waits_for_a_coder_could_have_a_theme_more(
    make_plans: Callable[..., CodingPlans], make_frames: Callable[..., Frames]
) -> None:
    plans = make_plans(1, "water", "health")
    people = [{"e01": ["water"]}, {"e01": ["water", "NR"]}, {"e01": ["NC", "NR"]}, {"e01": ["water", "health"]}]
    coding = episodes(plans)[0]
    profiles = profiles_of(make_frames(plans, people).individuals, [coding])
    water, health = 1, 2  # after whether the answer is relevant
    possible = may_differ_in_one_code(profiles)[profiles.of_people]
    assert possible[:, water].tolist() == [False, False, False, True]
    assert possible[:, health].tolist() == [True, False, False, True]
