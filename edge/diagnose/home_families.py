"""Kinds of verdict about the home: its sensors, its modem, the report, the ways to the centre."""

from __future__ import annotations

from edge.diagnose.family import Family
from edge.locale import _


def of_sensors() -> tuple[Family, ...]:
    """Return those of the sensors."""
    return (
        Family(
            "sensor",
            _("reading of each sensor"),
            _("it is read for two seconds, by us or by the running bell"),
            _("it measures nothing or sees past the floor; a warning: water where none should be"),
            (
                _("check cable, power and port"),
                _("straighten it, and measure mount_height_mm again"),
                _("a contact that is wet on a dry floor: its cable is cut or shorted"),
            ),
        ),
        Family(
            "noise",
            _("noise of each sensor"),
            _("how far its frames lie from their middle, and how many were bad"),
            _("the alert would come and go by itself on a still floor"),
            (
                _("clear what stands in its cone; keep it from vents and other sensors"),
                _("check cable, ground and power"),
            ),
        ),
        Family(
            "height",
            _("height of each sensor"),
            _("how much lies between danger and what is too near for the sensor"),
            _("deep water is too near to be measured just when it matters"),
            (_("hang it higher, and set mount_height_mm"),),
        ),
        Family(
            "calibration",
            _("calibration of each sensor"),
            _("whether one was made here, whether it counts, how old it is"),
            _("the sensor was changed since, or the numbers are old: depths may be wrong"),
            (_("measure again: floodbell sensor calibrate SENSOR"),),
        ),
        Family(
            "wet",
            _("wet test of each sensor"),
            _("when it last saw water, in a flood or in a test"),
            _("nobody knows whether it would see water: never, or over a year ago"),
            (
                _(
                    "in service, wet a contact or fill a flat tray below it:"
                    " sudo floodbell service on"
                ),
            ),
        ),
        Family(
            "kinds",
            _("kinds of sensor"),
            _("whether there are two"),
            _("what stands under the only one for long calls 119 for nothing"),
            (_("add a sensor of another kind, a float switch for example"),),
        ),
    )


def of_modem() -> tuple[Family, ...]:
    """Return those of the modem and of what has left by it."""
    return (
        Family(
            "modem",
            _("modem"),
            _("it answers on its port; nothing is sent"),
            _("no text leaves, to 119 neither"),
            (_("check its power, its USB cable and modem.port"),),
        ),
        Family(
            "modem:sim",
            _("SIM card"),
            _("it is there and open; a PIN is entered only while all its tries are left"),
            _("no text leaves"),
            (
                _("put it in, or put its PIN into the credential's file"),
                _("if it wants its PUK, enter that in a telephone"),
            ),
        ),
        Family(
            "modem:network",
            _("mobile network"),
            _("it is registered at home: not searching, refused or roaming"),
            _("no text leaves; roaming: 119 may not be reached"),
            (
                _("check the antenna; then the plan, with the operator"),
                _("refused: ask whether the card may be used in this modem"),
            ),
        ),
        Family(
            "modem:signal",
            _("signal"),
            _("its strength: above -101 dBm is enough"),
            _("texts may fail in rain or behind a metal door"),
            (_("move the antenna towards a window, or use a better one"),),
        ),
        Family(
            "modem:smsc",
            _("text service"),
            _("the SIM card knows the number of the text service centre"),
            _("no text leaves"),
            (_("set modem.service_centre as the operator names it"),),
        ),
        Family("modem:clock", _("clock of the network"), _("what the modem tells"), "", ()),
        Family(
            "modem:power",
            _("power pin"),
            _("whether a modem that hangs can be switched off and on"),
            "",
            (_("wire PWRKEY, and set modem.power_pin"),),
        ),
        Family(
            "last_text",
            _("last text that left"),
            _("what the store remembers"),
            _("nobody has seen a text leave from here yet"),
            (_("send one: floodbell modem sms CONTACT"),),
        ),
        Family(
            "self_test",
            _("self-test"),
            _("a text now and then to somebody who is not 119, and the last one of them"),
            _("a plan that has run out is found out in a flood"),
            (_("set modem.self_test"), _("check plan and credit of the SIM card")),
        ),
    )


def of_119() -> tuple[Family, ...]:
    """Return those of the report and the contacts."""
    return (
        Family(
            "report_text",
            _("text to 119"),
            _("the longest report there can be, against 45 characters"),
            _("words are left out of it"),
            (_("shorten site.address; keep city, street, number and door"),),
        ),
        Family(
            "address",
            _("address"),
            _("whether it begins with the city"),
            _("119 answers by the cell tower, which may be another city's"),
            (_("begin site.address with the city"),),
        ),
        Family(
            "report_number",
            _("number of the report"),
            _("how it goes into the text: 119 as it is dialled"),
            _("+82119 reaches nobody"),
            (_('set report.number = "119"'),),
        ),
        Family(
            "contact",
            _("each contact"),
            _("whether the number is a mobile one of its country, and by which ways it is told"),
            _("a land line takes no texts"),
            (_("ask for a mobile number, then: floodbell modem sms CONTACT"),),
        ),
    )


def of_ways() -> tuple[Family, ...]:
    """Return those of the web service and the broker."""
    steps = (
        ("broker:name", _("broker: name"), _("the name is looked up")),
        ("broker:tcp", _("broker: connection"), _("a connection is made")),
        ("broker:tls", _("broker: encryption"), _("both ends show their certificates")),
        ("broker:login", _("broker: login"), _("name, password or certificate is taken")),
        ("broker:round_trip", _("broker: publish and receive"), _("a message goes there and back")),
    )
    unreached = _("the centre sees nothing of this bell; texts still go out")
    remedy = _("the line itself says what to do about what was met")
    return (
        Family(
            "http_sms",
            _("web service for texts"),
            _("it answers, by TLS, and has our time"),
            _("texts have no second way"),
            (_("check the internet, http_sms.url and the clock"),),
        ),
        Family(
            "broker",
            _("link to the centre"),
            _("what the running bell says of it"),
            unreached,
            (_("see the steps below it"),),
        ),
        Family(
            "broker:plain",
            _("plain text to the broker"),
            _("whether the link is encrypted"),
            _("anybody on the way can read and answer"),
            (_("set mqtt.ca, and mqtt.insecure = false"),),
        ),
        Family(
            "broker:certificate",
            _("this device's certificate"),
            _("it is of this site and valid for 30 days more"),
            _("the broker refuses this device, or takes it for another"),
            (_("ask the centre for a new one"),),
        ),
        *(Family(id_, name, checked, unreached, (remedy,)) for id_, name, checked in steps),
        Family(
            "broker:way",
            _("way to the broker"),
            _("its secrets are there"),
            unreached,
            (_("put the secret's file there"),),
        ),
        Family(
            "broker:requests",
            _("requests of the centre"),
            _("whether the broker passes them on"),
            _("the centre cannot ask, acknowledge or reset from afar"),
            (_("ask the centre for the access rules of this site's topics"),),
        ),
        Family(
            "broker:discovery",
            _("Home Assistant"),
            _("whether its topics may be written"),
            _("Home Assistant does not find the bell by itself"),
            (_('ask for the right, or set mqtt.home_assistant = ""'),),
        ),
    )
