"""The report of a run: what it tells, and what it says where something is missing."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage
from pipeline_lib.storage.manifest import NewestRecord, PublishedFile, TaskManifest, record
from pipeline_lib.storage.run_history import note_run
from pipeline_lib.web.airflow_gateway import KnownProject, KnownRun
from tests.unit.web.small_world import (
    RESEARCHER,
    RUN,
    STARTED_AT,
    TEXT,
    FakeAirflow,
    fetched,
    processed,
    write_file,
)

SCHEDULED = "scheduled__2026-11-20T21:00:00+00:00"


def text_of(site: TestClient, path: str) -> str:
    answer = site.get(path, headers=RESEARCHER)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_a_run_is_found_by_its_id_in_airflow_and_by_its_folder(site: TestClient, water: Storage) -> None:
    by_id, by_key = (text_of(site, f"/water/runs/{name}") for name in (SCHEDULED, RUN))
    assert f"<h1>{RUN}</h1>" in by_id
    assert f"<h1>{RUN}</h1>" in by_key
    assert '<span class="state success">success</span> scheduled run' in by_id


def test_the_report_tells_what_came_went_and_waits(site: TestClient, water: Storage) -> None:
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "<dt>messages and answers</dt><dd>118</dd>" in page
    assert "<dt>participants</dt><dd>57</dd>" in page
    assert "<dt>waiting for a coder</dt><dd>8</dd>" in page
    assert "<small>2 outside dates</small>" in page
    assert "<b>2</b> messages dropped: outside dates" in page
    assert '<progress max="80" value="60"></progress> 75%' in page
    assert "1 stop word first" in page
    assert "1 min 15 s" in page
    assert "321 MB" in page
    assert "contact has no URN" in page


def test_a_source_is_held_against_its_servers_own_count(site: TestClient, water: Storage) -> None:
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert '<td data-title="Records" class="number">119</td>' in page
    assert '<td data-title="On the server" class="number">120 <small>1 set aside</small></td>' in page
    assert "not here" not in page


def test_what_the_server_counts_and_nobody_set_aside_is_not_here(site: TestClient, water: Storage) -> None:
    part = fetched(water)
    (outputs,) = part.outputs
    record(water, RUN, part.model_copy(update={"outputs": {outputs: 117}}))
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert '120 <small>1 set aside</small> <small class="urgent">2 not here</small></td>' in page


@pytest.mark.parametrize(
    ("stale_after", "shown"),
    [
        (
            timedelta(days=5),
            '<td data-title="Newest record">15 Nov 2026 <small class="urgent">silent for 5 days</small>',
        ),
        (timedelta(days=6), '<td data-title="Newest record">15 Nov 2026</td>'),
        (timedelta(days=1), '<td data-title="Newest record">15 Nov 2026</td>'),  # so long that it has done its part
        (None, '<td data-title="Newest record">15 Nov 2026</td>'),
    ],
)
def test_a_source_from_which_nothing_comes_any_more_is_marked_as_the_config_says(
    stale_after: timedelta | None, shown: str, site: TestClient, water: Storage, airflow: FakeAirflow
) -> None:
    newest = NewestRecord(
        source="1 RapidPro: water_activation",
        file="water_activation.jsonl",
        received_at=STARTED_AT - timedelta(days=5, hours=1),
    )
    note_run(water, RUN, record(water, RUN, processed(water).model_copy(update={"newest_records": (newest,)})))
    airflow.known["water"] = replace(airflow.known["water"], stale_after=stale_after)
    assert shown in text_of(site, f"/water/runs/{SCHEDULED}")
    assert '<th scope="row">1 RapidPro: water_activation</th>' in text_of(site, "/water")


def test_times_are_told_in_the_projects_zone(site: TestClient, water: Storage, airflow: FakeAirflow) -> None:
    airflow.known["water"] = replace(airflow.known["water"], timezone="Africa/Mogadishu")
    assert "as of 21 Nov 2026, 00:00 EAT" in text_of(site, f"/water/runs/{SCHEDULED}")
    assert "<small>19 Nov 2026, 12:30 EAT</small>" in text_of(site, "/")


def test_what_was_published_has_its_address_if_a_browser_may_open_it(site: TestClient, water: Storage) -> None:
    files = [
        PublishedFile(path=path, id="1", link=link, md5="", action="updated")
        for path, link in (("a.csv", "https://drive.example/1"), ("b.csv", "javascript:alert(1)"))
    ]
    part = fetched(water).model_copy(update={"task": "upload", "outputs": {}, "published": tuple(files)})
    record(water, RUN, part)
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert '<a href="https://drive.example/1" target="_blank" rel="noopener noreferrer">a.csv</a> updated' in page
    assert "javascript:" not in page


def test_the_report_shows_the_analysis_with_each_picture_once(site: TestClient, water: Storage) -> None:
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "/files/Automated%20Analysis/index.html" in page
    assert "<summary>1 graph</summary>" in page
    assert 'alt="themes s01e01"' in page


def test_the_report_tells_what_changed_since_the_run_before(site: TestClient, water: Storage) -> None:
    key = "2026-11-21T210000Z"
    record(water, key, fetched(water, key))
    note_run(water, key, record(water, key, processed(water, key, message_count=131, minutes=24 * 60)))
    page = text_of(site, f"/water/runs/{key}")
    row = '<th scope="row">Messages and answers</th><td data-title="Before" class="number">118</td>'
    assert f'{row}<td data-title="Now" class="number">131</td><td data-title="Change" class="number">+13</td>' in page
    assert '<th scope="row">messages of s01e01</th>' in page
    assert "No earlier run" in text_of(site, f"/water/runs/{RUN}")


def test_every_link_to_a_part_of_the_report_leads_there(site: TestClient, water: Storage) -> None:
    record(water, RUN, published(water, "upload", "Automated Analysis").model_copy(update={"counts": ()}))
    page = text_of(site, f"/water/runs/{RUN}")
    parts = re.findall(r' id="([^"]+)"', page)
    assert len(set(parts)) == len(parts)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(parts)
    assert "stage-upload" in parts  # as tasks' links have it


def test_a_failed_run_names_the_task_whose_log_says_why(site: TestClient, water: Storage, airflow: FakeAirflow) -> None:
    airflow.runs["water", "again"] = KnownRun("again", RUN, "failed", "manual", STARTED_AT, ("analyse",))
    assert "failed: <b>analyse</b>, whose log says why" in text_of(site, "/water/runs/again")


def test_a_run_whose_folder_is_gone_says_so_and_what_to_do(
    site: TestClient, water: Storage, airflow: FakeAirflow
) -> None:
    airflow.runs["water", "pruned"] = KnownRun("pruned", "pruned", "success")
    page = text_of(site, "/water/runs/pruned")
    assert "none of its tasks has finished, or its folder was removed" in page
    assert "clear the tasks to make the run again" in page


def test_a_run_that_nobody_knows_is_not_found(site: TestClient, water: Storage) -> None:
    answer = site.get("/water/runs/never", headers=RESEARCHER)
    assert answer.status_code == 404
    assert "There is no such run" in answer.text


def test_artifacts_that_were_deleted_are_named_with_the_task_that_makes_them(site: TestClient, water: Storage) -> None:
    water.remove(f"runs/{RUN}/Outputs")
    water.remove(f"runs/{RUN}/Raw Data/water_activation.jsonl")
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "Outputs/messages.csv, Outputs/quality.csv, Raw Data/water_activation.jsonl</b> was made by this run" in page
    assert "clear fetch and process in Airflow to have it made again" in page
    answer = site.get(f"/water/runs/{SCHEDULED}/table/Outputs/messages.csv", headers=RESEARCHER)
    assert answer.status_code == 404
    assert "it was never made, or is gone" in answer.text
    assert "is no file" in site.get(f"/water/runs/{RUN}/trace?message=m1", headers=RESEARCHER).text or (
        "there is no such folder" in site.get(f"/water/runs/{RUN}/trace?message=m1", headers=RESEARCHER).text
    )


def published(storage: Storage, task: str, *paths: str) -> TaskManifest:
    """A task that has published files or folders."""
    artifacts = {storage.uri_of(f"runs/{RUN}/{path}"): "a1b2" for path in paths}
    return fetched(storage).model_copy(update={"task": task, "artifacts": artifacts, "outputs": {}})


def test_published_files_and_folders_that_are_gone_are_named_without_the_files_of_a_folder(
    site: TestClient, water: Storage
) -> None:
    record(
        water, RUN, published(water, "fetch-0", "Quarantine/water_activation.jsonl", "Raw Data/water_activation.jsonl")
    )
    outputs = processed(water).model_copy(update={"artifacts": {water.uri_of(f"runs/{RUN}/Outputs"): "c3d4"}})
    record(water, RUN, outputs)
    water.remove(f"runs/{RUN}/Outputs")
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "<b>Outputs, Quarantine/water_activation.jsonl</b> was made by this run, and is gone" in page


def test_a_single_drawing_that_was_deleted_is_named(site: TestClient, water: Storage) -> None:
    analysed = published(water, "analyse", "Automated Analysis")
    names = ("graphs/themes_s01e01.png", "graphs/themes_s01e01.svg", "index.html", "maps/regions/50%20.png")
    record(water, RUN, analysed.model_copy(update={"files": dict.fromkeys(analysed.artifacts, names)}))
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "<b>Automated Analysis/maps/regions/50%20.png</b> was made by this run, and is gone" in page
    assert "clear analyse in Airflow to have it made again" in page
    answer = site.get(f"/water/runs/{SCHEDULED}/files/Automated Analysis/maps/regions/50%2520.png", headers=RESEARCHER)
    assert answer.status_code == 404
    assert "it was never made, or is gone" in answer.text


def test_an_empty_folder_and_what_a_task_left_out_are_not_gone(site: TestClient, water: Storage) -> None:
    with water.publish_folder(f"runs/{RUN}/Coded Coda Files"):
        pass
    part = published(water, "coda_pull", "Coded Coda Files")
    nothing = {water.uri_of(f"runs/{RUN}/Quarantine/Coda/age.jsonl"): ""}
    record(water, RUN, part.model_copy(update={"artifacts": {**part.artifacts, **nothing}}))
    assert "is gone" not in text_of(site, f"/water/runs/{SCHEDULED}")


def test_the_analysis_that_was_made_and_is_gone_is_no_analysis_that_was_never_made(
    site: TestClient, water: Storage
) -> None:
    water.remove(f"runs/{RUN}/Automated Analysis")
    assert "This run has no analysis: <b>analyse</b> has not succeeded" in text_of(site, f"/water/runs/{SCHEDULED}")
    record(water, RUN, published(water, "analyse", "Automated Analysis"))
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "The page of the analysis is gone, though <b>analyse</b> has made it: clear <b>analyse</b>" in page
    assert "has not succeeded" not in page


@pytest.mark.parametrize("content", ["", "[]", '{"task": 1}', '{"version": 99, "tasks": []}'])
def test_a_manifest_that_cannot_be_read_is_said_and_the_files_are_listed(
    content: str, site: TestClient, water: Storage
) -> None:
    write_file(water, f"runs/{RUN}/logs/manifest/process.json", content)
    page = text_of(site, f"/water/runs/{SCHEDULED}")
    assert "cannot be read as a manifest" in page
    assert "messages.csv" in page


def test_a_project_whose_config_has_gone_keeps_its_pages(
    site: TestClient, water: Storage, airflow: FakeAirflow, place: str
) -> None:
    airflow.known["water"] = KnownProject("water", "water", has_config=False, places=(place,), is_scheduled=False)
    for path in ("/water", f"/water/runs/{RUN}"):
        page = text_of(site, path)
        assert "no longer has a config; what its runs made is still there" in page


def test_a_storage_that_cannot_be_used_is_said(site: TestClient, airflow: FakeAirflow) -> None:
    airflow.known["water"] = KnownProject("water", "Biyo", places=("ftp://nowhere/water",))
    answer = site.get(f"/water/runs/{RUN}", headers=RESEARCHER)
    assert answer.status_code == 503
    assert "there is no storage for &#34;ftp&#34; yet" in answer.text
    assert site.get("/", headers=RESEARCHER).status_code == 200
    page = text_of(site, "/water")
    assert '<b>ftp://nowhere/water</b> there is no storage for "ftp" yet' in html.unescape(page)
    assert "No task of any run has finished yet" not in page
    assert "Nothing to do." not in page


def test_a_cell_tells_how_it_came_to_be(site: TestClient, water: Storage) -> None:
    table = text_of(site, f"/water/runs/{RUN}/table/Outputs/messages.csv")
    assert f'<a href="/water/runs/{RUN}/trace?cell=messages.csv%3A1%3Awater_raw"' in table
    page = text_of(site, f"/water/runs/{RUN}/trace?cell=messages.csv:1:water_raw")
    assert f"water_raw: &#34;{TEXT} 1&#34; got its name in the pipeline" in page


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("cell=nonsense", "is not a cell; write the file, the row"),
        ("cell=messages.csv:9:water_raw", "has no row 9"),
        ("message=unknown", "Nothing of that is in this run"),
        ("participant=p1", "is no file"),
    ],
)
def test_what_cannot_be_traced_says_why(asked: str, told: str, site: TestClient, water: Storage) -> None:
    assert told in text_of(site, f"/water/runs/{RUN}/trace?{asked}")


def test_on_paper_a_row_of_many_columns_is_a_list_since_a_table_has_no_room(site: TestClient, water: Storage) -> None:
    names = [f"c{number}" for number in range(11)]
    with water.publish_folder(f"runs/{RUN}/Outputs") as folder:
        (folder / "wide.csv").write_text(f"{','.join(names)}\n{','.join('0' * 11)}\n")
        (folder / "narrow.csv").write_text(f"{','.join(names[:10])}\n{','.join('0' * 10)}\n")
    wide, narrow = (text_of(site, f"/water/runs/{RUN}/table/Outputs/{name}.csv") for name in ("wide", "narrow"))
    assert re.findall(r'<td data-title="([^"]+)">', wide) == names
    assert '<table class="rows wide">' in wide
    assert '<table class="rows">' in narrow
    printed = site.get("/static/style.css").text.partition("@media print")[2]
    assert ".rows.wide td::before { content: attr(data-title)" in printed


def test_words_of_people_are_shown_as_they_are_and_never_run(site: TestClient, water: Storage) -> None:
    with water.publish_folder(f"runs/{RUN}/Outputs") as folder:
        (folder / "messages.csv").write_text('uid,water_raw\np1,"<script>alert(1)</script>"\n')
    page = text_of(site, f"/water/runs/{RUN}/table/Outputs/messages.csv")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_the_project_page_lists_the_runs_the_newest_first(site: TestClient, water: Storage) -> None:
    key = "2026-11-21T210000Z"
    later = processed(water, key, message_count=131, minutes=24 * 60)
    note_run(water, key, record(water, key, later))
    page = text_of(site, "/water")
    assert page.index(f'/water/runs/{key}">') < page.index(f'/water/runs/{RUN}">')
    assert "Messages of the last 2 runs: from 118 to 131." in page
    assert later.started_at == STARTED_AT + timedelta(days=1)
