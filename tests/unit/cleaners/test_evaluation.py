from pathlib import Path

import pytest

from pipeline_lib.cleaners.evaluation import precision_and_recall, read_labelled_answers, with_codes
from pipeline_lib.cli import main
from pipeline_lib.errors import DataError

ANSWERS = """cleaner,language,text,label,kind
english.gender,en,female,woman,plain
english.gender,en,a man,man,plain
english.gender,en,"well, you know",man,relation
english.gender,so,male,woman,plain
somali.yes_no,so,haa,yes,plain
somali.yes_no,so,0700,,no_answer
"""


def written(folder: Path, content: str) -> Path:
    path = folder / "answers.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_precision_is_of_the_codes_and_recall_of_the_labels(tmp_path: Path) -> None:
    measured = precision_and_recall(with_codes(read_labelled_answers(written(tmp_path, ANSWERS))))
    assert measured.rows() == [
        ("english.gender", "en", 3, 3, 2, 2, 1.0, 2 / 3),
        ("english.gender", "so", 1, 1, 1, 0, 0.0, 0.0),
        ("english.gender", "all", 4, 4, 3, 2, 2 / 3, 0.5),
        ("somali.yes_no", "so", 2, 1, 1, 1, 1.0, 1.0),
        ("somali.yes_no", "all", 2, 1, 1, 1, 1.0, 1.0),
    ]
    assert measured.columns[2:] == ["answers", "labels", "codes", "correct", "precision", "recall"]


def test_where_nothing_was_coded_precision_is_unknown(tmp_path: Path) -> None:
    measured = precision_and_recall(
        with_codes(read_labelled_answers(written(tmp_path, ANSWERS.splitlines()[0] + "\nsomali.gender,so,.,,plain\n")))
    )
    assert measured["precision"].to_list() == measured["recall"].to_list() == [None, None]


def test_the_command_prints_the_table_and_writes_the_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mistakes = tmp_path / "mistakes.csv"
    assert main(["evaluate-cleaners", str(written(tmp_path, ANSWERS)), "--mistakes", str(mistakes)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split() == ["english.gender", "en", "3", "3", "2", "2", "1.000", "0.667"]
    assert mistakes.read_text(encoding="utf-8") == (
        "cleaner,language,text,label,kind,code\n"
        'english.gender,en,"well, you know",man,relation,\n'
        "english.gender,so,male,woman,plain,man\n"
    )


def test_a_cleaner_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_labelled_answers(written(tmp_path, ANSWERS.replace("somali.yes_no", "somali.yesno")))
    assert str(caught.value) == (
        f'{tmp_path}/answers.csv: cleaner "somali.yesno": there is none; did you mean "somali.yes_no"?'
    )


@pytest.mark.parametrize("content", ["", "text,label\nfemale,woman\n", "\0\n\xff"])
def test_a_file_of_another_kind_is_refused_with_the_columns_it_lacks(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError) as caught:
        read_labelled_answers(written(tmp_path, content))
    assert str(caught.value) == (
        f"{tmp_path}/answers.csv: is no CSV file of labelled answers; the first line names the columns cleaner, "
        "language, text, label, kind"
    )
