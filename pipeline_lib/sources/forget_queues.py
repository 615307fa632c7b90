"""The queues of people to forget, of every kind of source.

    state/forget/<source kind> <id>.json     {"people": [{"participants": ["avf-phone-uuid-…"], …}, …], …}

The other keys of a queue belong to its source: how it noticed that somebody must be erased.
"""

from pydantic import ConfigDict

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage

TO_FORGET = "state/forget"
"""The folder of all queues."""


class _Person(Frozen):
    model_config = ConfigDict(alias_generator=None, extra="ignore")

    participants: tuple[str, ...] = ()


class _Queue(Frozen):
    model_config = ConfigDict(alias_generator=None, extra="ignore")

    people: tuple[_Person, ...] = ()


def participants_to_forget(storage: Storage) -> set[str]:
    """The participant uuids, as far as they are known, of everybody to forget.

    Raises:
        DataError: A queue cannot be read.
    """
    queues = (StateDocument(storage, name, _Queue()).value for name in storage.names(TO_FORGET))
    return {participant for queue in queues for person in queue.people for participant in person.participants}
