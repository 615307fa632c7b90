"""Rules for names in a config, one for each kind of name: what a name must be depends on what it becomes.

A field's type says which: `OutputFilename` is a text, and `checks.names` holds every text of that type to its rule.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pipeline_lib.model.csv_cells import FORMULA

MOST_BYTES = 200
"""For a name. File systems take 255; storages and Coda need some of them for suffixes and temporary names."""

MOST_PATH_BYTES = 700
"""For a folder in a bucket. Cloud Storage takes 1,024 for an object's whole name, and an archive's has its run in
it."""

_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(\..*)?", re.IGNORECASE | re.DOTALL
)
"""Names of devices on Windows, whatever stands after a dot."""

_SEEN_AS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that Python calls printable and nobody sees."""

_TEMPLATE = re.compile(r"\{[{%#]")
_FORMULA = re.compile(FORMULA)

Fault = tuple[str, str]
"""What is wrong with a name, and what would be right."""


@dataclass(frozen=True)
class NameRule:
    """What becomes of a name."""

    is_file: bool = False
    """A file, a folder or an object of Cloud Storage."""
    leaves: bool = False
    """People download it, and open it on Windows or a Mac."""
    is_document: bool = False
    """A document of Firestore, without `.json` where it ends so."""
    is_column: bool = False
    """A column of a CSV, or the beginning of its name."""
    is_cell: bool = False
    """What a cell of a CSV begins with, also in the line of the names of columns."""
    may_be_empty: bool = False
    keeps_spaces: bool = False
    """Spaces around it are a part of it: real code schemes have such."""

    @lru_cache(maxsize=2**13)  # noqa: B019 - rules are constants, and names are often the same
    def faults(self, name: str) -> tuple[Fault, ...]:
        """Everything that is wrong with a name."""
        return tuple(self._faults(name))

    def _faults(self, name: str) -> Iterator[Fault]:
        if self.may_be_empty and not name:
            return
        yield from _as_seen(name)
        if not name.strip():
            yield "is empty", "write a name"
        elif name.strip() != name and not self.keeps_spaces:
            yield "begins or ends with a space", "leave it out"
        if self.is_file:
            yield from _as_file(name)
        if self.leaves:
            yield from _as_file_that_leaves(name)
        if self.is_document:
            yield from _as_document(name.removesuffix(".json"), is_file=self.is_file)
        if self.is_cell and (formula := _FORMULA.match(name)):
            yield f'begins with "{formula[0].strip()}": spreadsheets take it for a formula', "begin with a letter"
        if self.is_column and (name == "*" or (name.startswith("^") and name.endswith("$"))):
            yield "would be taken for a pattern of columns' names", "begin with a letter"
        size = len(name.encode(errors="surrogatepass"))
        if size > MOST_BYTES:
            yield f"has {size:,} bytes", f"a name has at most {MOST_BYTES}, since suffixes are added to it"


@dataclass(frozen=True)
class PathRule:
    """What becomes of names that slashes join."""

    part: NameRule
    """What becomes of each."""
    is_drive: bool = False
    """On Google Drive, where everything but `.` and `..` is a name."""
    in_bucket: bool = False
    """In a bucket, before the names of objects. Older configs write slashes around it, or nothing."""

    def faults(self, path: str) -> Iterator[Fault]:
        """Everything that is wrong with a path, naming the part if it has several; an empty path has no faults."""
        inside = path.strip("/") if self.in_bucket else path
        if not inside:
            return
        if self.in_bucket and len(inside.encode(errors="surrogatepass")) > MOST_PATH_BYTES:
            yield f"has more than {MOST_PATH_BYTES} bytes", "an object's name has at most 1,024, folders included"
        parts = inside.split("/")
        if "" in parts:
            right = "write names joined by single slashes, without one at the beginning or the end"
            yield "has a name that is empty", right
        for number, part in enumerate(parts, start=1):
            for wrong, right in self._faults_of(part):
                yield (f"part {number} {wrong}" if len(parts) > 1 else wrong), right

    def _faults_of(self, part: str) -> Iterator[Fault]:
        if self.is_drive and part in {".", ".."}:
            yield f'is "{part}", which Google Drive does not know', "write the folder's own name"
        elif part:
            yield from self.part.faults(part)


