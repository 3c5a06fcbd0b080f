"""What the kernel shows of mains and batteries: a fake tree below /sys/class/power_supply."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.power.supplies import Supplies, look

Tree = dict[str, dict[str, str]]


def planted(folder: Path, tree: Tree) -> Path:
    for supply, files in tree.items():
        (folder / supply).mkdir(parents=True)
        for name, text in files.items():
            (folder / supply / name).write_text(f"{text}\n")
    return folder


GAUGE = {"type": "Battery", "capacity": "74"}
"""A MAX17040 by the kernel's driver: it knows its charge, and nothing of mains."""


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({}, Supplies()),
        ({"battery": GAUGE}, Supplies(None, 74)),
        ({"battery": {**GAUGE, "status": "Discharging"}}, Supplies(False, 74)),
        ({"battery": {**GAUGE, "status": "Charging"}}, Supplies(True, 74)),
        ({"battery": {**GAUGE, "status": "Full"}}, Supplies(True, 74)),
        ({"battery": {**GAUGE, "status": "Not charging"}}, Supplies(True, 74)),
        ({"battery": {**GAUGE, "status": "Unknown"}}, Supplies(None, 74)),
        ({"charger": {"type": "Mains", "online": "1"}}, Supplies(True, None)),
        ({"charger": {"type": "Mains", "online": "0"}}, Supplies(False, None)),
        ({"charger": {"type": "UPS", "online": "0"}}, Supplies(False, None)),
        ({"charger": {"type": "Mains", "online": "0"}, "battery": GAUGE}, Supplies(False, 74)),
        (
            {"a": {"type": "Mains", "online": "0"}, "b": {"type": "USB", "online": "1"}},
            Supplies(True, None),
        ),
        # A port that feeds nothing says nothing of mains where there is no battery to live on.
        ({"port": {"type": "USB", "online": "0"}}, Supplies()),
        ({"port": {"type": "USB", "online": "0"}, "battery": GAUGE}, Supplies(False, 74)),
        ({"port": {"type": "USB", "online": "2"}}, Supplies(True, None)),
        ({"rpi-poe": {"type": "Mains", "online": "0"}}, Supplies()),
        ({"mouse": {"type": "Battery", "scope": "Device", "capacity": "3"}}, Supplies()),
        (
            {"a": GAUGE, "b": {"type": "Battery", "scope": "System", "capacity": "12"}},
            Supplies(None, 12),
        ),
        ({"a": {"type": "Battery", "capacity": "113"}}, Supplies(None, 100)),
        ({"a": {"type": "Battery", "capacity": "-1"}}, Supplies(None, 0)),
        ({"a": {"type": "Battery", "capacity": "warm"}}, Supplies()),
        ({"a": {"capacity": "50"}}, Supplies()),
    ],
)
def test_what_the_kernel_knows_is_taken_and_nothing_is_made_up(
    tmp_path: Path, tree: Tree, found: Supplies
) -> None:
    assert look(planted(tmp_path / "power_supply", tree)) == found
    assert found.known == (found != Supplies())


def test_rubbish_and_a_folder_that_is_not_there_are_nothing(tmp_path: Path) -> None:
    assert look(tmp_path / "nowhere") == Supplies()
    folder = planted(tmp_path / "power_supply", {"a": {"type": "Battery"}})
    (folder / "a" / "capacity").write_bytes(b"\xff\xfe")
    (folder / "file").write_text("no supply")
    assert look(folder) == Supplies()
