"""Sensors: one file each, and the union of their settings, which is the registry.

A driver measures and nothing else: it returns a ``Measurement`` or ``Echoes``, or raises. It knows
no site, no time and no flood. To add one: its file, its settings model in this union, its line in
``tests/drivers/sensors/test_sensor_contract.py``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drivers.sensors.a02yyuw import A02yyuwSettings
from drivers.sensors.float_switch import FloatSwitchSettings
from drivers.sensors.simulated import SimulatedSettings

SensorSettings = Annotated[
    A02yyuwSettings | FloatSwitchSettings | SimulatedSettings,
    Field(discriminator="driver"),
]

__all__ = ["A02yyuwSettings", "FloatSwitchSettings", "SensorSettings", "SimulatedSettings"]
