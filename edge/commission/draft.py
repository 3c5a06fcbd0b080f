"""Answers so far, as the tree that a settings file loads to, and what is wrong with them.

Owns the tree and the questions that can be asked of it while it is not whole. Invariant: what is
wrong is said by the loader of the settings itself, never by a rule of our own, so that an answer
that is taken here is taken at the next start.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge.commission.writing import Tree, fresh
from edge.settings import Problem, SettingsError, parse

HEADER_PINS: Final = range(2, 28)
"""BCM numbers on the 40-pin header, without 0 and 1, which belong to the HAT's memory.

Source: Raspberry Pi documentation, "GPIO and the 40-pin header"; HAT specification.
"""

SERIAL_PINS: Final = {14: "UART", 15: "UART"}
SPI_PINS: Final = dict.fromkeys((7, 8, 9, 10, 11), "SPI")
"""Source: ``drivers.sensors.converter``: ``dtparam=spi=on`` takes both selects as well."""

HAT_PINS: Final = {4: "SIM7600 HAT", 6: "SIM7600 HAT"}
"""Source: contract 1: flight mode and PWRKEY under a Waveshare SIM7600 HAT."""

_SHARED: Final = ("pin ", "port ", "channel ", "unit ", "converter ")
"""How the loader begins to say that two things take the same."""


class Draft:
    """The answers so far.

    Attributes:
        tree: Tables, keys and values as ``tomllib`` returns them.
        folder: Where the settings file will stand; file names in it begin there.
    """

    def __init__(self, tree: Tree | None, folder: Path) -> None:
        self.tree: Tree = copy.deepcopy(tree or {})
        self.folder = folder

    def tree_copy(self) -> Tree:
        """Return the answers as they are now, for comparing them later."""
        return copy.deepcopy(self.tree)

    def table(self, *path: str) -> Tree:
        """Return a table, made if it is not there."""
        where = self.tree
        for part in path:
            where = where.setdefault(part, {})
        return where

    def get(self, *path: str) -> Any:  # noqa: ANN401  whatever TOML holds
        """Return a value or table; None if it is not there."""
        where: Any = self.tree
        for part in path:
            if not isinstance(where, dict) or part not in where:
                return None
            where = where[part]
        return where

    def put(self, path: tuple[str, ...], value: Any) -> None:  # noqa: ANN401
        """Set a key; None takes it away."""
        if value is None:
            self.drop(path)
        else:
            self.table(*path[:-1])[path[-1]] = value

    def drop(self, path: tuple[str, ...]) -> None:
        """Take a key or table away, if it is there."""
        where = self.get(*path[:-1]) if path[:-1] else self.tree
        if isinstance(where, dict):
            where.pop(path[-1], None)

    def problems(self) -> tuple[Problem, ...]:
        """Return all that the loader finds wrong, unanswered questions included."""
        try:
            parse(fresh(self.tree).encode(), folder=self.folder)
        except SettingsError as error:
            return error.problems
        return ()

    def problems_with(self, path: tuple[str, ...], value: Any) -> tuple[Problem, ...]:  # noqa: ANN401
        """Return what the loader would say of one more answer; nothing if it is good.

        Besides what is wrong with the key itself, that is whatever takes a pin, port, channel or
        address twice from now on: the loader may blame the other of the two.

        Args:
            path: Where the answer goes.
            value: The answer; None for leaving it out.
        """
        key = ".".join(path)
        before = set(self.problems())
        tried = Draft(self.tree, self.folder)
        tried.put(path, value)
        return tuple(
            problem
            for problem in tried.problems()
            if problem.key == key
            or problem.key.startswith((f"{key}.", f"{key}["))
            or (problem not in before and problem.found.startswith(_SHARED))
        )

    def problems_under(self, *path: str) -> tuple[Problem, ...]:
        """Return what is wrong with a table or anything in it."""
        key = ".".join(path)
        found = self.problems()
        return tuple(p for p in found if p.key == key or p.key.startswith(f"{key}."))

    def pins_taken(self) -> dict[int, str]:
        """Return each BCM pin that is spoken for, and by what."""
        taken = dict(SERIAL_PINS)
        for where, table in self._tables():
            if "spi_device" in table or "channel" in table:
                taken |= SPI_PINS
            for key, value in table.items():
                if key.endswith("pin") and isinstance(value, int):
                    taken[value] = f"{where}.{key}"
        return taken

    def pins_free(self) -> list[int]:
        """Return the pins that nothing takes, those under a usual HAT left out."""
        taken = {**HAT_PINS, **self.pins_taken()}
        return [pin for pin in HEADER_PINS if pin not in taken]

    def pins_free_in_words(self) -> str:
        """Return the free pins, neighbours as a range: ``2-3, 5, 7-13``."""
        runs: list[list[int]] = []
        for pin in self.pins_free():
            if runs and pin == runs[-1][-1] + 1:
                runs[-1].append(pin)
            else:
                runs.append([pin])
        return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else f"{run[0]}" for run in runs)

    def _tables(self) -> Iterator[tuple[str, Tree]]:
        for name in ("bell", "modem", "power"):
            if isinstance(table := self.tree.get(name), dict):
                yield name, table
        sensors = self.tree.get("sensors")
        for name, table in sensors.items() if isinstance(sensors, dict) else ():
            if isinstance(table, dict):
                yield f"sensors.{name}", table
