"""The page that a researcher mails on."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup
from matplotlib.figure import Figure
from PIL import Image

from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.charts.files import DrawnGraph
from pipeline_lib.analysis.charts.graphs import Graph
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.report.drawn import Material, write_drawings
from pipeline_lib.analysis.report.page import Contents, _graphs, report
from pipeline_lib.analysis.report.table_descriptions import described
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans, PlacesOfMap

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_drawings")]

EAT = timezone(timedelta(hours=3))
ABOUT = About(
    'Geedka <b>"Hoostiisa"</b>',
    datetime(2025, 9, 6, tzinfo=EAT),
    datetime(2025, 9, 14, tzinfo=EAT),
    datetime(2025, 9, 20, tzinfo=UTC),
)
CHROMIUM = shutil.which("chromium")

Make = Callable[..., Frames]


class Page(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def all(self, tag: str, attribute: str) -> list[str]:
        return [
            attributes[attribute] or "" for name, attributes in self.elements if name == tag and attribute in attributes
        ]


def write(folder: Path, plans: CodingPlans, frames: Frames, table: PerturbationTable | None = None) -> Page:
    plans = replace(plans, maps=(PlacesOfMap("regions", "region"),))
    settings = AutomatedAnalysis.model_validate({"GenerateRegionThemeDistributionMaps": True})
    tables = {"engagement_counts.csv": 3, "cross_tab_a b_by_c.csv": 1234}
    for name in tables:
        (folder / name).touch()
    published = release_numbers(frames, plans, settings, table=table)
    material = Material(
        published=published,
        plans=plans,
        asked=settings,
        about=ABOUT._replace(threshold=published.threshold),
        description="Under the <tree>.",
        boundaries={},
        tables=tables,
    )
    write_drawings(folder, material)
    page = Page(folder)
    page.feed((folder / "index.html").read_text(encoding="utf-8"))
    return page


_WRITTEN: list[Page] = []
"""The page that most tests look at: to draw it takes seconds."""


@pytest.fixture
def page(plans: CodingPlans, make_frames: Make, tmp_path_factory: pytest.TempPathFactory) -> Page:
    people = [
        {"e01": ["water"], "e02": ["health"], "gender": ["man"], "region": ["bay"]},
        {"e01": ["water", "health"], "gender": ["woman"], "region": ["awdal"]},
        {"e01": ["NR"], "gender": ["woman"], "region": ["NC"]},
        {},
    ]
    if not _WRITTEN:
        _WRITTEN.append(write(tmp_path_factory.mktemp("page"), plans, make_frames(plans, people)))
    return _WRITTEN[0]


def test_the_key_figures_are_there(page: Page) -> None:
    start = page.texts.index("Key figures") + 1
    figures = page.texts[start : page.texts.index("Opted in")]
    assert figures == [
        "participants who opted in", "3",
        "relevant participants", "2", "67%",
        "participants in two episodes or more", "1", "33%",
        "episodes", "2",
        "participants who withdrew", "1", "in no number but that of messages received",
        "messages received", "4",
        "messages that opted in", "4",
        "labelled messages", "3", "75%",
        "relevant messages", "3", "75%",
    ]  # fmt: skip


def test_who_is_partly_reviewed_stands_beside_the_relevant_and_a_running_project_says_so(
    plans: CodingPlans, make_frames: Make
) -> None:
    people = [{"e01": ["water"]}, {"e01": ["water", "NR"]}, {"e01": ["water", "NR"], "e02": ["water"]}, {"e01": ["NR"]}]
    frames, settings = make_frames(plans, people), AutomatedAnalysis()

    def text(about: About, *, as_predecessor: bool = False) -> str:
        published = release_numbers(frames, plans, settings, as_predecessor=as_predecessor)
        html = report(Contents(about, "", published, [], [], {}, {}))
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())

    told = text(ABOUT)
    assert "relevant participants; partly reviewed: 1 more 2 50% participants in two" in told
    assert "Themes count relevant participants, and their shares are of these." in told
    assert "The project had not ended then." not in told
    assert "The project had not ended then." in text(ABOUT._replace(as_of=datetime(2025, 9, 13, tzinfo=UTC)))
    as_predecessor = text(ABOUT, as_predecessor=True)
    assert "partly reviewed" not in as_predecessor.casefold()
    assert "Themes count participants of whom something waits for a coder too" in as_predecessor


def test_every_graph_is_in_the_page_with_its_words_for_who_cannot_see_it(page: Page) -> None:
    sources, alternatives = page.all("img", "src"), page.all("img", "alt")
    drawn = {path.read_bytes() for path in (page.folder / "graphs").glob("*.svg")}
    prefix = "data:image/svg+xml;base64,"
    assert {base64.b64decode(source.removeprefix(prefix)) for source in sources} == drawn
    assert len(drawn) == len(sources) == len(alternatives) == 12
    for graph in drawn:
        ET.fromstring(graph)  # noqa: S314 - our own
    assert "Themes: episode e01: water: 2; health: 1; NR: 1" in alternatives


def test_every_graph_is_there_for_a_narrow_page_too_with_texts_that_can_be_searched(page: Page) -> None:
    labels = [label for label in page.all("div", "aria-label") if ", by region" not in label]
    assert labels == page.all("img", "alt")
    assert "Themes: episode e01" in page.texts  # as a text of the drawing, apart from that of the picture


def test_the_page_says_how_far_coders_are(page: Page) -> None:
    start = page.texts.index("Waiting") + 1
    assert page.texts[start : page.texts.index("What waits for a coder is in no number of a theme.")] == [
        "episode e01", "messages", "3", "2 (67%)", "1",
        "episode e02", "messages", "1", "1 (100%)", "0",
        "Scheme gender", "participants", "3", "3 (100%)", "0",
        "Scheme region", "participants", "3", "3 (100%)", "0",
        "Scheme state", "participants", "0", "0", "0",
    ]  # fmt: skip


def test_every_map_is_in_the_page_with_its_numbers(page: Page) -> None:
    maps = [attributes for name, attributes in page.elements if name == "svg" and attributes.get("class") == "map"]
    labels = [label for label in page.all("div", "aria-label") if ", by region" in label]
    assert len(maps) == len(labels) == len(list((page.folder / "maps").rglob("*.png"))) == 7
    assert labels[0] == "Participants, Participants who opted in to any episode, by region: Awdal 1; Bay 1"
    assert labels[2].endswith(": Awdal 1 (100%); Bay 1 (100%)")  # a theme, with its shares of the relevant there
    references = set(page.all("use", "href"))
    assert references <= {f"#{name}" for name in page.all("path", "id")}


def test_every_link_leads_somewhere(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = page.all("a", "href")
    assert [link for link in links if link.startswith("#") and link[1:] not in ids] == []
    files = [unquote(link) for link in links if not link.startswith("#")]
    assert [file for file in files if not (page.folder / file).is_file()] == []
    assert {"engagement_counts.csv", "cross_tab_a b_by_c.csv", "maps/regions/regions_total_participants.png"} <= set(
        files
    )


def test_links_to_pictures_are_told_apart_by_those_who_hear_them(page: Page) -> None:
    labels = page.all("a", "aria-label")
    assert "PNG: Themes: episode e01" in labels
    assert "PNG: Participants, Participants who opted in to any episode, by region" in labels
    assert len(set(labels)) == len(labels) == len(page.all("img", "src")) * 2 + 7


def test_ids_are_unique(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_names_are_shown_and_never_obeyed(page: Page) -> None:
    assert 'Geedka <b>"Hoostiisa"</b>' in page.texts
    assert "Under the <tree>." in page.texts
    assert "tree" not in {name for name, _ in page.elements}


def test_the_page_asks_no_host_for_anything(page: Page) -> None:
    html = (page.folder / "index.html").read_text(encoding="utf-8")
    policies = [attributes["content"] for name, attributes in page.elements if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"]
    assert not {name for name, _ in page.elements} & {"script", "link", "iframe", "object"}
    assert "http://" not in html.replace("http://www.w3.org/", "")
    assert "https://" not in html
    assert "url(" not in html.replace("url(data:", "").replace("url(#", "")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to open the page with")
def test_chromium_shows_the_page_and_asks_no_host(page: Page, tmp_path: Path) -> None:
    log, picture = tmp_path / "net.json", tmp_path / "page.png"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,9000"]
    command += [f"--user-data-dir={tmp_path / 'chromium'}", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-first-run"]
    command += [f"--log-net-log={log}", f"--screenshot={picture}", (page.folder / "index.html").as_uri()]
    subprocess.run([str(part) for part in command], check=True, timeout=600, capture_output=True)
    # Where a graph or a map was not shown there would be no colour of it.
    colours = {colour for _, colour in Image.open(picture).convert("RGB").getcolors(10_000_000) or []}
    assert {(0x33, 0x65, 0x8A), (0x7F, 0xB7, 0xE6), (0x99, 0x3E, 0x46)} <= colours
    asked = [
        event["params"]["url"] for event in json.loads(log.read_text())["events"] if "url" in event.get("params", {})
    ]
    assert [url for url in asked if url.startswith("http") and not _is_of_the_browser(url)] == []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to print a page with")
@pytest.mark.parametrize(
    ("content", "pages"),
    [
        ("LONG LONG", 1),
        ("LONG LONG LONG LONG", 2),
        ("LONG SHORT", 1),
        ("SHORT SHORT", 1),
        ("LONG SHORT SHORT", 2),
        ("SHORT LONG SHORT LONG", 2),
        ("HIGH SHORT LONG HIGH", 3),
        ("MAPS_OF_6", 2),
        ("MAPS_OF_6 MAPS_OF_6", 3),
    ],
)
def test_no_printed_page_is_half_empty(content: str, pages: int, tmp_path: Path) -> None:
    style = (resources.files("pipeline_lib.analysis.report") / "page.css").read_text(encoding="utf-8")
    if "MAPS" in content:
        body = "".join(_printed_maps(6) for _ in content.split())
    else:
        body = f'<div class="all-graphs"><section>{_printed_graphs(content.split())}</section></div>'
    (tmp_path / "page.html").write_text(f"<!doctype html><style>{style}</style>{body}", encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={tmp_path / 'chromium'}", f"--print-to-pdf={tmp_path / 'page.pdf'}"]
    subprocess.run([*command, (tmp_path / "page.html").as_uri()], check=True, timeout=600, capture_output=True)
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes())) == pages


@pytest.mark.parametrize(
    ("content", "across"),
    [
        ("SHORT SHORT", ["", ""]),
        ("SHORT LONG", ["across", "across"]),
        ("SHORT SHORT LONG SHORT", ["", "", "across", "across"]),
        ("HIGH SHORT SHORT", ["across high", "", ""]),
    ],
)
def test_on_paper_a_graph_without_a_neighbour_goes_across_both_columns(content: str, across: list[str]) -> None:
    assert [graph["on_paper"] for graph in _graphs([_drawn(word) for word in content.split()])] == across


def _printed_graphs(words: list[str]) -> str:
    return "".join(
        f'<figure class="graph {graph["on_paper"]}"><div class="narrow">{graph["narrow"]}</div>'
        f'<img class="wide" src="data:image/svg+xml;base64,{graph["svg"]}"></figure>'
        for graph in _graphs([_drawn(word) for word in words])
    )


def _drawn(word: str) -> DrawnGraph:
    wide, narrow = {"SHORT": (480, 446), "LONG": (660, 800), "HIGH": (800, 900)}[word]
    area = f'width="768" height="{wide}" viewBox="0 0 768 {wide}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {area}><rect width="768" height="{wide}"/></svg>'
    graph = Graph(word, "Themes", Words(word, "", ()), "", Figure)
    shapes = Markup('<svg viewBox="0 0 252 {0}"><rect width="252" height="{0}"/></svg>').format(narrow)
    return DrawnGraph(graph, f"graphs/{word}.svg", svg.encode(), shapes)


def _printed_maps(count: int) -> str:
    svg = '<svg class="map" viewBox="0 0 100 130"><rect width="100" height="130"/></svg>'
    words = "Relevant participants who gave the theme, by region; in brackets their share of all of the region. "
    one = f'<figure class="map"><h4>Theme</h4><p class="subtitle">{words}</p><ul class="legend"><li>1</li></ul>{svg}'
    one += f"<details><summary>Numbers</summary>1</details><figcaption>{words * 4}</figcaption></figure>"
    return f'<h3>Episode</h3><div class="maps of-themes">{one * count}</div>'


def _is_of_the_browser(url: str) -> bool:
    """Whether Chromium asks by itself, whatever page it shows."""
    return any(host in url for host in ("google.com/", "googleapis.com/", "gvt1.com/"))


@pytest.mark.parametrize("people", [[], [{}], [{"e01": ["water"], "gender": ["man"], "region": ["bay"]}]])
def test_nobody_and_one_participant_are_an_honest_page(
    people: list[dict[str, list[str]]], plans: CodingPlans, make_frames: Make, tmp_path: Path
) -> None:
    page = write(tmp_path, plans, make_frames(plans, people))
    figures = page.texts[page.texts.index("Key figures") :]
    assert figures[1:3] == ["participants who opted in", str(len([person for person in people if person]))]
    assert len(page.all("img", "src")) == 12


def test_what_is_not_released_is_explained_and_hatched(
    plans: CodingPlans, make_frames: Make, tmp_path: Path, fewer_than_five: PerturbationTable
) -> None:
    people = [{"e01": ["water"], "gender": ["man"], "region": ["bay"]}] * 12
    people += [{"e01": ["health"], "gender": ["woman"], "region": ["awdal"]}] * 2
    page = write(tmp_path, plans, make_frames(plans, people), fewer_than_five)
    assert "<5" in page.texts
    assert "url(#hatched)" in page.all("rect", "fill")
    # 14 messages opted in, and a coder has reviewed all: differences of changed numbers would say nothing.
    start = page.texts.index("Waiting") + 1
    assert page.texts[start : start + 5] == ["episode e01", "messages", "14", "14 (100%)", "\N{EN DASH}"]
    total = next(label for label in page.all("div", "aria-label") if ", by region: " in label)
    assert "Awdal <5" in total


def test_every_table_is_described() -> None:
    assert [file for file in AnalysisFile if not described(f"{file}.csv")] == []
    assert described("cross_tab_a_by_b.csv")
    assert described("something else.csv") == ""
