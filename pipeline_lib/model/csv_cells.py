r"""What must not stand in a cell of a CSV as it is: what ends a text for its reader, and what a spreadsheet would run.

Spreadsheets take a cell for a formula, quoted or not, if it begins with `=`, `+`, `-` or `@`. OWASP's page on CSV
injection (https://owasp.org/www-community/attacks/CSV_Injection) adds a tab, a carriage return, a line feed and the
full-width forms of those signs, and advises the apostrophe. Whitespace before a sign counts here as well, since some
programs leave it out.

The patterns mean the same in Python and in Polars, of which only Python takes U+001C to U+001F for whitespace.
"""

import re

CONTROL_CHARACTER = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""All of Unicode's category Cc but tab, line feed and carriage return, which texts may hold. pandas and R end a text at
NUL, R a whole file at U+001A."""

REPLACEMENT = "\ufffd"
"""Unicode's character for one that cannot be shown."""

FORMULA = r"^(?:[\t\r\n]|[\s\x1c-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
"""The beginning of what a spreadsheet may take for a formula."""

TO_GUARD = r"^'*(?:[\t\r\n]|[\s\x1c-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
"""The beginning of a cell that gets an apostrophe: a formula's; or apostrophes and then a formula's, so that the one
that is ours can be told from the others."""

_CONTROL_CHARACTER = re.compile(CONTROL_CHARACTER)
_TO_GUARD = re.compile(TO_GUARD)


def readable(cell: str) -> str:
    """The cell with U+FFFD for each control character that would end it for some reader."""
    return _CONTROL_CHARACTER.sub(REPLACEMENT, cell)


def guarded(cell: str) -> str:
    """The cell with an apostrophe before it, if a spreadsheet might run it."""
    return f"'{cell}" if _TO_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _TO_GUARD.match(cell) else cell
