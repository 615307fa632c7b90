"""Which graphs a project has, and what they say."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.analysis.charts.captions import About, period
from pipeline_lib.analysis.charts.empty import NO_DATA
from pipeline_lib.analysis.charts.files import write_graphs
from pipeline_lib.analysis.charts.graphs import Contents, Graph, graphs_of
from pipeline_lib.analysis.codings import episodes
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.seasons import seasons
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind

EAT = timezone(timedelta(hours=3))
ABOUT = About(
    "Geedka", datetime(2025, 9, 6, tzinfo=EAT), datetime(2025, 9, 14, tzinfo=EAT), datetime(2025, 9, 20, tzinfo=UTC)
)
SOURCE = "Geedka, 6 to 13 September 2025. Source: messages that the project had received by 20 September 2025."
LABEL = {"StartDate": "2025-09-06T00:00+03:00", "EndDate": "2025-09-06T24:00+03:00", "Label": "Promo"}
PEOPLE: list[dict[str, Sequence[str]]] = [
    {"e01": ["water"], "gender": ["man"], "region": ["bay"]},
    {"e01": ["water", "health"], "gender": ["woman"]},
    {"e01": ["NC"], "e02": ["water"], "gender": ["NC"]},
    {},  # withdrawn
]

Make = Callable[..., Frames]


def drawn(
    plans: CodingPlans,
    frames: Frames,
    *,
    as_predecessor: bool = False,
    table: PerturbationTable | None = None,
    **asked: Any,
) -> dict[str, Graph]:
    settings = AutomatedAnalysis.model_validate(asked)
    published = release_numbers(
        frames, plans, settings, table=table, utc_offset=ABOUT.utc_offset, as_predecessor=as_predecessor
    )
    contents = Contents(published, settings, ABOUT)
    return {graph.name: graph for graph in graphs_of(contents)}


@pytest.fixture
def graphs(plans: CodingPlans, make_frames: Make) -> dict[str, Graph]:
    return drawn(plans, make_frames(plans, PEOPLE), TrafficLabels=[LABEL])


def test_there_is_a_graph_of_everything_in_the_order_of_the_report(graphs: dict[str, Graph]) -> None:
    assert list(graphs) == [
        "weeks_all_episodes",
        "traffic",
        "messages_per_episode",
        "participants_per_episode",
        "themes_over_all_episodes",
        "themes_e01",
        "themes_e01_by_demographics",
        "themes_e02",
        "themes_e02_by_demographics",
        "demographics_gender",
        "demographics_region",
        "demographics_state",
    ]
    assert list(dict.fromkeys(graph.section for graph in graphs.values())) == [
        "Over time",
        "Participation",
        "Themes",
        "Demographics",
    ]


def test_graphs_say_their_numbers(graphs: dict[str, Graph]) -> None:
    said = {name: graph.numbers for name, graph in graphs.items()}
    assert said == said | {
        "weeks_all_episodes": "2025-09-01 (2 of 7 days): 4 messages, 3 individuals",
        "traffic": "Promo: 4 messages, 3 relevant",
        "messages_per_episode": "episode e01: 3, 3, 2; episode e02: 1, 1, 1",
        "participants_per_episode": "episode e01: 3, 2; episode e02: 1, 1",
        "themes_over_all_episodes": "water: 2, 1; health: 1, 0",
        "themes_e01": "water: 2; health: 1; NC: 1",
        "themes_e02": "water: 1; health: 0",
        "demographics_gender": "man: 1; woman: 1; NC: 1",
    }


def test_graphs_say_of_whom_and_when(graphs: dict[str, Graph]) -> None:
    assert graphs["themes_e01"].words == (
        "Themes: episode e01",
        (
            "Relevant participants who gave each theme, with their share of the relevant ones; in grey, other codes of "
            "all who opted in"
        ),
        (
            "n = 2 relevant participants, of 3 who opted in to the episode. One participant may have several themes.",
            SOURCE,
        ),
    )
    assert graphs["traffic"].words.caption == ("Times are those of UTC+0300.", SOURCE)
    assert graphs["messages_per_episode"].words.caption[0] == "n = 4 messages that opted in to any episode."
    assert graphs["participants_per_episode"].words.caption[0] == (
        "n = 3 participants who opted in to any episode. Somebody who took part in several is counted in each of them."
    )
    assert graphs["demographics_gender"].words.caption[0] == (
        "n = 2 participants who said it, of 3 who answered any question about themselves."
    )
    assert graphs["demographics_gender"].words.title == "Demographics: Scheme gender"


def test_episodes_and_surveys_go_by_their_titles(plans: CodingPlans, make_frames: Make) -> None:
    first, second = plans.research_questions
    gender, location = plans.demographics
    titled = replace(
        plans,
        research_questions=(replace(first, title="Episode 1: water"), second),
        demographics=(replace(gender, title="Men and women"), replace(location, title="Where people live")),
    )
    graphs = drawn(titled, make_frames(titled, PEOPLE))
    assert graphs["messages_per_episode"].numbers == "Episode 1: water: 3, 3, 2; episode e02: 1, 1, 1"
    assert graphs["weeks_all_episodes"].words.subtitle.startswith(
        "Messages that opted in to Episode 1: water to episode e02"
    )
    titles = [graph.words.title for name, graph in graphs.items() if name.startswith(("themes_e", "demographics"))]
    assert titles == [
        "Themes: Episode 1: water",
        "Themes by who gave them: Episode 1: water",
        "Themes: episode e02",
        "Themes by who gave them: episode e02",
        "Demographics: Men and women",
        # Region and state are two codings of one survey, which one title cannot tell apart.
        "Demographics: Scheme region",
        "Demographics: Scheme state",
    ]


def test_the_codings_of_one_question_are_told_apart_by_their_schemes(plans: CodingPlans, make_frames: Make) -> None:
    first, second = plans.research_questions
    both = replace(first, title="Is there enough?", codings=first.codings + second.codings)
    plans = replace(plans, research_questions=(both,))
    graphs = drawn(plans, make_frames(plans, PEOPLE))
    names = ["Is there enough? (Scheme e01)", "Is there enough? (Scheme e02)"]
    titles = [graph.words.title for name, graph in graphs.items() if name.startswith("themes_e")]
    assert titles[::2] == [f"Themes: {name}" for name in names]
    assert [part.split(": ")[0] for part in graphs["participants_per_episode"].numbers.split("; ")] == names
    assert graphs["weeks_all_episodes"].words.subtitle.startswith("Messages that opted in to Is there enough?, and")


def test_more_bars_than_a_page_can_show_are_several_graphs_to_one_scale(
    make_plans: Callable[..., CodingPlans], make_frames: Make
) -> None:
    themes = [f"theme {number}" for number in range(100)]
    plans = make_plans(1, *themes)
    graphs = drawn(plans, make_frames(plans, [{"e01": themes[:60]}, {"e01": themes[:1]}]))
    parts = {name: graph for name, graph in graphs.items() if name.startswith("themes_e01_part")}
    assert list(parts) == ["themes_e01_part_1", "themes_e01_part_2"]
    assert parts["themes_e01_part_2"].words.title == "Themes: episode e01, part 2 of 2"
    assert parts["themes_e01_part_2"].words.caption[0] == "Codes that nobody has are left out: 40."
    assert [len(graph.numbers.split("; ")) for graph in parts.values()] == [30, 30]  # all in words too
    axes = [graph.draw().axes[0] for graph in parts.values()]
    assert {each.get_xlim() for each in axes} == {(0, 2)}
    assert [len(each.patches) for each in axes] == [30, 30]


def test_more_themes_than_a_page_can_show_are_several_graphs_of_the_same_shades(
    make_plans: Callable[..., CodingPlans], make_frames: Make
) -> None:
    themes = [f"theme {number}" for number in range(50)]
    plans = make_plans(2, *themes)
    people = [{"e01": themes, "gender": ["man"]}, {"e01": themes[:1], "gender": ["man"]}]
    graphs = drawn(plans, make_frames(plans, people))
    names = [name for name in graphs if "_part_" in name and not name.startswith(("themes_e01_part", "themes_e02"))]
    assert names == [
        "themes_over_all_episodes_part_1",
        "themes_over_all_episodes_part_2",
        "themes_e01_by_demographics_part_1",
        "themes_e01_by_demographics_part_2",
    ]
    second = graphs[names[1]]
    assert second.words.title == "Themes over the season: all episodes, themes 26 to 50"
    assert len(second.numbers.split("; ")) == 25
    # One of two people is half as dark, also in the part that has no darker one.
    first_cell = second.draw().axes[0].patches[0].get_facecolor()
    assert first_cell != graphs[names[0]].draw().axes[0].patches[0].get_facecolor()
    assert first_cell == graphs[names[0]].draw().axes[0].patches[2].get_facecolor()


def test_a_part_of_the_themes_shows_the_episodes_that_have_any_of_them(
    make_plans: Callable[..., CodingPlans], make_frames: Make
) -> None:
    first, second = ([f"{name} {number}" for number in range(30)] for name in ("water", "health"))
    one, other = make_plans(1, *first), make_plans(2, *second)
    plans = replace(one, research_questions=(one.research_questions[0], other.research_questions[1]))
    graphs = drawn(plans, make_frames(plans, [{"e01": first, "e02": second}]))
    for part, episode in ((1, "e01"), (2, "e02")):
        texts = [text.get_text() for text in graphs[f"themes_over_all_episodes_part_{part}"].draw().axes[0].texts]
        assert [text for text in texts if text.startswith("episode")] == [f"episode {episode}"]


def test_codes_go_by_size_and_the_rest_last_unless_their_order_means_something(
    make_plans: Callable[..., CodingPlans], make_frames: Make
) -> None:
    plans = make_plans(1, "water", "other_theme", "health", "mothers")
    people = [{"e01": [code]} for code in ["water"] + ["health"] * 3 + ["other_theme"] * 4 + ["NC"] + ["gratitude"] * 2]
    assert drawn(plans, make_frames(plans, people))["themes_e01"].numbers == (
        "health: 3; water: 1; mothers: 0; other theme: 4; NC: 1; gratitude: 2"
    )
    (question,) = plans.research_questions
    ordinal = replace(question, codings=(replace(question.codings[0], ordinal=True),))
    plans = replace(plans, research_questions=(ordinal,))
    assert drawn(plans, make_frames(plans, people))["themes_e01"].numbers == (
        "water: 1; other theme: 4; health: 3; mothers: 0; NC: 1; gratitude: 2"
    )


def test_themes_are_shown_by_who_gave_them_in_shares_of_the_relevant_of_each_group(
    plans: CodingPlans, make_frames: Make, fewer_than_five: PerturbationTable
) -> None:
    plans = replace(plans, demographics=plans.demographics[:1])
    people = [{"e01": ["water"], "gender": ["man"]}] * 6 + [{"e01": ["health"], "gender": ["man"]}] * 2
    people += [{"e01": ["health"], "gender": ["woman"]}] * 5 + [{"e01": ["health"]}]
    frames = make_frames(plans, people)
    graph = drawn(plans, frames)["themes_e01_by_demographics"]
    # Of 8 men 2 said health, and all 5 women did.
    assert graph.numbers == "health: man 25%, woman 100%; water: man 75%, woman 0%"
    (axes,) = graph.draw().axes
    assert [text.get_text() for text in axes.texts][:3] == ["Scheme gender", "man (8)", "woman (5)"]
    protected = drawn(plans, frames, table=fewer_than_five)["themes_e01_by_demographics"]
    assert protected.numbers == "health: man *, woman 100%; water: man 75%, woman *"


def test_themes_are_not_shown_by_places_which_maps_show_nor_by_many_codes(
    make_plans: Callable[..., CodingPlans], make_survey: Callable[..., Any], make_frames: Make
) -> None:
    plans = make_plans(1, "water")
    many = make_survey("clan", DatasetKind.DEMOGRAPHIC, "clan", *(f"clan {number}" for number in range(11)))
    plans = replace(plans, demographics=(many,))
    assert "themes_e01_by_demographics" not in drawn(plans, make_frames(plans, [{"e01": ["water"]}]))


FORTNIGHT = [
    (0, "e01", "2025-09-07T12:00+03:00", ["water"], "first"),
    (0, "e01", "2025-09-10T12:00+03:00", ["water"], "second"),
    (1, "e01", "2025-09-16T01:00+03:00", ["water"], "third"),
]
"""In three weeks."""


def of_fortnight(plans: CodingPlans, make_frames: Make, about: About, **asked: Any) -> dict[str, Graph]:
    settings = AutomatedAnalysis.model_validate(asked)
    frames = make_frames(plans, PEOPLE, FORTNIGHT)
    contents = Contents(release_numbers(frames, plans, settings), settings, about)
    return {graph.name: graph for graph in graphs_of(contents)}


@pytest.mark.slow
def test_a_week_that_is_not_whole_says_how_much_of_it_there_is(plans: CodingPlans, make_frames: Make) -> None:
    counted_at = ABOUT._replace(end=datetime(2025, 9, 30, tzinfo=EAT), as_of=datetime(2025, 9, 16, 12, tzinfo=EAT))
    graph = of_fortnight(plans, make_frames, counted_at)["weeks_all_episodes"]
    assert graph.numbers == (
        "2025-09-01 (2 of 7 days): 1 messages, 1 individuals; 2025-09-08: 1 messages, 1 individuals; "
        "2025-09-15 (1.5 of 7 days): 1 messages, 1 individuals"
    )
    assert graph.words.caption[1] == (
        "Paler, where the project began, ended or was counted within the week: 1 Sep (2 of 7 days), "
        "15 Sep (1.5 of 7 days)."
    )
    axes = graph.draw().axes[-1]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["1 Sep\n2 of 7 days", "8 Sep", "15 Sep\n1.5 of 7 days"]
    assert [patch.get_alpha() for patch in axes.patches] == [0.45, None, 0.45] * 2


def test_whole_weeks_say_nothing(plans: CodingPlans, make_frames: Make) -> None:
    whole = ABOUT._replace(start=datetime(2025, 9, 1, tzinfo=EAT), end=datetime(2025, 9, 22, tzinfo=EAT))
    graph = of_fortnight(plans, make_frames, whole._replace(as_of=datetime(2025, 10, 1, tzinfo=UTC)))
    assert "of 7 days" not in graph["weeks_all_episodes"].numbers
    assert graph["weeks_all_episodes"].words.caption[0].startswith("Somebody")
    assert len(graph["weeks_all_episodes"].words.caption) == 2


def test_days_and_promotions_that_are_not_whole_say_so(plans: CodingPlans, make_frames: Make) -> None:
    label = {"StartDate": "2025-09-15T00:00+03:00", "EndDate": "2025-09-17T00:00+03:00", "Label": "Radio"}
    # The project begins at 06:00 of a day, and what had been received ends at 06:00 of another.
    about = ABOUT._replace(
        start=datetime(2025, 9, 7, 6, tzinfo=EAT),
        end=datetime(2025, 9, 30, tzinfo=EAT),
        as_of=datetime(2025, 9, 16, 6, tzinfo=EAT),
    )
    frames = make_frames(
        plans, PEOPLE, [*FORTNIGHT, (1, "e01", "2025-09-26T12:00+03:00", ["water"], "makes these days, not hours")]
    )
    settings = AutomatedAnalysis.model_validate({"TrafficLabels": [label, LABEL]})
    contents = Contents(release_numbers(frames, plans, settings), settings, about)
    graph = {each.name: each for each in graphs_of(contents)}["traffic"]
    assert graph.words.caption[1].startswith(
        "Paler, where the project began, ended or was counted within the day: 7 Sep (18 of 24 hours), "
        "16 Sep (6 of 24 hours)"
    )
    assert graph.words.caption[2] == (
        "Promotions that reach beyond the project's dates, or beyond what had been received: 1 (62% covered), "
        "2 (0% covered)."
    )
    assert graph.numbers.startswith("Radio (62% covered): 1 messages, 1 relevant; Promo (0% covered): ")


def test_who_is_partly_reviewed_is_in_no_theme_and_counted_below(plans: CodingPlans, make_frames: Make) -> None:
    people = [*PEOPLE, {"e01": ["water", "NR"]}, {"e01": ["water", "health", "NR"]}, {"e02": ["water", "NR"]}]
    frames = make_frames(plans, people)
    graphs = drawn(plans, frames)
    assert graphs["themes_e01"].numbers == "water: 2; health: 1; NC: 1; NR: 2"
    assert graphs["themes_e01"].words.caption[1] == (
        "2 more participants gave a theme, but something that they said waits for a coder: no theme counts them."
    )
    assert graphs["themes_e02"].words.caption[1] == (
        "1 more participant gave a theme, but something that they said waits for a coder: no theme counts them."
    )
    assert graphs["themes_over_all_episodes"].numbers == "water: 2, 1; health: 1, 0"
    assert graphs["themes_over_all_episodes"].words.subtitle.startswith("Relevant participants who gave each theme")
    as_predecessor = drawn(plans, frames, as_predecessor=True)["themes_e01"]
    assert as_predecessor.numbers == "water: 4; health: 2; NC: 1; NR: 2"
    assert as_predecessor.words.subtitle.startswith("Participants who gave each theme")
    assert as_predecessor.words.caption[1] == (
        "A theme counts participants who are not relevant too, if something that they said waits for a coder."
    )


@pytest.mark.slow
def test_what_is_said_is_what_is_drawn(graphs: dict[str, Graph]) -> None:
    (axes,) = graphs["themes_e01"].draw().axes
    assert [patch.get_width() for patch in axes.patches] == [2, 1, 1]  # type: ignore[attr-defined]
    (axes,) = graphs["themes_e02"].draw().axes
    assert [patch.get_width() for patch in axes.patches] == [1, 0]  # type: ignore[attr-defined]
    axes = graphs["weeks_all_episodes"].draw().axes[-1]
    assert [patch.get_height() for patch in axes.patches] == [4, 3]  # type: ignore[attr-defined]


def test_a_theme_has_its_colour_in_every_episode(graphs: dict[str, Graph]) -> None:
    (first,), (second,) = (graphs[name].draw().axes for name in ("themes_e01", "themes_e02"))
    colours = [[patch.get_facecolor() for patch in axes.patches][:2] for axes in (first, second)]
    assert colours[0] == colours[1]
    assert colours[0][0] != colours[0][1]


@pytest.mark.slow
@pytest.mark.parametrize("people", [[], [{}], [{}, {}]])
def test_where_nobody_is_left_every_graph_says_so(people: list[Any], plans: CodingPlans, make_frames: Make) -> None:
    for graph in drawn(plans, make_frames(plans, people), TrafficLabels=[LABEL]).values():
        assert NO_DATA in [text.get_text() for axes in graph.draw().axes for text in axes.texts], graph.name


def test_an_episode_without_messages_is_there_with_nothing(
    make_plans: Callable[..., CodingPlans], make_frames: Make
) -> None:
    plans = make_plans(3, "water")
    graphs = drawn(plans, make_frames(plans, [{"e01": ["water"], "e03": ["water"]}]))
    assert graphs["messages_per_episode"].numbers == "episode e01: 1, 1, 1; episode e02: 0, 0, 0; episode e03: 1, 1, 1"
    (axes,) = graphs["themes_e02"].draw().axes
    assert [text.get_text() for text in axes.texts] == [NO_DATA]


def test_small_numbers_are_not_in_graphs_either(
    plans: CodingPlans, make_frames: Make, fewer_than_five: PerturbationTable
) -> None:
    people = [{"e01": ["water"], "gender": ["man"]}] * 9 + [{"e01": ["health"], "gender": ["woman"]}] * 2
    graphs = drawn(plans, make_frames(plans, people), table=fewer_than_five)
    assert "health: <5" in graphs["themes_e01"].numbers
    (axes,) = graphs["themes_e01"].draw().axes
    assert 2 not in [patch.get_width() for patch in axes.patches]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["s01e01", "s01e02", "s02e01"], {"season 1": 2, "season 2": 1}),
        (["elections_S01E01", "covid19_promo_s02e03"], {"season 1": 1, "season 2": 1}),
        (["s10 e1", "s10-e2"], {"season 10": 2}),
        (["s01e01", "vaccination_thoughts"], {"all episodes": 2}),
        (["classe1"], {"all episodes": 1}),
    ],
)
def test_seasons_are_told_by_the_names_of_datasets(
    names: list[str], expected: dict[str, int], make_plans: Callable[..., CodingPlans]
) -> None:
    plans = make_plans(len(names), "water")
    questions = [replace(old, name=name) for old, name in zip(plans.research_questions, names, strict=True)]
    found = seasons(episodes(replace(plans, research_questions=tuple(questions))))
    assert {season: len(shown) for season, shown in found.items()} == expected


def test_no_episodes_are_no_seasons() -> None:
    assert seasons([]) == {}


HOSTILE = ("a/b\\c\"d'<e>&", "x" * 200, "a b", "a_b", "Nabad iyo caano, col iyo abaar " * 7, "$\\alpha$")


@pytest.mark.slow
def test_any_theme_and_any_episode_can_be_drawn(
    make_plans: Callable[..., CodingPlans], make_frames: Make, tmp_path: Path
) -> None:
    plans = make_plans(2, *HOSTILE)
    first, second = plans.research_questions
    hostile = replace(first.codings[0], analysis_file_key="../" + "k" * 180)
    plans = replace(plans, research_questions=(replace(first, name='e/"1"', codings=(hostile,)), second))
    frames = make_frames(plans, [{hostile.analysis_file_key: list(HOSTILE), "e02": [HOSTILE[1]]}])
    graphs = list(drawn(plans, frames).values())
    files = [graph.path for graph in write_graphs(tmp_path, graphs)]
    assert len(set(files)) == len(files) == len(graphs)
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.svg"))
    assert written == sorted(files)
    assert sorted(path.stem for path in tmp_path.rglob("*.png")) == sorted(Path(file).stem for file in files)


@pytest.mark.parametrize(
    ("start", "last", "text"),
    [
        ("2025-09-06", "2025-09-13", "6 to 13 September 2025"),
        ("2025-09-06", "2025-10-01", "6 September to 1 October 2025"),
        ("2024-12-30", "2025-01-02", "30 December 2024 to 2 January 2025"),
        ("2025-09-06", "2025-09-06", "6 September 2025"),
    ],
)
def test_a_period_says_nothing_twice(start: str, last: str, text: str) -> None:
    assert period(datetime.fromisoformat(start).date(), datetime.fromisoformat(last).date()) == text


def test_a_project_without_end_ends_with_what_is_known() -> None:
    endless = ABOUT._replace(end=datetime(2100, 1, 1, tzinfo=EAT))
    assert endless.period == "6 to 20 September 2025"
    assert ABOUT._replace(as_of=datetime(2025, 9, 1, tzinfo=UTC)).period == "6 September 2025"
