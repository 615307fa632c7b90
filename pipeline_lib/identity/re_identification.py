"""The only way from participant uuids back to addresses: each call states its purpose and leaves a record.

Nothing else in the pipeline reads addresses from a table. The record says who asked, why, when, from which table and
for how many, but holds no address; it is written before any address is returned, and never overwritten.
"""

import json
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from pipeline_lib.errors import ConfigError, DataError, Problem, listed
from pipeline_lib.identity.base import place_of
from pipeline_lib.storage import Located

_SHOWN_COUNT = 3


class KnowsAddresses(Protocol):
    """The part of a uuid table that this module needs."""

    @property
    def table_name(self) -> str:
        """The table's name."""
        ...

    def _addresses_with(self, uuids: Collection[str]) -> dict[str, str]: ...


def addresses(
    table: KnowsAddresses, uuids: Collection[str], *, user: str, purpose: str, log: Located
) -> dict[str, str]:
    """Each uuid's address; those that the table does not know are left out.

    Args:
        table: Where the people are.
        uuids: Participant uuids.
        user: Who asks.
        purpose: What the addresses are needed for.
        log: The folder of the records; each is a document of its own, `<time>-<random>.json`.

    Raises:
        ConfigError: The user or the purpose is empty.
        DataError: A uuid stands for several addresses.
        PipelineError: The table cannot be read, or the record cannot be written.
    """
    for place, said in (("user", user), ("purpose", purpose)):
        if not said.strip():
            raise ConfigError(Problem(place, "is empty", "re-identification is recorded: say who asks, and why"))
    found = table._addresses_with(uuids)  # noqa: SLF001 - here and nowhere else; a test checks that
    now = datetime.now(UTC)
    record = {
        "time": now.isoformat(),
        "user": user,
        "purpose": purpose,
        "table": table.table_name,
        "asked_count": len(set(uuids)),
        "found_count": len(found),
    }
    name = f"{log.name}/{now:%Y-%m-%dT%H%M%S.%fZ}-{uuid4().hex}.json"
    log.storage.create(name, json.dumps(record, ensure_ascii=False).encode() + b"\n")
    _check_one_each(found, table.table_name)
    return {uuid: address for address, uuid in found.items()}


def _check_one_each(found: dict[str, str], table_name: str) -> None:
    shared = sorted(uuid for uuid, count in Counter(found.values()).items() if count > 1)
    if shared:
        wrong = f"{len(shared)} uuids stand for several addresses each, such as {listed(shared[:_SHOWN_COUNT])}"
        raise DataError(Problem(place_of(table_name), wrong, "leave them out, and mend the table"))
