from pathlib import Path

import pytest

from pipeline_lib.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-fo", "2026-01-01T00:00Z"], "--as-fo is not known: did you mean --as-of?"),
        (["--as_of=2026-01-01T00:00Z"], "--as_of is not known: did you mean --as-of?"),
        (["--pub"], "--pub is not known"),
        (["--zzz"], "--zzz is not known"),
        (["--publsh", "--mod", "all"], "--publsh is not known: did you mean --publish?; --mod is not known: did you"),
        (["--as-of", "yesterday"], "argument --as-of: is not an ISO 8601 date and time"),
        (["--as-of", "2026-01-01T00:00"], "argument --as-of: has no offset from UTC"),
        (
            ["--as-of", "2999-01-01T00:00Z"],
            "argument --as-of: is in the future; nobody knows yet what",
        ),
        (["+252612345678"], "there are more arguments than the command takes"),
    ],
)
def test_an_option_that_is_not_known_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--config", str(tmp_path / "pipeline.json"), *arguments])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert said in told
    assert "252612345678" not in told
