"""A settings file takes its place whole, and the old one stays at hand."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

from edge.commission.placing import Prepared, put_secret, why_not

NOW = datetime(2026, 8, 8, 21, 4, 5, tzinfo=UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_prepared_does_not_count_until_it_is_told_to(tmp_path: Path) -> None:
    target = tmp_path / "etc" / "floodbell.toml"
    prepared = Prepared(target, "new")
    assert not target.exists()
    assert prepared.count(NOW) is None
    prepared.discard()
    assert target.read_text() == "new"
    assert mode(target) == 0o640
    assert list(target.parent.iterdir()) == [target]


def test_what_is_discarded_leaves_nothing_behind(tmp_path: Path) -> None:
    Prepared(tmp_path / "floodbell.toml", "new").discard()
    assert list(tmp_path.iterdir()) == []


def test_every_old_file_is_kept_even_two_of_one_second(tmp_path: Path) -> None:
    target = tmp_path / "floodbell.toml"
    target.write_text("first")
    one = Prepared(target, "second").count(NOW)
    two = Prepared(target, "third").count(NOW)
    assert one is not None
    assert two is not None
    assert (one.read_text(), two.read_text(), target.read_text()) == ("first", "second", "third")
    assert one.name == "floodbell.toml.20260808-210405"
    assert one != two


def test_a_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    target = put_secret(tmp_path / "credentials", "sim-pin", b"1234")
    assert target.read_bytes() == b"1234"
    assert mode(target) == 0o600
    assert mode(target.parent) == 0o700
    put_secret(target.parent, "sim-pin", b"4321")
    assert target.read_bytes() == b"4321"
    assert list(target.parent.iterdir()) == [target]


def test_a_place_where_nothing_can_be_is_known_before_the_questions(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "no folder" in why_not(tmp_path / "file" / "floodbell.toml")
    assert "is a folder" in why_not(tmp_path)
    assert why_not(tmp_path / "not" / "there" / "floodbell.toml") == ""
