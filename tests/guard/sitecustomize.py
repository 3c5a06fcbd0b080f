"""Arms the guard in every Python process that a test starts: this folder is on its PYTHONPATH."""

from __future__ import annotations

import os

import outside_world  # type: ignore[import-not-found]  # beside this file

if os.environ.get(outside_world.LOG_VARIABLE):
    outside_world.install()
    outside_world.armed = True
