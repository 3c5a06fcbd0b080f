"""The guard round every test: nothing can dial out or open a real device, children included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guard import outside_world


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
