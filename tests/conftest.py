"""The guard round every test: nothing can dial out or open a real device, children included.

Also the order in which workers take the tests, so that waiting and computing overlap.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from edge.locale import use
from tests.guard import outside_world

# A busy machine stops a process for longer than hypothesis's 200 ms: that says nothing of our code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

WAITING = (
    "tests/edge/test_main_job.py",
    "tests/edge/test_hands_job.py",
    "tests/edge/cli/test_cli_sensor.py",
    "tests/edge/cli/test_cli_init.py",
    "tests/edge/cli/test_cli_watch.py",
    "tests/edge/cli/test_every_command.py",
    "tests/edge/demo/test_demo_end_to_end.py",
    "tests/edge/diagnose/",
    "tests/edge/test_kills.py",
    "tests/edge/test_modem_lines.py",
    "tests/edge/test_disk_job.py",
    "tests/edge/test_http_job.py",
    "tests/edge/test_clock_job.py",
    "tests/test_readme.py",
    "tests/drivers/sensors/",
    "tests/drivers/modem/test_modem_on_pty.py",
    "tests/drivers/bell/test_bell_pins.py",
    "tests/edge/centre/test_bell_outages.py",
    "tests/edge/centre/test_centre.py",
    "tests/edge/centre/test_faults_of_ours.py",
    "tests/edge/centre/test_outages.py",
    "tests/fleet/",
    "tests/edge/messages/test_delivery.py",
    "tests/edge/store/",
    "tests/edge/test_put_up_job.py",
    "tests/edge/test_power_job.py",
    "tests/edge/test_commands_job.py",
    "tests/edge/test_published_job.py",
    "tests/edge/centre/test_a_day_away.py",
    "tests/drivers/broker/",
    "tests/config/",
    "tests/torture/",
)
"""Where tests wait for processes, ports and time-outs more than they compute."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the tests that wait among the first two thirds of those that compute.

    One after the other, a run first waits with idle cores and then computes with nothing to wait
    for. Only between several workers: one alone keeps to the order of the files.
    """
    if not hasattr(config, "workerinput"):
        return
    waiting = [item for item in items if item.nodeid.startswith(WAITING)]
    computing = [item for item in items if not item.nodeid.startswith(WAITING)]
    every = max(1, len(computing) * 2 // 3 // max(1, len(waiting)))
    dealt: list[pytest.Item] = []
    for place, item in enumerate(waiting):
        dealt += [item, *computing[place * every : (place + 1) * every]]
    items[:] = [*dealt, *computing[len(waiting) * every :]]


@pytest.fixture(scope="session", autouse=True)
def _guarded_children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every Python process that a test starts with the inherited environment is guarded too."""
    log = tmp_path_factory.mktemp("guard") / "stopped"
    log.touch()
    guard = str(Path(__file__).parent / "guard")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (guard, before)))
    os.environ[outside_world.LOG_VARIABLE] = str(log)
    outside_world.install()
    yield log
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
    del os.environ[outside_world.LOG_VARIABLE]


@pytest.fixture(autouse=True)
def _english() -> None:
    """Every test begins in English, whatever the one before it spoke."""
    use("en")


@pytest.fixture(autouse=True)
def _outside_world_is_out_of_reach(_guarded_children: Path) -> Iterator[None]:
    """Stop every reach for the outside world; the test fails even if the code survived the stop."""
    _guarded_children.write_text("")
    outside_world.stopped.clear()
    outside_world.armed = True
    yield
    outside_world.armed = False
    reached = set(outside_world.stopped) | set(_guarded_children.read_text().splitlines())
    if reached:
        pytest.fail("this test reached for the outside world: " + "; ".join(sorted(reached)))


@pytest.fixture
def forgiven(_outside_world_is_out_of_reach: None, _guarded_children: Path) -> Iterator[Path]:
    """For the guard's own tests: being stopped does not fail the test. Gives the children's log."""
    yield _guarded_children
    outside_world.stopped.clear()
    _guarded_children.write_text("")
