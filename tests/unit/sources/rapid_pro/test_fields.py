import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from pipeline_lib.processing.raw_data import read_activations
from pipeline_lib.sources.rapid_pro.deidentify import records_of
from pipeline_lib.sources.rapid_pro.fields import Correction, Marked, corrected_line, raw_data_line
from pipeline_lib.sources.rapid_pro.records import Record, Result, decode_records, encode_records
from pipeline_lib.trace.explain import explain
from pipeline_lib.trace.reader import latest_items, read_objects, verify

GOLDEN = Path(os.environ.get("GOLDEN_ROOT", Path(__file__).parents[5] / "shared" / "golden"))
RUN, CONTACT = "0199c5c0-0000-7000-8000-000000000001", "d33e9ad5-0000-4000-8000-00000000000b"


def result(**changes: Any) -> Result:
    fields = {
        "key": "rqa_demo_s01e01",
        "name": "Rqa_Demo_S01E01",
        "category": "Water",
        "value": "biyo",
        "text": "biyo la'aan",
        "text_source": "input",
        "time": "2025-05-01T09:01:10.000001+00:00",
    }
    return Result(**(fields | changes))


def record(**changes: Any) -> Record:
    fields: dict[str, Any] = {
        "run": RUN,
        "id": 981234,
        "contact": CONTACT,
        "participant": "avf-phone-uuid-1",
        "urn_type": "tel",
        "operator": "25261",
        "created_on": "2025-05-01T09:00:01+00:00",
        "modified_on": "2025-05-01T09:01:10.100000+00:00",
        "exited_on": "2025-05-01T09:01:10.090000+00:00",
        "exit_type": "completed",
        "values": [result()],
    }
    return Record(**(fields | changes))


def fields_of(of: Record, *, tells_operator: bool = True, tests: frozenset[str] = frozenset()) -> dict[str, Any]:
    line = raw_data_line(of, "demo", tells_operator=tells_operator, marked=Marked(tests))
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    fields: dict[str, Any] = json.loads(line)
    return fields


def test_a_run_has_the_fields_that_the_predecessors_fetch_had_written_and_where_its_text_is_from() -> None:
    assert fields_of(record()) == {
        "avf_phone_id": "avf-phone-uuid-1",
        "urn_type": "tel",
        "operator_raw": "25261",
        "run_id - demo": 981234,
        "run_created_on - demo": "2025-05-01T09:00:01+00:00",
        "run_modified_on - demo": "2025-05-01T09:01:10.100000+00:00",
        "run_exited_on - demo": "2025-05-01T09:01:10.090000+00:00",
        "run_exit_type - demo": "completed",
        "Rqa_Demo_S01E01 (Category) - demo": "Water",
        "Rqa_Demo_S01E01 (Value) - demo": "biyo",
        "Rqa_Demo_S01E01 (Text) - demo": "biyo la'aan",
        "Rqa_Demo_S01E01 (Text Source) - demo": "input",
        "Rqa_Demo_S01E01 (Name) - demo": "Rqa_Demo_S01E01",
        "Rqa_Demo_S01E01 (Time) - demo": "2025-05-01T09:01:10.000001+00:00",
        "Rqa_Demo_S01E01 (Run ID) - demo": 981234,
    }


def test_a_run_that_nobody_answered_has_no_field_of_a_question() -> None:
    assert fields_of(record(values=[], exited_on=None, exit_type=None)) == {
        "avf_phone_id": "avf-phone-uuid-1",
        "urn_type": "tel",
        "operator_raw": "25261",
        "run_id - demo": 981234,
        "run_created_on - demo": "2025-05-01T09:00:01+00:00",
        "run_modified_on - demo": "2025-05-01T09:01:10.100000+00:00",
        "run_exited_on - demo": None,
        "run_exit_type - demo": None,
    }


def test_only_activations_tell_the_operator() -> None:
    assert fields_of(record()).keys() - fields_of(record(), tells_operator=False).keys() == {"operator_raw"}


def test_the_runs_of_test_contacts_are_marked() -> None:
    assert fields_of(record(), tests=frozenset({CONTACT}))["test_run"] is True
    assert "test_run" not in fields_of(record(), tests=frozenset({RUN}))


def test_a_run_without_a_number_is_known_by_its_uuid() -> None:
    fields = fields_of(record(id=None))
    assert (fields["run_id - demo"], fields["Rqa_Demo_S01E01 (Run ID) - demo"]) == (RUN, RUN)


def test_questions_stay_apart_and_texts_as_they_are() -> None:
    text = 'line\none, "two" \\ 🎉\u2028'
    fields = fields_of(record(values=[result(text=text), result(key="age_1st", text=None, value=None)]))
    assert fields["Rqa_Demo_S01E01 (Text) - demo"] == text
    assert fields["Age_1St (Text) - demo"] is None
    assert len(fields) == 8 + 2 * 7


TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.slow
@given(text=TEXTS, value=TEXTS, category=TEXTS, name=TEXTS)
def test_any_text_comes_through_as_it_is(
    text: str | None, value: str | None, category: str | None, name: str | None
) -> None:
    fields = fields_of(record(values=[result(text=text, value=value, category=category, name=name)]))
    shown = [fields[f"Rqa_Demo_S01E01 ({part}) - demo"] for part in ("Text", "Value", "Category", "Name")]
    assert shown == [text, value, category, name]


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    """A file with one run, of whose two answers an archive has corrected one."""
    live = record(
        values=[result(text="biyo", text_source="value"), result(key="age", text="I am 20", text_source="message")]
    )
    whole = [result(text="biyo la'aan", text_source="archive")]
    correction = Correction(whole, "2025-05-01 (daily)", "2025-05-01T09:01:10.100000+00:00")
    path = tmp_path / "demo.jsonl"
    path.write_bytes(corrected_line(live, correction, "demo", tells_operator=True, marked=Marked()))
    return path


