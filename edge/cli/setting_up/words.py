"""What each key of the settings means, in the language of the command line.

Owns the words that ``init`` asks with and writes behind the keys. A test holds them to the models:
a new key of a driver wants its words here, as it wants them in the manual.
"""

from __future__ import annotations

from edge.locale import _


def key_words() -> dict[str, str]:
    """Return the words of every key, by ``table.key`` or ``driver.key``; of ``[table]`` as well."""
    return {**_site(), **_sensors(), **_by_driver(), **_converter(), **_people(), **_links()}


def _site() -> dict[str, str]:
    return {
        "site.id": _("name of this bell at the centre: a-z, 0-9 and -"),
        "site.district": _("district, as the centre names it"),
        "site.address": _("told to 119; with the city, for 119 routes by radio cell"),
        "site.occupants": _("how many live here; told to 119"),
        "site.language": _("ko or en: texts to people, and what commands print"),
        "site.timezone": _("for the times in texts"),
        "[alarm]": _("When water is an alarm: people are told at alert, 119 is called at danger."),
        "alarm.alert": _("people are told"),
        "alarm.danger": _("119 is called"),
        "alarm.max_rise_mm_s": _("water does not rise faster; a cat does"),
        "alarm.uncorroborated_delay_s": _("how long a jump that one sensor sees alone must stand"),
        "alarm.latch_clear_s": _("the siren's memory goes after so long dry, or by reset"),
        "alarm.floor_tolerance_mm": _("an echo from deeper than the floor: the sensor was moved"),
        "[zones]": _("A place that is watched; without a table it has the defaults."),
        "zones.voting": _("how many of its sensors must be wet, 1oo2; one if left out"),
        "zones.danger": _("false: it may be without a sensor that can tell danger"),
    }


def _sensors() -> dict[str, str]:
    return {
        "[sensors]": _("Two kinds of sensor, so that what fools one does not fool the other."),
        "sensors.driver": _("kind of sensor"),
        "sensors.zone": _("place that it watches"),
        "sensors.sample_interval_s": _("time between two readings"),
        "sensors.stale_after_s": _("a reading older than this does not count"),
        "sensors.cable": _("contacts on one cable count as one sensor"),
        "sensors.port": _("serial port"),
        "sensors.mount_height_mm": _("sensor's face above the floor, in mm; it decides everything"),
        "sensors.blind_zone_mm": _("nearest range that it measures, in mm; by its data sheet"),
        "sensors.air_temperature": _("file of a thermometer beside it, for a part that feels none"),
        "sensors.calibration": _("or: floodbell sensor calibrate"),
        "sensors.height_mm": _("depth at which it switches, in mm"),
        "sensors.pin": _("BCM number of its pin"),
        "sensors.span_mm": _("depth at full scale, in mm; 1000 or less, or it cannot tell 2 cm"),
        "sensors.density": _("of the water, kg per litre"),
        "sensors.probe_height_mm": _("the probe's face above the floor, in mm"),
    }


def _by_driver() -> dict[str, str]:
    return {
        "a02yyuw.part": _("which part it is: it decides unit, speed and blind zone"),
        "a02yyuw.baud": _("the part's own if left out"),
        "a02yyuw.unit": _("what its frames count; the part's own if left out"),
        "maxbotix.full_scale_mm": _("told when nothing is seen: 9999 by ten-metre parts"),
        "jsn_sr04t.mode": _("as soldered: 47 kΩ automatic, 120 kΩ asked"),
        "hcsr04.trigger_pin": _("BCM number of the pin at TRIG"),
        "hcsr04.echo_pin": _("BCM number of the pin at ECHO, through a divider: it is 5 V"),
        "modbus_level.port": _("RS-485 adapter; several probes may share it"),
        "modbus_level.preset": _("a register map that fits; none: name the registers"),
        "modbus_level.unit_id": _("its address on the line"),
        "modbus_level.baud": _("speed; 9600 if left out"),
        "modbus_level.parity": _("N none, E even, O odd"),
        "modbus_level.stop_bits": _("stop bits"),
        "modbus_level.function": _("3 holding registers, 4 input registers; 3 if left out"),
        "modbus_level.level_register": _("register of the level, counted from 0"),
        "modbus_level.data": _("form of the number; int16 if left out"),
        "modbus_level.word_order": _("which of two registers comes first"),
        "modbus_level.unit": _("what the number counts"),
        "modbus_level.unit_register": _("register of the unit's code"),
        "modbus_level.decimals": _("decimal places"),
        "modbus_level.decimals_register": _("register of the decimal places"),
        "modbus_level.scale": _("the number is multiplied by it"),
        "modbus_level.answer_s": _("how long an answer may take"),
        "modbus_level.response_s": _("how far what it tells may lag behind the water"),
        "float_switch.contact": _("normally_closed opens in water, so that a cut wire is seen"),
        "contact_probe.pin": _("BCM number of the first electrode's pin"),
        "contact_probe.return_pin": _("BCM number of the second electrode's pin"),
        "simulated.script": _("[[seconds, depth in mm], …]"),
        "simulated.file": _("CSV file with the header t_s,depth_mm"),
    }


