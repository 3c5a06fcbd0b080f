"""Kinds of verdict about the machine: the service, ports and pins, the board, the card."""

from __future__ import annotations

from edge.diagnose.family import Family
from edge.locale import _


def of_service() -> tuple[Family, ...]:
    """Return those of the running bell, its service and who may do what."""
    return (
        Family(
            "user",
            _("service user"),
            _("the user that the bell runs as is there, in the groups that its parts need"),
            _("the bell cannot open its ports, pins or files"),
            (_("let systemd make it: sudo systemd-sysusers"),),
        ),
        Family(
            "settings-file",
            _("settings file"),
            _("the bell may read it, and nobody else may change it"),
            _("the bell does not start; or anybody may read telephone numbers in it"),
            (_("as its line says: sudo chown and sudo chmod"),),
        ),
        Family(
            "credentials",
            _("credentials folder"),
            _("the bell may read it, and others may not"),
            _("secrets are missing, or open to everybody on this machine"),
            (_("as its line says: sudo chown and sudo chmod"),),
        ),
        Family(
            "credential-way",
            _("way of each secret"),
            _("systemd hands it to the bell, or its file is open to the bell"),
            _("modem, broker or web service cannot log in"),
            (_("put the file into the credentials folder, owned by root"),),
        ),
        Family(
            "access",
            _("your permissions"),
            _("whether you may ask the bell"),
            _("without them doctor sees less: nobody tells who holds a port or a pin"),
            (_("use sudo, or join the group floodbell and log in again"),),
        ),
        Family(
            "daemon",
            _("daemon"),
            _("whether it runs and may be asked"),
            _("nobody watches the water"),
            (_("start it: sudo systemctl enable --now floodbell"),),
        ),
        Family(
            "settings-in-force",
            _("settings in force"),
            _("whether the bell works with the file that lies there now"),
            _("what you changed does not count yet"),
            (_("load it: sudo systemctl reload floodbell"),),
        ),
        Family(
            "trouble",
            _("troubles"),
            _("what the running bell says is not well"),
            _("the same that it has texted and shows in status"),
            (_("the line itself says what to do"),),
        ),
        Family(
            "unit",
            _("service"),
            _("it is installed, enabled and active, and did not fail again and again"),
            _("after the next power cut nobody watches the water"),
            (_("start it: sudo systemctl enable --now floodbell"),),
        ),
        Family(
            "unit-file",
            _("service file"),
            _("its settings are those of the shipped one: restart, watchdog, protection"),
            _("a crash may be the end, or a fault may do more harm"),
            (_("copy the shipped one anew, as the line says"),),
        ),
        Family(
            "files",
            _("installed files"),
            _("users, folders, rules for the modem and kernel modules are those of this version"),
            _("something is missing after an update: ModemManager may take the modem"),
            (_("copy them anew, as the line says"),),
        ),
        Family(
            "upgrade",
            _("last upgrade"),
            _("the trial of the last new version came to its end"),
            _("the bell runs; the next upgrade has to tidy up first"),
            (_("end it: sudo /usr/libexec/floodbell/release settle"),),
        ),
        Family(
            "system",
            _("system"),
            _("the package is the one for this Debian"),
            _("the bell goes on with an older Python, which nobody mends any more"),
            (_("install the package for this Debian"),),
        ),
    )


def of_ports() -> tuple[Family, ...]:
    """Return those of serial ports, pins and buses."""
    return (
        Family(
            "port",
            _("serial ports"),
            _("each is there, open to the bell, and held by nobody else"),
            _("sensor or modem cannot be reached"),
            (_("plug it in; keep other programs off it"),),
        ),
        Family(
            "modemmanager",
            _("ModemManager"),
            _("it runs, and no rule keeps it off the modem"),
            _("it takes the modem's port when it likes"),
            (_("copy the shipped udev rule, as the line says"),),
        ),
        Family(
            "pins",
            _("pins"),
            _("the GPIO chip is there and open to the bell"),
            _("button, siren and contacts do not work"),
            (_("add the user to the group gpio"),),
        ),
        Family(
            "pin",
            _("each pin"),
            _("nobody else holds it: no program, no bus that is switched on, no board on top"),
            _("what hangs on it does not work, or works by itself"),
            (_("use another pin, or end what holds it"),),
        ),
        Family(
            "hat",
            _("board on top"),
            _("whether it says who it is, and which pins it takes"),
            "",
            (_("look into its manual for the pins that it takes"),),
        ),
        Family(
            "spi",
            _("SPI"),
            _("the converter's bus is switched on"),
            _("what hangs on the converter cannot be read"),
            (_("switch SPI on: raspi-config"),),
        ),
    )


