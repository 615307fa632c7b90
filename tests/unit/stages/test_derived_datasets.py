"""A run with datasets that nobody is asked about."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located
from pipeline_lib.trace.reader import latest_items

pytestmark = pytest.mark.slow


@pytest.fixture
def with_derived(demo: Path) -> None:
    """The demo, which tells the operator of each person and by which source they wrote."""
    config = json.loads(demo.read_text(encoding="utf-8"))
    for source in config["RawDataSources"]:
        source["SourceName"] = source["SourceType"]
    scheme = json.loads((demo.parent / "code_schemes" / "operator.json").read_text(encoding="utf-8"))
    kept = [code for code in scheme["Codes"] if code["CodeType"] == "Control"]
    names = [*sorted({source["SourceName"] for source in config["RawDataSources"]}), "several"]
    codes = [
        {"CodeID": f"code-{n}", "CodeType": "Normal", "StringValue": name, "NumericValue": n, "MatchValues": [name]}
        for n, name in enumerate(names, start=1)
    ]
    sources = scheme | {"SchemeID": "Scheme-source", "Name": "source", "Codes": [*codes, *kept]}
    (demo.parent / "code_schemes" / "source.json").write_text(json.dumps(sources), encoding="utf-8")
    config["CodingPlans"]["Demographics"] += [
        {"RawField": f"{kind}_raw", "Codings": [{"CodeScheme": kind, "AnalysisFileKey": kind}]}
        for kind in ("operator", "source")
    ]
    demo.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.usefixtures("with_derived", "no_drawings")
def test_it_has_their_columns_and_breakdowns_and_nothing_of_them_in_coda(run_of: Callable[..., Run]) -> None:
    run = run_of()
    outputs = run_to_outputs(run)
    storage, folder = located(outputs)
    rows = list(csv.DictReader(storage.read(f"{folder}/individuals.csv").decode().splitlines()))
    coded = {row["operator_raw"]: row["operator"] for row in rows}
    # The demo's scheme has no code for Kenyan numbers.
    known = {"25261": "hormud", "25263": "telesom", "25290": "golis", "25471": "NC", "": "NA"}
    assert {digits: coded[digits] for digits in known} == known
    for row in rows:
        assert row["source"] == ("several" if ";" in row["source_raw"] else row["source_raw"])
    messages = list(csv.DictReader(storage.read(f"{folder}/messages.csv").decode().splitlines()))
    by_person = {row["uid"]: set[str]() for row in rows}
    for message in messages:
        # A message that moved from a survey came by none.
        assert message["source"] == (message["source_raw"] or "NA")
        by_person[message["uid"]] |= {message["source_raw"]} - {""}
    assert max(map(len, by_person.values())) > 1
    assert by_person == {row["uid"]: {*row["source_raw"].split(";")} - {""} for row in rows}
    traced = [storage.read(f"{folder}/{name}_traced_data.jsonl").splitlines() for name in ("messages", "individuals")]
    for lines, shown in zip(traced, (messages, rows), strict=True):
        latest = [latest_items(json.loads(line)) for line in lines]
        assert [each.get("source_raw") or "" for each in latest] == [row["source_raw"] for row in shown]
    assert not [name for name in storage.names(f"{folder}/Coda Files") if "operator" in name or "source" in name]
    coda_push(run, outputs)
    assert not {"operator", "source"} & run.project.plans.in_label_store.keys()
    tables, place = located(analyse(run, outputs))
    shares = csv.DictReader(tables.read(f"{place}/demographic_distributions.csv").decode().splitlines())
    counted, dataset = {}, ""
    for row in shares:
        dataset = row["Dataset"] or dataset
        if dataset == "operator" and not row["Dataset"]:
            counted[row["Theme"]] = int(row["Total Participants"])
    asked = ("gender", "age_category", "district", "region", "recently_displaced")
    answered = [row for row in rows if any(row[key] not in {"NA", "NS"} for key in asked)]
    assert len(answered) < len(rows)
    assert {code: count for code, count in counted.items() if count} == Counter(row["operator"] for row in answered)
