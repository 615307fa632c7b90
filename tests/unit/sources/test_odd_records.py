"""What must hold for any odd records among good ones, in every kind of source and in processing."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline_lib.config.facebook_export import CommentColumns
from pipeline_lib.config.sources import DATE_FORMATS, GCloudBucketSource
from pipeline_lib.errors import DataError
from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.processing.raw_data import read_activations
from pipeline_lib.processing.raw_lines import Checks
from pipeline_lib.sources.base import Converted, Converter, SourceFile
from pipeline_lib.sources.facebook.export_rows import ExportConverter
from pipeline_lib.sources.facebook.listing import read_page as read_comments
from pipeline_lib.sources.facebook.records import Audience, comments_of, encode_comments
from pipeline_lib.sources.files.fetch import fetch_source
from pipeline_lib.sources.files.gcloud_bucket import BucketFileConverter
from pipeline_lib.sources.files.kept_fields import FieldKind
from pipeline_lib.sources.files.recovery_csv import RecoveryCSVConverter
from pipeline_lib.sources.rapid_pro.deidentify import Deidentified, Person, Persons, archived_records, records_of
from pipeline_lib.sources.rapid_pro.listing import read_page as read_runs
from pipeline_lib.sources.rapid_pro.records import encode_records
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at

ODD = "00000000-0000-4000-8000-00000000dddd"
"""Stands in the uuid of whoever an odd record is from, where it is from anybody."""

Made = tuple[list[bytes], Counter[str]]
"""The records that a source gives, and how many are set aside, by reason."""


class Kind(NamedTuple):
    """One kind of source: how it writes records, and what it makes of them."""

    good: Callable[[int], bytes]
    odd: Sequence[tuple[bytes, str | None]]
    """Odd records, each with the reason why it is set aside; None: it is read all the same."""
    read: Callable[[Sequence[bytes]], Made]


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def participants(addresses: Collection[str]) -> dict[str, str]:
    return {address: f"avf-phone-uuid of {address}" for address in addresses}


def converted(converter: Converter, before: bytes, records: Sequence[bytes]) -> Made:
    made: Converted = converter.convert(before + b"\n".join([*records, b""]), SourceFile("a", "a", is_survey=False))
    assert made.record_count == made.content.count(b"\n")
    return made.content.splitlines(), Counter(bad.reason for bad in made.quarantined)


def line(number: int) -> bytes:
    fields = {"avf_phone_id": f"avf-phone-uuid-{uuid_of(number)}", "text": f"text {number}"}
    return json.dumps(fields).encode()


ODD_LINE = {"avf_phone_id": f"avf-phone-uuid-{ODD}"}
NO_OBJECT = "is neither an object nor a traced object's list of updates"
ODD_LINES: list[tuple[bytes, str | None]] = [
    (b'{"avf_phone_id": "half a li', "is not complete JSON"),
    (b"\xff\xfe", "is not complete JSON"),
    (b"[]", NO_OBJECT),
    (b"null", NO_OBJECT),
    (b'[{"Data": 1}]', NO_OBJECT),
    (b"[" * 5000, "is nested too deeply"),
    (b'{"a": 1, "a": 2}', "has a key twice in one object"),
    (json.dumps(ODD_LINE | {"text": ["haa"]}).encode(), '"text" is a list or an object in the place of a text'),
    (b'{"avf_phone_id": null, "text": "haa"}', 'has no "avf_phone_id"'),
    (json.dumps(ODD_LINE | {"text": "biyo \ud83d", "\ud83d": "\ude00", "x" * 300: ""}).encode(), None),
    (json.dumps(ODD_LINE | {"text": float("nan"), "other": [1, {"a": float("inf")}]}).encode(), None),
    (json.dumps(ODD_LINE | {"text": "x" * 100_000}).encode(), None),
    (json.dumps([{"Data": ODD_LINE, "NestedTracedData": {"n": {"text": ""}}}]).encode(), None),
]
BUCKET = BucketFileConverter({"text": FieldKind.TEXT, "other": FieldKind.OTHER})


def read_raw_data(lines: Sequence[bytes]) -> Made:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(b"\n".join([*lines, b""]))
        checks = Checks(participants=True, scalars=frozenset({"text"}), share_limit=1.0)
        made = read_activations(path, {"text", "other"}, "avf_phone_id", None, checks)
    rows = made.frame.select("participant", "text").rows() if made.frame.width > 1 else []
    return [repr(row).encode() for row in rows], Counter(each.reason for each in made.set_aside)


NOT_READ = {
    NO_OBJECT: "is neither a traced object nor a JSON object",
    "is not complete JSON": "is no complete JSON",
    "is nested too deeply": "is neither a traced object nor a JSON object",
}


def of_processing(given: bytes, reason: str | None) -> tuple[bytes, str | None]:
    """What processing says of an odd line; an empty history and an object of nothing are from nobody."""
    if given in {b"[]", b'{"a": 1, "a": 2}'}:
        return given, 'has no "avf_phone_id"'
    return given, NOT_READ.get(reason or "", reason)


def row(number: int) -> bytes:
    return f"avf-phone-uuid-{uuid_of(number)},text {number},22/09/2021 09:42".encode()


ODD_ROWS: list[tuple[bytes, str | None]] = [
    (b"+252612345678,secret,22/09/2021 09:42", 'Sender does not begin with "avf-phone-uuid-"'),
    (b"avf-phone-uuid-,secret,22/09/2021 09:42", 'Sender has no uuid behind "avf-phone-uuid-"'),
    (f"avf-phone-uuid-{ODD},haa,".encode(), "ReceivedOn is empty"),
    (f"avf-phone-uuid-{ODD},haa,NaN".encode(), "ReceivedOn is in none of the DateFormats"),
    (b"only one", "has fewer columns than the first line"),
    (f"avf-phone-uuid-{ODD},biyo \ud83d,22/09/2021 09:42".encode("utf-8", "surrogatepass"), None),
    (f'avf-phone-uuid-{ODD},"",22/09/2021 09:42'.encode(), None),
    (f"avf-phone-uuid-{ODD},{'x' * 200_000},22/09/2021 09:42".encode(), None),
]


RECOVERY = RecoveryCSVConverter(DATE_FORMATS, "UTC", "avf-phone-uuid-")


def comment_row(number: int) -> bytes:
    return f"99_{number},22/09/2021 09:42,text {number},7{number:015}".encode()


ODD_COMMENT_ROWS: list[tuple[bytes, str | None]] = [
    (b"secret,22/09/2021 09:42,text,7999", '"ID" is no comment\'s id'),
    (b"99_1,22/09/2021 09:42,text,+252612345678", '"Author" is no id of an account'),
    (b"99_1,never,text,7999", '"Date" is in none of the DateFormats, and has no offset'),
    (b"99_1,22/09/2021 09:42,,7999", '"Text" is empty, as of a sticker or a picture alone'),
    ("99_1,22/09/2021 09:42,biyo \ud83d,7dddd".encode("utf-8", "surrogatepass"), '"Author" is no id of an account'),
    ("99_1,22/09/2021 09:42,biyo \ud83d dddd,7999".encode("utf-8", "surrogatepass"), None),
]
EXPORT = ExportConverter(
    columns=CommentColumns.model_validate({"CommentID": "ID", "Time": "Date", "Text": "Text", "AuthorID": "Author"}),
    date_formats=DATE_FORMATS,
    timezone="Africa/Mogadishu",
    page_id="371",
    participants=participants,
    post="371_99",
)


def run(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "uuid": uuid_of(number),
        "id": number,
        "flow": {"uuid": uuid_of(0)},
        "contact": {"uuid": uuid_of(number), "name": "Amina", "urn": f"tel:+2526100{number:05}"},
        "values": {"q": result()},
        "created_on": "2025-05-01T09:00:01.000000Z",
        "modified_on": "2025-05-01T09:01:10.100000Z",
        "exited_on": None,
        "exit_type": None,
    } | changes


def result(**changes: Any) -> dict[str, Any]:
    time = "2025-05-01T09:01:10.1Z"
    return {"name": "Q", "value": "haa", "category": "Other", "time": time, "input": "haa"} | changes


ODD_RUNS: list[tuple[dict[str, Any], str | None]] = [
    (run(1, uuid="dddd"), "run has no uuid"),
    (run(1, contact=["dddd"]), "run has no contact"),
    (run(1, values={"q": ["dddd"]}), "a result is no object with a key"),
    (run(1, values={"q": result(value={"text": "dddd"})}), "a text is neither text nor a number"),
    (run(1, values={"q": result(time=float("nan"))}), "a result has no time that can be read"),
    (run(1, values={"q": result(input="biyo \ud83d dddd"), "\ud83d": result()}), None),
    (run(1, values={"q": result(value=float("nan"), input="dddd")}), None),
    (run(1, values={"q": result(value="", input="dddd"), "n" * 300: result()}), None),
    (run(1, exit_type="dddd", extra=[[], {}]), None),
]


def dumped(odd: Sequence[tuple[Any, str | None]]) -> list[tuple[bytes, str | None]]:
    return [(json.dumps(each).encode(), reason) for each, reason in odd]


def deidentified(found: Deidentified) -> Made:
    return encode_records(found.records).splitlines(), Counter(each.reason for each in found.quarantined)


def read_live(runs: Sequence[bytes]) -> Made:
    answer = read_runs(b'{"next": null, "results": [%s]}' % b",".join(runs))
    return deidentified(records_of(answer.page.results, participants, ()))


def read_archive(runs: Sequence[bytes]) -> Made:
    everybody = {uuid_of(number): Person(f"avf-phone-uuid-{uuid_of(number)}", "tel", "25261") for number in range(100)}
    return deidentified(archived_records(map(parse_leniently, runs), Persons(everybody, {}), ()))


def comment(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"99_{number}",
        "created_time": "2025-09-06T13:11:12+0300",
        "message": f"text {number}",
        "from": {"id": f"7{number:015}"},
    } | changes


ODD_COMMENTS: list[tuple[dict[str, Any], str | None]] = [
    (comment(1, message=["dddd"]), "message is no text"),
    (comment(1, message=float("nan")), "message is no text"),
    (comment(1, created_time=[]), "comment has no time that can be read"),
    (comment(1, **{"from": {"id": "\ud83d"}}), "author's id is no number"),
    (comment(1, message="biyo \ud83d dddd", extra={"\ude00": float("inf")}), None),
    (comment(1, message="dddd" * 50_000), None),
]


def read_page(comments: Sequence[bytes]) -> Made:
    answer = read_comments(b'{"data": [%s]}' % b",".join(comments))
    found = comments_of(answer.items, participants, Audience("371", are_known=True), {})
    return encode_comments(found.comments).splitlines(), Counter(each.reason for each in found.quarantined)


KINDS = {
    "bucket": Kind(line, ODD_LINES, partial(converted, BUCKET, b"")),
    "raw data": Kind(line, [of_processing(*odd) for odd in ODD_LINES], read_raw_data),
    "recovery csv": Kind(
        row,
        ODD_ROWS,
        partial(converted, RECOVERY, b"Sender,Message,ReceivedOn\n"),
    ),
    "export": Kind(comment_row, ODD_COMMENT_ROWS, partial(converted, EXPORT, b"ID,Date,Text,Author\n")),
    "live runs": Kind(lambda number: json.dumps(run(number)).encode(), dumped(ODD_RUNS), read_live),
    "archived runs": Kind(lambda number: json.dumps(run(number)).encode(), dumped(ODD_RUNS), read_archive),
    "comments": Kind(lambda number: json.dumps(comment(number)).encode(), dumped(ODD_COMMENTS), read_page),
}

choices = st.lists(st.none() | st.integers(0, 100), max_size=12)
"""Records in order: None for a good one, else which odd one."""


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)  # a kind's own representation is so long that a failure would not show it
@given(choices)
@example([*range(13), None, *range(13), None])
@settings(max_examples=40, deadline=None)
def test_good_records_among_odd_ones_come_out_as_if_alone_and_the_odd_ones_are_counted_by_reason(
    name: str, chosen: list[int | None]
) -> None:
    kind = KINDS[name]
    odd = [kind.odd[number % len(kind.odd)] for number in chosen if number is not None]
    good_count = len(chosen) - len(odd)
    goods, odds = iter([kind.good(number) for number in range(10, 10 + good_count)]), iter(odd)
    mixed = [next(goods) if number is None else next(odds)[0] for number in chosen]
    assume((name, mixed) != ("bucket", [b"[]"]))  # which is a file of the older layout with nobody in it
    alone, _ = kind.read([kind.good(number) for number in range(10, 10 + good_count)])
    records, reasons = kind.read(mixed)
    assert [record for record in records if b"dddd" not in record] == alone
    assert reasons == Counter(reason for _, reason in odd if reason is not None)
    assert len(records) + reasons.total() == len(chosen)
    assert not any("secret" in reason or "dddd" in reason for reason in reasons)


@given(st.integers(0, 12), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_below_the_share_a_fetch_succeeds_and_above_it_the_advice_says_how_many_may_be_set_aside(
    odd_count: int, good_count: int
) -> None:
    lines = [b'{"half a li', b"[]", b"1"] * 4
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.jsonl").write_bytes(
            b"".join(each + b"\n" for each in [*lines[:odd_count], *map(line, range(good_count))])
        )
        storage = storage_at((Path(folder) / "data").as_uri())
        source = GCloudBucketSource.model_validate({"SourceType": "GCloudBucket", "ActivationFlowURLs": ["a.jsonl"]})
        fetch = partial(
            fetch_source,
            source,
            storage=storage,
            config_folder=Path(folder),
            targets=run_targets(storage, "run"),
            quarantine_share_limit=0.25,
        )
        if odd_count > 0.25 * (odd_count + good_count):
            with pytest.raises(DataError) as raised:
                fetch()
            wrong = f"a.jsonl: {odd_count} of its {odd_count + good_count} records cannot be used"
            right = "correct them; at most 25.0% may be set aside (QuarantineShareLimit)"
            assert f"{wrong}; {right}" in str(raised.value)
        else:
            (file,) = fetch().files
            assert (file.record_count, sum(file.quarantined_counts.values())) == (good_count, odd_count)
