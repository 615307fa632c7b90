"""Shards of participants: parts of a project's people that are processed apart."""

from typing import NamedTuple
from zlib import crc32


class Shard(NamedTuple):
    """One of several shards. Who is in it depends on the participant uuid alone, on every machine."""

    number: int
    """From 0."""
    shard_count: int
    """How many shards there are."""

    def has(self, participant: object) -> bool:
        """Whether somebody is in it; nobody, where a raw object names none, is in the first."""
        if participant is None or participant == "":
            return self.number == 0
        return crc32(str(participant).encode(errors="surrogatepass")) % self.shard_count == self.number

    @classmethod
    def named(cls, name: str) -> "Shard":
        """The shard of a name such as `2 of 4`."""
        number, shard_count = map(int, name.split(" of "))
        return cls(number - 1, shard_count)

    def __str__(self) -> str:
        """As people count: `2 of 4`."""
        return f"{self.number + 1} of {self.shard_count}"
