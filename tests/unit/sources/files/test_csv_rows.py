import codecs

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.files.csv_rows import read_rows


def read(content: bytes | str) -> tuple[list[tuple[str, str, int]], list[tuple[int, str]]]:
    written = content.encode() if isinstance(content, str) else content
    frame, misshapen = read_rows(written, "texts.csv", ("A", "B"))
    return frame.rows(), [(bad.line, bad.reason) for bad in misshapen]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("A,B\n1,2\n", [("1", "2", 2)]),
        ("A,B\n1,2", [("1", "2", 2)]),
        ("B,A\n1,2\n", [("2", "1", 2)]),
        (" A ,B,C\n1,2,3\n", [("1", "2", 2)]),
        ("A,B\r\n1,2\r\n3,4\r\n", [("1", "2", 2), ("3", "4", 3)]),
        ("A,B\n", []),
        ("A,B", []),
        ("\n\nA,B\n1,2\n", [("1", "2", 4)]),
        ("A,B\n1,2\n\n   \n,\n3,4\n\n\n", [("1", "2", 2), ("3", "4", 6)]),
        ('A,B\n"one\ntwo\r\n\nfour",2\n3,4\n', [("one\ntwo\r\n\nfour", "2", 2), ("3", "4", 6)]),
        ('A,B\n"a ""b"", c",2\n', [('a "b", c', "2", 2)]),
        ('A,B\nsay "a",2\n', [('say "a"', "2", 2)]),
        ("A,B,C\n1,2\n", [("1", "2", 2)]),
        ("A,B\n1,2,,\n", [("1", "2", 2)]),
        ("A,B\n1,\n", [("1", "", 2)]),
        ("A,B\n0\u2028x,2\n3,4\n", [("0\u2028x", "2", 2), ("3", "4", 3)]),
        (codecs.BOM_UTF8 + b"A,B\n1,2\n", [("1", "2", 2)]),
        ("A;B\r\n1;2,5\r\n", [("1", "2,5", 2)]),
        ("A\tB\n1\t2;3\n", [("1", "2;3", 2)]),
        ('"x;y;z",A,B\n0,1,2\n', [("1", "2", 2)]),
        ("sep=;\r\nA;B\r\n1;2\r\n", [("1", "2", 3)]),
        ("sep=|\nA|B\n1|2\n", [("1", "2", 3)]),
        (codecs.BOM_UTF16_LE + "A\tB\r\nmaya \U0001f642\té\r\n".encode("utf-16-le"), [("maya \U0001f642", "é", 2)]),
        (codecs.BOM_UTF16_BE + "A;B\n1;2\n".encode("utf-16-be"), [("1", "2", 2)]),
        ("A,B\nwaa lagu faraxsanyahay \U0001f642,é\n", [("waa lagu faraxsanyahay \U0001f642", "é", 2)]),
    ],
)
def test_rows_are_read_with_the_line_on_which_they_begin(
    content: bytes | str, rows: list[tuple[str, str, int]]
) -> None:
    assert read(content) == (rows, [])


def test_rows_of_another_width_are_told_apart() -> None:
    rows, misshapen = read('A,B\n1,2\n3\n4,5,6\n"7\n7",8\n9,10,11\n')
    assert rows == [("1", "2", 2), ("7\n7", "8", 5)]
    assert misshapen == [
        (3, "has fewer columns than the first line"),
        (4, "has more columns than the first line: is a text with a comma not quoted?"),
        (7, "has more columns than the first line: is a text with a comma not quoted?"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", 'texts.csv: is empty; the first line names the columns "A", "B", separated by commas'),
        (
            codecs.BOM_UTF8 + b"\r\n",
            'texts.csv: is empty; the first line names the columns "A", "B", separated by commas',
        ),
        (
            b"A,secret words\n1,2\n",
            (
                'texts.csv: line 1: has no column "B" (it has 2 in all, known of them: "A"); '
                'the first line names the columns "A", "B", separated by commas'
            ),
        ),
        (
            b"A:B\n1:2\n",
            (
                'texts.csv: line 1: has no column "A", "B" (it has 1 in all, known of them: none); '
                'the first line names the columns "A", "B", separated by commas'
            ),
        ),
        (
            b"A,B,A\n",
            (
                'texts.csv: line 1: names "A" more than once; '
                'the first line names the columns "A", "B", separated by commas'
            ),
        ),
        (
            b"A,B\n1,2\nsecret \xff words,2\n3,4\n\xfe,5\n",
            (
                "texts.csv: line 3: is not UTF-8\ntexts.csv: line 5: is not UTF-8\n"
                'texts.csv: cannot be read; save it as "CSV UTF-8"'
            ),
        ),
        (
            codecs.BOM_UTF16_LE + "A,B\nsecret,2\n".encode("utf-16-le") + b"x",
            'texts.csv: begins like UTF-16 but is not UTF-16; save it again as "CSV UTF-8"',
        ),
        (
            b'A,B\n1,2\n"secret words\n,5\n6,7\n',
            (
                "texts.csv: line 3: the quotes of the row that begins here do not match; "
                'close every quoted text, and write a quote inside one twice ("")'
            ),
        ),
        (
            b'A,B\n"secret" words,5\n6,7\n',
            (
                "texts.csv: line 2: the quotes of the row that begins here do not match; "
                'close every quoted text, and write a quote inside one twice ("")'
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_lines_and_not_by_its_texts(content: bytes, said: str) -> None:
    with pytest.raises(DataError) as raised:
        read(content)
    assert str(raised.value) == said


def test_an_error_shows_no_text_that_python_found_wrong() -> None:
    with pytest.raises(DataError) as raised:
        read(b"A,B\nsecret \xff words,2\n")
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    "content",
    [
        b"A,B\nbiyo \xed\xa0\xbd,\xed\xa0\xbd\xed\xb8\x80\n",
        codecs.BOM_UTF8 + b"A,B\nbiyo \xed\xa0\xbd,\xed\xa0\xbd\xed\xb8\x80\n",
        codecs.BOM_UTF16_LE + "A\tB\nbiyo \ud83d\t\U0001f600\n".encode("utf-16-le", "surrogatepass"),
    ],
)
def test_half_a_character_is_read_as_a_replacement_character_and_two_halves_as_one(content: bytes) -> None:
    assert read(content)[0] == [("biyo \ufffd", "\U0001f600", 2)]


def test_a_text_may_be_longer_than_pythons_own_reader_expects() -> None:
    assert read(b'A,B\n"' + b"x" * 200_000 + b'",2\n')[0] == [("x" * 200_000, "2", 2)]
