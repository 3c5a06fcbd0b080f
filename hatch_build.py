"""Compiles the message catalogues, so that an installed floodbell speaks Korean.

Hatchling runs this for a wheel and for an editable install; `make` runs it as a script when only a
catalogue changed. The compiled files are never committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = Path("edge/locale")


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every catalogue under ``root``.

    Returns:
        The compiled files, relative to ``root``.

    Raises:
        ValueError: A catalogue cannot be parsed.
    """
    compiled = []
    for source in sorted((root / LOCALE).glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        target = source.with_suffix(".mo")
        # In one step: another build, or a command that is being run, may read it just now.
        fresh = target.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(target)
        compiled.append(target.relative_to(root))
    return compiled


class CatalogueHook(BuildHookInterface[Any]):
    """The hook that hatchling looks for in this file."""

    PLUGIN_NAME = "custom"

    # The version is part of hatchling's signature.
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile before files are gathered, and have the results gathered though git-ignored."""
        compiled = compile_catalogues(Path(self.root))
        build_data["artifacts"].extend(f"/{path}" for path in compiled)


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parent)
