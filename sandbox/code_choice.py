"""What a coder may choose for a text."""

from typing import NamedTuple


class Choice(NamedTuple):
    """A code, by the file of its scheme and its StringValue."""

    scheme: str
    code: str
