"""Who is one person, and who are two: local numbers, and accounts whose ids look like numbers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pipeline_lib.errors import DataError
from tests.unit.sources.rapid_pro.fetching.workspace import NOW, START, Fetcher

LOCAL = "URN is a local number, of a country that nothing tells"


def participants(fetcher: Fetcher, *urns: str) -> list[str]:
    """The participants of contacts that have sent a message each."""
    for number, urn in enumerate(urns, start=1):
        fetcher.world.run(fetcher.world.contact(number, urn), at=START + timedelta(minutes=number))
    fetcher.fetch("show", now=NOW)
    return [fields["avf_phone_id"] for fields in fetcher.raw_data()]


def test_an_account_whose_id_looks_like_a_number_is_somebody_else(fetcher: Fetcher) -> None:
    urns = ["tel:+252712345678", "telegram:252712345678#amina", "ext:252712345678", "facebook:252712345678"]
    people = participants(fetcher, *urns, "discord:252712345678", "whatsapp:252712345678")
    assert len(set(people[:5])) == 5
    assert people[5] == people[0]


def test_a_local_number_is_one_of_the_workspaces_country(fetcher: Fetcher) -> None:
    people = participants(fetcher, "tel:0612345678", "tel:+252612345678", "tel:+254612345678")
    assert people[0] == people[1] != people[2]
    assert fetcher.table.known(["612345678"]) == {}


@pytest.mark.parametrize("country", [None, "US", "", 5])
def test_a_local_number_of_a_country_that_nothing_tells_is_set_aside(fetcher: Fetcher, country: object) -> None:
    database = fetcher.server.database
    database.workspace = replace(database.workspace, country=cast("Any", country))  # a server may say so
    with pytest.raises(DataError, match=LOCAL):
        participants(fetcher, "tel:0612345678", "tel:+252612345678")