def of_machine() -> tuple[Family, ...]:
    """Return those of the board: clocks, supply, heat, memory, watchdog."""
    return (
        Family(
            "clock",
            _("clock"),
            _("whether it is synchronised"),
            _("times in texts may be wrong; the bell works all the same"),
            (_("look at it: timedatectl"),),
        ),
        Family(
            "timezone",
            _("time zone"),
            _("site.timezone is one that this machine knows"),
            _("times in texts are those of another place"),
            (_("correct site.timezone, or install tzdata"),),
        ),
        Family(
            "rtc",
            _("battery clock"),
            _("whether a clock goes on without power"),
            "",
            (_("none is needed: no alarm waits for the time"),),
        ),
        Family(
            "power",
            _("power supply"),
            _("its voltage, now and since the start, and whether the processor was slowed down"),
            _("the board restarts when siren or modem draw current"),
            (_("use the maker's supply and a short cable"),),
        ),
        Family(
            "temperature",
            _("temperature"),
            _("of the processor"),
            _("it slows down, and ages"),
            (_("give it air, or a heat sink"),),
        ),
        Family(
            "memory",
            _("memory"),
            _("how much is left"),
            _("the system ends programs"),
            (_("end what does not belong here"),),
        ),
        Family(
            "battery",
            _("battery"),
            _("its charge, where the system knows one"),
            _("a flood takes the mains first"),
            (_("charge it, or replace it"),),
        ),
        Family(
            "mains",
            _("mains"),
            _("whether there is any, where the system or a pin of the UPS board tells"),
            _("the bell lives on its battery"),
            (_("look at plug, fuse and supply"),),
        ),
        Family(
            "watchdog",
            _("board's watchdog"),
            _("it is there, and systemd feeds it"),
            _("a board that hangs stays hung"),
            (_("copy the shipped drop-in and restart, as the line says"),),
        ),
    )


def of_card() -> tuple[Family, ...]:
    """Return those of the disk and what lies on it."""
    return (
        Family(
            "state",
            _("state directory"),
            _("it is there, may be written, and outlives a restart"),
            _("nothing is remembered across a restart"),
            (_("let systemd make it, or give it back to floodbell"),),
        ),
        Family(
            "disk",
            _("disk"),
            _("room for the database"),
            _("logs are thinned, or nothing can be written"),
            (_("free space, or replace the card"),),
        ),
        Family(
            "card",
            _("card"),
            _("errors that its file system has met"),
            _("it is dying"),
            (_("replace the card"),),
        ),
        Family(
            "card-life",
            _("life of the card"),
            _("what the card says of its wear"),
            _("it ends soon"),
            (_("replace the card"),),
        ),
        Family(
            "system-log",
            _("system log"),
            _("it is kept in memory"),
            _("every line of anything wears the card"),
            (_("keep it in memory: Storage=volatile"),),
        ),
        Family(
            "write",
            _("writing to the disk"),
            _("how long a small write takes to be safe"),
            _("alarms go on from memory, and are less surely remembered"),
            (_("replace the card by a better one"),),
        ),
        Family(
            "database",
            _("database"),
            _("it can be read and is whole"),
            _("what was remembered may be lost; alarms go on from memory"),
            (_("move it aside; a fresh one is made"),),
        ),
        Family(
            "set-aside",
            _("damaged databases"),
            _("whether the bell had to set one aside"),
            _("the card may be dying"),
            (_("replace the card"),),
        ),
        Family(
            "database-size",
            _("size of the database"),
            _("whether it keeps to store.max_mb"),
            _("it fills the disk"),
            (_("report this to the maintainers"),),
        ),
        Family(
            "journal",
            _("journal of reports"),
            _("its folder may be written and outlives a restart of the service"),
            _("after a crash with a dead card, 119 could be told twice"),
            (_("copy the shipped service file anew"),),
        ),
    )
