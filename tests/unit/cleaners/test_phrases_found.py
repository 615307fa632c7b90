import numpy as np

from pipeline_lib.cleaners.phrases_found import PhrasesFound, of_next, of_previous, words_between


def phrases(row: list[int], start: list[int], end: list[int]) -> PhrasesFound:
    numbers = np.zeros(len(row), dtype=np.int64)
    flags = np.zeros(len(row), dtype=np.bool_)
    return PhrasesFound(np.array(row), np.array(start), np.array(end), numbers, numbers, flags, {"greets": flags})


def test_neighbours_are_those_one_step_away_and_none_beyond_the_ends() -> None:
    array = np.array([5, 6, 7])
    assert of_previous(array).tolist() == [0, 5, 6]
    assert of_next(array).tolist() == [6, 7, 0]
    assert of_next(array[:0]).tolist() == []


def test_words_between_are_those_of_one_text() -> None:
    found = phrases(row=[0, 0, 0, 1], start=[0, 1, 5, 0], end=[1, 3, 6, 2])
    assert words_between(found)[1:3].tolist() == [0, 2]
    assert (words_between(found)[[0, 3]] > 1_000_000).all()


def test_only_what_is_kept_is_left_of_every_array() -> None:
    left = phrases(row=[0, 1, 2], start=[0, 1, 2], end=[1, 2, 3]).only(np.array([True, False, True]))
    assert (left.row.tolist(), left.end.tolist(), len(left.says["greets"])) == ([0, 2], [1, 3], 2)
