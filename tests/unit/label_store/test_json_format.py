import enum
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.label_store.json_format import dumps, with_appended

MESSAGES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


def reference(value: Any) -> str:
    return json.dumps(value, sort_keys=True, indent=2, separators=(", ", ": "))


@pytest.mark.slow
@given(MESSAGES)
def test_the_text_is_what_pythons_json_writes_with_the_predecessors_arguments(value: Any) -> None:
    assert dumps(value) == reference(value)


def test_a_file_has_a_space_after_each_lines_comma_and_no_line_break_at_its_end() -> None:
    assert dumps([{"b": "é\x7f😀", "a": [{}, []]}, {"c": {"d": 1.0, "e": None}}]) == (
        "[\n"
        "  {\n"
        '    "a": [\n'
        "      {}, \n"
        "      []\n"
        "    ], \n"
        '    "b": "\\u00e9\\u007f\\ud83d\\ude00"\n'
        "  }, \n"
        "  {\n"
        '    "c": {\n'
        '      "d": 1.0, \n'
        '      "e": null\n'
        "    }\n"
        "  }\n"
        "]"
    )


def test_subclasses_are_written_as_what_they_are() -> None:
    class Name(enum.StrEnum):
        EXTERNAL = "External"

    class Number(enum.IntEnum):
        THREE = 3

    assert dumps({"type": Name.EXTERNAL, "number": Number.THREE}) == ('{\n  "number": 3, \n  "type": "External"\n}')


@pytest.mark.parametrize("value", [{"a": {1, 2}}, [b"bytes"], {1: "a"}, object()])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)


FLAT = st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.integers())), max_size=3)


@pytest.mark.slow
@given(FLAT, FLAT)
def test_to_append_is_to_write_both(some: list[Any], more: list[Any]) -> None:
    assert with_appended(dumps(some).encode(), more).decode() == dumps([*some, *more])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'\xef\xbb\xbf [{"T":"\xc3\xa9]"}]\r\n', b'\xef\xbb\xbf [{"T":"\xc3\xa9]"}, \n  {\n    "b": 1\n  }\n]\r\n'),
        (b'[\r\n\t{ "T": 1e1 }\r\n]', b'[\r\n\t{ "T": 1e1 }, \n  {\n    "b": 1\n  }\n]'),
        (b"[ ]\n", b'[\n  {\n    "b": 1\n  }\n]\n'),
    ],
)
def test_what_others_wrote_keeps_its_bytes(content: bytes, expected: bytes) -> None:
    assert with_appended(content, [{"b": 1}]) == expected
    assert with_appended(content, []) == content


GOLDEN = Path(os.environ.get("GOLDEN_ROOT", Path(__file__).parents[4] / "shared" / "golden"))


@pytest.mark.slow
@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}: set GOLDEN_ROOT")
def test_golden_coda_files_are_written_byte_for_byte() -> None:
    paths = sorted(GOLDEN.glob("*/*/expected/Coda Files/*.json"))
    contents = [path.read_text("ascii") for path in paths]
    different = [path for path, content in zip(paths, contents, strict=True) if dumps(json.loads(content)) != content]
    assert len(paths) > 0
    assert different == []


def test_writing_takes_less_time_than_pythons_json() -> None:
    label = {"SchemeID": "s", "CodeID": "c", "Checked": False, "Origin": {"OriginID": "o", "Name": "n"}}
    messages: Any = [{"MessageID": "0" * 64, "Text": "biyo", "Labels": [label], "SequenceNumber": 1}] * 5000

    def seconds(write: Any) -> float:
        started_at = time.process_time()
        write(messages)
        return time.process_time() - started_at

    # Half, when measured at leisure; a busy machine shows it now and then, and what is no quicker never.
    assert any(seconds(dumps) < 0.75 * seconds(reference) for _ in range(100))
