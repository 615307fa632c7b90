"""What the stand-ins' command lines share; how they serve is tested with each of them."""

from pathlib import Path

from sandbox.serving import write_secret


def test_a_secret_is_for_its_owner_alone_and_takes_the_place_of_one_before(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "token.txt"
    write_secret(file, "before")
    write_secret(file, "now")
    assert file.read_text(encoding="utf-8") == "now\n"
    assert file.stat().st_mode & 0o777 == 0o600
