"""What urllib3 may log: hosts, paths and statuses; never a query, which can be a signed URL's key, nor a header."""

import logging
from typing import Any

_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_safe, record.args))
        record.exc_info = None  # of a response whose headers cannot be read it would quote them
        return True


_FILTER = _WithoutQueries()


def hide_queries() -> None:
    """From now on in this process urllib3's records name URLs up to their query, and exceptions by their kind."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # a filter that is there already is not added again


def _safe(argument: Any) -> Any:
    if isinstance(argument, BaseException):
        return type(argument).__name__
    return argument.split("?", 1)[0] if isinstance(argument, str) else argument
