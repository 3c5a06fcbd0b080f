"""Whoever did something is written down under the name that the machine knows."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

import pytest

from drivers.host.users import name_of, written_down

NOBODY_HAS = 64003


def test_a_user_has_the_name_of_the_user_database_or_a_number() -> None:
    assert name_of(0) == "root"
    assert name_of(os.getuid()) == pwd.getpwuid(os.getuid()).pw_name
    assert name_of(NOBODY_HAS) == f"uid {NOBODY_HAS}"
    assert name_of(2**40) == f"uid {2**40}"


@pytest.mark.parametrize("claimed", [None, "mayor", "root", 7, ""])
def test_an_ordinary_user_never_claims_another_name(claimed: object) -> None:
    assert written_down(NOBODY_HAS, claimed) == f"uid {NOBODY_HAS}"
    assert written_down(pwd.getpwnam("daemon").pw_uid, claimed) == "daemon"


@pytest.mark.parametrize(
    ("claimed", "written"),
    [
        ("kim", "kim (sudo)"),
        ("root", "root"),
        (None, "root"),
        ("", "root"),
        (7, "root"),
        (" \x1b\n", "root"),
        ("ki\nm", "kim (sudo)"),
        ("k" * 300, "k" * 64 + " (sudo)"),
    ],
)
def test_root_may_say_for_whom(claimed: object, written: str) -> None:
    assert written_down(0, claimed) == written


def who(uid: int, sudo_user: str | None) -> str:
    """What another process says who types; in it LOGNAME and USER lie."""
    code = (
        "import os\n"
        "from drivers.host.users import who_types\n"
        f"os.setuid({uid})\n"  # from here on our own files may be closed
        "print(who_types())"
    )
    environment = {k: v for k, v in os.environ.items() if k != "SUDO_USER"}
    environment |= {"LOGNAME": "mayor", "USER": "mayor"}
    environment |= {} if sudo_user is None else {"SUDO_USER": sudo_user}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="sudo is root with a name in the environment")
def test_under_sudo_it_is_whoever_called_sudo_that_types() -> None:
    assert who(0, sudo_user="kim") == "kim"
    assert who(0, sudo_user=None) == "root"


def test_the_environment_of_an_ordinary_user_says_nothing() -> None:
    ordinary = os.geteuid() or pwd.getpwnam("daemon").pw_uid
    assert who(ordinary, sudo_user="kim") == pwd.getpwuid(ordinary).pw_name
