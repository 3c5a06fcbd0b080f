"""Who lives in the demo: the contacts and their phones.

Owns the cast. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.demo.words import N_, _


@dataclass(frozen=True, slots=True)
class Person:
    """One contact of the demo's settings.

    Attributes:
        id: Key in the settings; also what the broker calls the person.
        role: Role in the settings.
        label: A message id: the role as shown.
        name: Name in the settings.
        phone: E.164. 010-0000 is not given to subscribers: these reach nobody.
    """

    id: str
    role: str
    label: str
    name: str
    phone: str


PEOPLE: Final = (
    Person("grandmother", "resident", N_("resident"), "이순자", "+821000000001"),
    Person("daughter", "guardian", N_("guardian"), "김보람", "+821000000002"),
    Person("neighbour", "partner", N_("partner"), "박한결", "+821000000003"),
    Person("duty-desk", "office", N_("office"), "종로구 당직실", "+821000000004"),
    Person("fitter", "technician", N_("technician"), "최기사", "+821000000005"),
)
NUMBER_119: Final = "119"

TOLD_OF_WATER: Final = PEOPLE[:4]
TOLD_OF_TROUBLE: Final = PEOPLE[3:]


def who(number: str) -> str:
    """A number as people know it: role and name, or 119."""
    person = next((one for one in PEOPLE if one.phone == number), None)
    return number if person is None else f"{_(person.label)} {person.name}"
