"""What the loader of the settings complains of, in the language of the command line.

The loader says what is allowed in English, for logs as well; here the usual forms are known and
said in a person's language. What is not known is shown as it came.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from edge.locale import _

if TYPE_CHECKING:
    from edge.settings import Problem


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark a message for the catalogue."""
    return message


ALLOWED: Final = (
    N_("a whole number, {low} to {high}"),
    N_("a whole number, more than {low}, at most {high}"),
    N_("a number, more than {low}, at most {high}"),
    N_("a number, {low} to {high}"),
    N_("a person's number in E.164 form, +821012345678; never an emergency number"),
    N_("a person's number, never an emergency number (119, 112, 02-119)"),
    N_("leave out the 0 after +82: +8210…, +822…"),
    N_("letters a-z, digits and -, at most 32"),
    N_("letters a-z, digits, - and _, at most 32"),
    N_("1 to 64 characters without blank, /, +, # and $"),
    N_("a file name without a folder"),
    N_("one line of text"),
    N_(
        "resistors with which short, closed, open and cut lie at least {gap} of the reference"
        " apart; here closed is {closed} and open {open}; 4700 three times is good"
    ),
    N_(
        "at most {most}: with more, {current} mA is above reference_v = {volts}, and a failed loop"
        " looks like deep water"
    ),
    N_("at least two frames of this part: {least} s"),
    N_(
        "sample interval {interval} s + filter {filter} s + longest danger delay {delay} s of"
        " {sensor} at most {most} s together, here {way} s: water has to reach 119 within 20 s, the"
        " filter's delay included"
    ),
    N_("string should have at least {least} character"),
    N_("a name of the IANA time zone database, such as Asia/Seoul"),
    N_("a value: required"),
    N_("more than danger's setpoint_mm and the blind zone: {least}"),
    N_("at most {most}, the farthest that this part sees"),
    N_("the nearest range of this part's data sheet"),
    N_("at least the part's own: {least}"),
    N_("a register, or preset: {presets}"),
    N_("one of {units}; or unit_register"),
    N_("at least twice sample_interval_s: {least}"),
    N_("one that {other} does not use, or the same as there: {alike}"),
    N_("one that {other} does not use"),
    N_("nothing: this part corrects for the air by itself"),
    N_("either script or file"),
    N_("a CA file for TLS; or insecure = true to send in the clear"),
    N_("cert and key_credential together, or neither"),
    N_("a route that can be used; there is none: a [modem] or [http_sms] table is missing"),
    N_("a route that can be used; there is {routes}"),
    N_("at least one [sensors.NAME] table"),
    N_(
        "a sensor that measures, or a normally closed or supervised switch at that very height;"
        " or danger = false"
    ),
    N_("MooN with N = {sensors}, the number of its sensors, and M at most N"),
)
"""What may be allowed, with what changes in braces; the first that fits is taken."""


FOUND: Final = (
    N_("an unknown key"),
    N_("no sensor"),
    N_("no route"),
    N_("neither script nor file"),
    N_("no sensor able to decide danger at {depth} mm among {sensors}"),
)
"""What may be missing; all else that is found is a value, and shown as it stands."""


def in_words(problem: Problem) -> str:
    """Say what was found and what is allowed.

    Args:
        problem: Of the loader.
    """
    allowed = allowed_in_words(problem.allowed)
    if problem.found.strip('"') == "nothing":
        return _("needed: {allowed}").format(allowed=allowed)
    found = _by_form(problem.found.strip('"'), FOUND)
    if found is not None:
        return _("{found}; allowed: {allowed}").format(found=found, allowed=allowed)
    return _("not {found}; allowed: {allowed}").format(found=problem.found, allowed=allowed)


def allowed_in_words(allowed: str) -> str:
    """Return what is allowed in the language of the command line."""
    return _by_form(allowed, ALLOWED) or allowed


def _by_form(words: str, templates: tuple[str, ...]) -> str | None:
    for template in templates:
        if (found := _pattern(template).fullmatch(words)) is not None:
            return _(template).format(**found.groupdict())
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    written = (re.escape(p) if i % 2 == 0 else f"(?P<{p}>.+)" for i, p in enumerate(parts))
    return re.compile("".join(written), re.DOTALL)