def _converter() -> dict[str, str]:
    return {
        "sensors.adc": _("converter on SPI"),
        "sensors.channel": _("input of the converter, 0 to 7"),
        "sensors.spi_device": _("chip select of the converter: 0 or 1"),
        "sensors.reference_v": _("voltage at the converter's VREF"),
        "current_loop.shunt_ohm": _("resistor to ground, in ohms"),
        "supervised_contact.contact": _("normally_open closes in water"),
        "supervised_contact.end_ohm": _("resistor at the end of the line, in ohms"),
        "supervised_contact.contact_ohm": _("resistor with the contact, in ohms"),
        "supervised_contact.pull_up_ohm": _("resistor to the reference, in ohms"),
    }


def _people() -> dict[str, str]:
    return {
        "[contacts]": _("Who is told. Never 119: that is reached by [report]."),
        "contacts.role": _("resident, guardian, partner, office or technician"),
        "contacts.name": _("never leaves this device"),
        "contacts.phone": _("with the country code"),
        "contacts.routes": _("in order: modem, http; every one there is if left out"),
        "[report]": _("The report to 119. Unarmed until all else works: then doctor, and arm it."),
        "report.armed": _("true: 119 is called"),
        "report.number": _("who gets the report"),
        "report.repeats": _("reports of one danger"),
        "report.repeat_interval_s": _("between two of them"),
        "report.min_attempts": _("on a registered modem; then one a minute until accepted"),
        "report.voice": _("what is followed by a call: bell, bell+danger or off"),
    }


def _links() -> dict[str, str]:
    return {
        "bell.button_pin": _("button: to ground while pressed"),
        "bell.hold_s": _("how long a press is held"),
        "bell.siren_pin": _("siren"),
        "bell.strobe_pin": _("strobe"),
        "bell.lamp_pin": _("status lamp: a flash every 3 s is well, still is dead"),
        "bell.siren_cutoff_s": _("the siren ends by itself after this"),
        "[power]": _("What a UPS board tells by its pins; what the kernel knows needs none."),
        "power.mains_pin": _("UPS board: BCM number of the pin that tells of mains"),
        "power.mains_level": _("level of that pin while mains are there: high or low"),
        "power.battery_low_pin": _("UPS board: BCM number of the pin that tells of a low battery"),
        "power.battery_low_level": _("level of that pin while the battery is low: high or low"),
        "power.supplies": _("where the kernel shows batteries and mains"),
        "modem.port": _("port that takes texts; its link in /dev/serial/by-id stays the same"),
        "modem.baud": _("USB modems take any"),
        "modem.sim_pin_credential": _("name of the file with the SIM's PIN, never the PIN"),
        "modem.power_pin": _("BCM number of the pin at the modem's PWRKEY"),
        "modem.answer_calls_from": _("who is answered when 119 calls back"),
        "modem.voice_message": _("recording on the modem, played to 119"),
        "modem.service_centre": _("only if the SIM does not know its text service centre"),
        "modem.self_test": _("a text a day to somebody who is not 119"),
        "[mqtt]": _("The district's centre."),
        "mqtt.host": _("the centre's broker"),
        "mqtt.port": _("8883 with TLS, else 1883"),
        "mqtt.version": _("5, or 3 for brokers that speak MQTT 3.1.1 only"),
        "mqtt.ca": _("certificate of the authority (PEM); with it the link is encrypted"),
        "mqtt.insecure": _("true: in the clear to another machine"),
        "mqtt.cert": _("this bell's certificate (PEM)"),
        "mqtt.key_credential": _("name of the file with its key"),
        "mqtt.username": _("user name at the broker"),
        "mqtt.password_credential": _("name of the file with the password"),
        "mqtt.heartbeat_s": _("between two signs of life"),
        "mqtt.keepalive_s": _("a silent link is pinged sooner"),
        "mqtt.reconnect_max_s": _("longest pause before connecting again"),
        "mqtt.first_connect_max_s": _("longest pause before the first connection after a start"),
        "mqtt.repeat_s": _("a sensor that sees the same is told again no sooner"),
        "mqtt.min_change_mm": _("a smaller change is no more urgent than the same again"),
        "mqtt.home_assistant": _("discovery prefix of Home Assistant; empty for none"),
    }
