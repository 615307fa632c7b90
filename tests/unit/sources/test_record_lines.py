"""Of runs and comments: tests/unit/sources/rapid_pro/test_records.py and facebook/test_records.py."""

import traceback
from collections.abc import Callable

import msgspec
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.record_lines import RecordLines


class Shout(msgspec.Struct):
    text: str


SHOUTS = RecordLines(Shout, "a shout")


def test_records_come_back_from_their_lines_in_their_order() -> None:
    lines = SHOUTS.encode([Shout("biyo"), Shout("caano")])
    assert lines == b'{"text":"biyo"}\n{"text":"caano"}\n'
    assert SHOUTS.decode(lines) == [Shout("biyo"), Shout("caano")]
    assert SHOUTS.decode_one(lines.splitlines()[1]) == Shout("caano")


@pytest.mark.parametrize("read", [SHOUTS.decode, SHOUTS.decode_one])
@pytest.mark.parametrize("line", [b"{", b'{"text": 1}', b'["secret"]', b'{"text": "secret'])
def test_a_line_that_is_none_is_refused_without_what_it_says(read: Callable[[bytes], object], line: bytes) -> None:
    with pytest.raises(DataError) as raised:
        read(line)
    assert str(raised.value) == "raw store: a line is not a record of a shout; restore the segment from a backup"
    assert "secret" not in "".join(traceback.format_exception(raised.value))
