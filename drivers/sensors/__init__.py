"""Sensors: one file each, and the union of their settings, which is the registry.

A driver measures and nothing else: it returns a ``Measurement`` or ``Echoes``, or raises. It knows
no site, no time and no flood. To add one: its file, its settings model in this union, its line in
``tests/drivers/sensors/test_sensor_contract.py``.

=================  ===========================================  ==============================
driver             what it is                                   on what
=================  ===========================================  ==============================
a02yyuw            DFRobot ultrasonic, a family                 serial port
maxbotix           MaxBotix HRXL-WR ultrasonic                  serial port
jsn_sr04t          ultrasonic with a separate probe             serial port
hcsr04             hobby ultrasonic, not for danger             two pins
modbus_level       pressure probe                               RS-485, several on a line
current_loop       pressure probe, 4 to 20 mA                   a converter's channel (SPI)
float_switch       switches at one height                       a pin
contact_probe      two bare electrodes                          two pins
supervised_contact a contact that tells a cut wire from dry     a converter's channel (SPI)
simulated          a series of depths                           nothing
=================  ===========================================  ==============================

What they share: ``mounting`` (all), ``ranging`` and ``listening`` with ``framing`` (by sound),
``immersed`` (pressure), ``switching`` (at one height), ``converter`` (on an ADC's channel),
``modbus_rtu`` (frames) and ``modbus_maps`` (registers), ``calibration``, ``air`` (the temperature
between face and water),
``trace`` (what was heard last).
"""

from __future__ import annotations

from typing import Annotated

from drivers.declaring import Field
from drivers.sensors.a02yyuw import A02yyuwSettings
from drivers.sensors.contact_probe import ContactProbeSettings
from drivers.sensors.current_loop import CurrentLoopSettings
from drivers.sensors.float_switch import FloatSwitchSettings
from drivers.sensors.hcsr04 import Hcsr04Settings
from drivers.sensors.jsn_sr04t import JsnSr04tSettings
from drivers.sensors.maxbotix import MaxbotixSettings
from drivers.sensors.modbus_level import ModbusLevelSettings
from drivers.sensors.simulated import SimulatedSettings
from drivers.sensors.supervised_contact import SupervisedContactSettings

SensorSettings = Annotated[
    A02yyuwSettings
    | MaxbotixSettings
    | JsnSr04tSettings
    | Hcsr04Settings
    | ModbusLevelSettings
    | CurrentLoopSettings
    | FloatSwitchSettings
    | ContactProbeSettings
    | SupervisedContactSettings
    | SimulatedSettings,
    Field(discriminator="driver"),
]

__all__ = [
    "A02yyuwSettings",
    "ContactProbeSettings",
    "CurrentLoopSettings",
    "FloatSwitchSettings",
    "Hcsr04Settings",
    "JsnSr04tSettings",
    "MaxbotixSettings",
    "ModbusLevelSettings",
    "SensorSettings",
    "SimulatedSettings",
    "SupervisedContactSettings",
]
