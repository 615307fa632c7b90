from uuid import UUID

from pipeline_lib.model.shard import Shard


def test_everybody_is_in_one_shard_on_every_machine() -> None:
    people = [f"avf-participant-uuid-{UUID(int=number)}" for number in range(1000)]
    sizes = [sum(Shard(number, 4).has(person) for person in people) for number in range(4)]
    assert sum(sizes) == 1000
    assert min(sizes) > 200
    assert Shard(2, 4).has("123456789")  # its CRC-32 is 0xCBF43926, which leaves 2 by 4


def test_objects_of_nobody_are_in_the_first() -> None:
    assert [Shard(number, 3).has(nobody) for nobody in (None, "") for number in range(3)] == [True, False, False] * 2


def test_a_shard_is_called_as_people_count() -> None:
    assert str(Shard(0, 12)) == "1 of 12"
    assert Shard.named("12 of 12") == Shard(11, 12)