Rule = NameRule | PathRule


def normal(name: str) -> str:
    """A name, however its accents are written: as one character or as two."""
    return unicodedata.normalize("NFC", name)


def compared(name: str) -> str:
    """A form that is the same for file names that a Mac, Windows or Google Drive cannot tell apart."""
    return normal(normal(name).casefold())


def is_seen(text: str) -> bool:
    """Whether people see every character of a text on a screen."""
    return text.isprintable() and not _SEEN_AS_NOTHING.search(text)


def _as_seen(name: str) -> Iterator[Fault]:
    if not is_seen(name):
        unseen = sorted({char for char in name if not is_seen(char)})
        yield f"has invisible characters ({', '.join(map(_shown, unseen[:5]))})", "type the name anew"


def _shown(char: str) -> str:
    return f"U+{ord(char):04X}"


def _as_file(name: str) -> Iterator[Fault]:
    if not name or name in {".", ".."} or "/" in name or "\\" in name:
        yield "must be a file's name, without a folder", ""
    elif name.startswith(".") or name.endswith("."):
        yield "begins or ends with a dot", "storages hide such files, and Windows cannot have them"
    if _TEMPLATE.search(name):
        yield 'has "{{", "{%" or "{#"', "Airflow would take it for a template"


def _as_file_that_leaves(name: str) -> Iterator[Fault]:
    signs = sorted(set(name) & set('<>:"|?*'))
    if signs:
        yield f"has {' '.join(signs)}", "no file on Windows can be called so"
    if _RESERVED.fullmatch(name):
        yield "is the name of a device on Windows", "choose another"


def _as_document(name: str, *, is_file: bool) -> Iterator[Fault]:
    if not is_file and (name in {".", ".."} or "/" in name):
        yield 'must have no "/", and be neither "." nor ".."', "Firestore has no such document"
    if re.fullmatch("__.*__", name, re.DOTALL):
        yield 'begins and ends with "__"', "Firestore keeps such names for itself"


PipelineName = Annotated[str, NameRule(is_file=True, leaves=True)]
"""What a project is called, in reports and in what is named after it."""

OutputFilename = Annotated[str, NameRule(is_file=True, leaves=True)]
"""A file that people download."""

CodaFilename = Annotated[str, NameRule(is_file=True, leaves=True, is_document=True)]
"""A file that people download, and without `.json` a dataset in Coda."""

RAW_DATA = NameRule(is_file=True)
"""A file of raw data, which stays where the pipeline runs; `file_names` replaces names that no file can have."""

TableName = Annotated[str, NameRule(is_document=True)]
"""A table of participant uuids."""

SCHEME_ID = NameRule(is_document=True)
"""A code scheme in Coda."""

SCHEME_NAME = NameRule(is_cell=True, keeps_spaces=True)
"""A code scheme in tables."""

STRING_VALUE = NameRule(is_cell=True, keeps_spaces=True)
"""A code in tables, and the end of a column's name."""

Column = Annotated[str, NameRule(is_column=True, is_cell=True)]
"""A field or a column, or the beginning of one."""

Label = Annotated[str, NameRule(is_cell=True)]
"""What tables, reports and logs call something."""

Separator = Annotated[str, NameRule(is_column=True, may_be_empty=True, keeps_spaces=True)]
"""What stands within the name of a column."""

Prefix = Annotated[str, NameRule(is_column=True, is_cell=True, may_be_empty=True)]
"""What every uuid begins with."""

DrivePath = Annotated[str, PathRule(NameRule(), is_drive=True)]
"""Folders and a name on Google Drive."""

BucketFolder = Annotated[str, PathRule(NameRule(is_file=True), in_bucket=True)]
"""A folder in buckets."""
