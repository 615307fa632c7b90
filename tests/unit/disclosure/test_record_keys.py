import hashlib
import hmac

import numpy as np

from pipeline_lib.disclosure.record_keys import new_secret, record_keys

PEOPLE = [f"avf-participant-uuid-{n:08x}-0000-4000-8000-000000000000" for n in range(4096)]


def test_a_record_key_is_the_beginning_of_an_hmac() -> None:
    digest = hmac.new(b"secret", PEOPLE[0].encode(), hashlib.sha256).hexdigest()
    assert record_keys(PEOPLE[:1], "secret").tolist() == [int(digest[:8], 16) % 4096]


def test_somebody_has_the_same_key_among_others() -> None:
    assert record_keys(PEOPLE, "secret")[7] == record_keys([PEOPLE[7]], "secret")[0]


def test_another_secret_gives_other_keys() -> None:
    same = record_keys(PEOPLE, "secret") == record_keys(PEOPLE, "another")
    assert same.sum() < 10


def test_keys_are_spread_evenly() -> None:
    halves = np.bincount(record_keys(PEOPLE, "secret") // 2048)
    assert (abs(halves - 2048) < 200).all()


def test_every_new_secret_is_another() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(bytes.fromhex(first)) == 32
