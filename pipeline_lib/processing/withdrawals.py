"""What a run has to know about who withdrew, in addition to its raw data and the labels of its time.

    withdrawals.jsonl, beside the Coda files:
    {"dataset": "e01.json", "message": "<its id>"}          has a label STOP that the Coda file lacks
    {"dataset": "e01.json", "reviewed": "<its id>"}         a coder has answered a stop word since
    {"dataset": "e01.json", "moved": "<its id>", "code": "<code>"}      a coder has said that it belongs elsewhere

A run of a past day must not know what coders said later, with this one exception: it leaves out people who have
withdrawn since. The file does not list people whom runs found withdrawn: the project's state keeps them, and otherwise
each run would change what it has pulled.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import is_there, read_data

FILE_NAME = "withdrawals.jsonl"

MessageMoves = Mapping[str, Collection[tuple[str, str]]]
"""Ids of messages, and the code of the wrong-scheme scheme that each was given, by their dataset's CodaFilename."""

MessageIds = Mapping[str, Collection[str]]
"""Ids of messages, by their dataset's CodaFilename."""


@dataclass(frozen=True, kw_only=True)
class Withdrawals:
    """Who withdrew, and what says so."""

    participants: Collection[str] = ()
    """Participant uuids."""
    messages: MessageIds = field(default_factory=dict)
    """Those that have a label STOP."""
    reviewed: MessageIds = field(default_factory=dict)
    """Stop words that a coder has answered."""
    moves: MessageMoves = field(default_factory=dict)
    """Those that a coder has sent to another dataset, where they may have been labelled STOP."""

    def and_of(self, participants: Collection[str]) -> "Withdrawals":
        """The same, with these participants added."""
        return replace(self, participants={*self.participants, *participants})


class _Line(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    dataset: str
    message: str | None = None
    reviewed: str | None = None
    moved: str | None = None
    code: str | None = None


def write_withdrawals(folder: Path, withdrawals: Withdrawals) -> None:
    """Writes the file into a folder of Coda files; where there is nothing to know, there is no file."""
    lines = list(_lines(withdrawals))
    path = folder / FILE_NAME
    if lines:
        path.write_bytes(msgspec.json.Encoder().encode_lines(lines))
    else:
        path.unlink(missing_ok=True)


def read_withdrawals(folder: Path) -> Withdrawals:
    """What the file in a folder of Coda files says; nothing where there is none.

    Raises:
        DataError: It cannot be read.
    """
    path = folder / FILE_NAME
    try:
        lines = msgspec.json.Decoder(_Line).decode_lines(read_data(path)) if is_there(path) else []
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DataError(Problem(str(path), "cannot be read", "pull the labels again")) from None
    messages: defaultdict[str, set[str]] = defaultdict(set)
    reviewed: defaultdict[str, set[str]] = defaultdict(set)
    moves: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in lines:
        if line.message is not None:
            messages[line.dataset].add(line.message)
        if line.reviewed is not None:
            reviewed[line.dataset].add(line.reviewed)
        if line.moved is not None and line.code is not None:
            moves[line.dataset].add((line.moved, line.code))
    return Withdrawals(messages=messages, reviewed=reviewed, moves=moves)


def _lines(withdrawals: Withdrawals) -> Iterator[_Line]:
    """The lines, in an order that depends on their content alone."""
    for dataset, ids in sorted(withdrawals.messages.items()):
        yield from (_Line(dataset=dataset, message=message_id) for message_id in sorted(ids))
    for dataset, ids in sorted(withdrawals.reviewed.items()):
        yield from (_Line(dataset=dataset, reviewed=message_id) for message_id in sorted(ids))
    for dataset, moved in sorted(withdrawals.moves.items()):
        yield from (_Line(dataset=dataset, moved=message_id, code=code_id) for message_id, code_id in sorted(moved))