def test_a_corrected_run_is_its_live_fields_and_then_the_corrected_ones(corrected: Path) -> None:
    assert verify(corrected) == 1
    ((newest, oldest),) = read_objects(corrected)
    assert newest["Data"] == {
        "Rqa_Demo_S01E01 (Text) - demo": "biyo la'aan",
        "Rqa_Demo_S01E01 (Text Source) - demo": "archive",
    }
    assert newest["Metadata"] == {
        "Source": "archive 2025-05-01 (daily)",
        "Timestamp": "2025-05-01T09:01:10.100000+00:00",
        "User": "RapidPro",
    }
    assert oldest["Data"] == fields_of(
        record(
            values=[result(text="biyo", text_source="value"), result(key="age", text="I am 20", text_source="message")]
        )
    )
    assert oldest["Metadata"] == {
        "Source": "fetch",
        "Timestamp": "2025-05-01T09:01:10.100000+00:00",
        "User": "RapidPro",
    }


def test_processing_reads_the_corrected_text(corrected: Path) -> None:
    keys = {"Rqa_Demo_S01E01 (Text) - demo", "Age (Text) - demo", "operator_raw"}
    frame = read_activations(corrected, keys, "avf_phone_id", None).frame
    assert frame.to_dicts() == [
        {
            "participant": "avf-phone-uuid-1",
            "Rqa_Demo_S01E01 (Text) - demo": "biyo la'aan",
            "Age (Text) - demo": "I am 20",
            "operator_raw": "25261",
        }
    ]


def test_a_correction_is_explained_in_words(corrected: Path) -> None:
    (updates,) = read_objects(corrected)
    text = "Rqa_Demo_S01E01 (Text) - demo"
    assert "\n".join(explain(updates, [text], {})) == (
        "RapidPro, 2025-05-01T09:01:10.100000+00:00:\n"
        f'  {text}: "biyo" came from the source (fetch)\n'
        f"  {text}: \"biyo la'aan\" was corrected from the server's archive (archive 2025-05-01 (daily))"
    )


def test_a_correction_shows_no_text_in_its_repr() -> None:
    correction = Correction([result()], "2025-05-01 (daily)", "2025-05-01T09:01:10+00:00")
    assert "biyo" not in repr(correction) + pretty_repr(correction)


def golden_files(name: str) -> Iterator[Path]:
    yield from GOLDEN.glob(f"ssf-elections/*/input/Raw Data/{name}.jsonl")


@pytest.mark.slow
@pytest.mark.golden
@pytest.mark.parametrize(
    ("names", "tells_operator", "run_count"),
    [("ssf_elections_s01e0*_activation", True, 1836), ("*_demog", False, 990)],
)
def test_runs_get_the_fields_that_the_predecessors_fetch_had_written(
    names: str, tells_operator: bool, run_count: int
) -> None:
    if not GOLDEN.is_dir():
        pytest.skip(f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
    checked_count = 0
    for path in golden_files(names):
        for written in (latest_items(updates) for updates in read_objects(path)):
            written.pop("operator_coded", None)
            assert fetched(written, path.stem, tells_operator=tells_operator) == written
            checked_count += 1
    assert checked_count == run_count


def fetched(written: dict[str, Any], flow: str, *, tells_operator: bool) -> dict[str, Any]:
    """What we make of the run that the predecessor made `written` of."""
    participant = written["avf_phone_id"]
    digits = "3527065" if written["urn_type"] == "telegram" else f"{written.get('operator_raw', '25261')}0000001"
    (found,) = records_of(
        [server_run(written, flow, f"{written['urn_type']}:{digits}")],
        lambda asked: dict.fromkeys(asked, participant),
        (),
    ).records
    (stored,) = decode_records(encode_records([found]))
    tests = frozenset({CONTACT}) if written.get("test_run") else frozenset[str]()
    fields = json.loads(raw_data_line(stored, flow, tells_operator=tells_operator, marked=Marked(tests)))
    sources = [fields.pop(field) for field in list(fields) if "(Text Source)" in field]
    assert set(sources) <= {"input"}
    return fields


def server_run(written: dict[str, Any], flow: str, urn: str) -> dict[str, Any]:
    """A run as an older server lists it."""
    part: Callable[[str, str], Any] = lambda question, name: written[f"{question} ({name}) - {flow}"]  # noqa: E731
    questions = [key.partition(" (Time)")[0] for key in written if f"(Time) - {flow}" in key]
    return {
        "uuid": str(UUID(int=written[f"run_id - {flow}"])),
        "id": written[f"run_id - {flow}"],
        "contact": {"uuid": CONTACT, "urn": urn},
        "values": {
            question.lower(): {
                "name": part(question, "Name"),
                "value": part(question, "Value"),
                "category": part(question, "Category"),
                "input": part(question, "Text"),
                "time": part(question, "Time").replace("+00:00", "Z"),
            }
            for question in questions
        },
        **{key: written[f"run_{key} - {flow}"] for key in ("created_on", "modified_on", "exited_on", "exit_type")},
    }
