"""The words in which the models of the settings are declared: pydantic's, or ``drivers.plain``'s.

Import them from here in every model that is part of the settings. Which of the two they are is
decided once, before the first model is imported: see ``drivers.plain``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers import plain

if TYPE_CHECKING or not plain.chosen():
    from pydantic import (
        BaseModel,
        ConfigDict,
        Field,
        PrivateAttr,
        StringConstraints,
        ValidationInfo,
        field_validator,
    )
else:
    from drivers.plain import (
        BaseModel,
        ConfigDict,
        Field,
        PrivateAttr,
        StringConstraints,
        ValidationInfo,
        field_validator,
    )

__all__ = [
    "BaseModel",
    "ConfigDict",
    "Field",
    "PrivateAttr",
    "StringConstraints",
    "ValidationInfo",
    "field_validator",
]
