"""L4 and L5: an incident goes on, and comes to its end."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.law.levels import Level
from edge.messages import texts as files
from edge.store.rows import Batch
from tests.world.judge import Judge, Remembering
from tests.world.judges.keys import contact_of, purpose_of
from tests.world.modem import Taken

if TYPE_CHECKING:
    from tests.world.world import World

DIGEST_S = 26 * 3600.0
BUSY_S = 600.0
AN_INCIDENT = files.load(files.find("ko")).causes["incident"]


class IncidentsClose(Judge):
    """L4. An incident closes once every wet sensor reads clear; the digest names it till then.

    When every sensor of the home has read clear of alert, in this life of the process and since the
    incident was last shown anew, for the longest off-delay and the latch together, and the last
    press of the bell is six hours ago, no incident is shown. While one has been shown for 26 h, the
    device up and the modem well, the office has had in those 26 h a digest that names an incident
    in its words, and the event log has one that lists it.
    """

    name = "L4"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        policy = self.books.policy
        off_s = max(policy.alert.off_delay_s, policy.danger.off_delay_s)
        self._closes_s = off_s + policy.latch_clear_s + 60.0
        self._texted_s = -inf
        self._logged_s = -inf
        self._text: tuple[str, str] = "", ""

    def taken(self, row: Taken) -> None:
        """Note a digest that names an incident, whichever of its parts does."""
        if purpose_of(row.key) is not Purpose.DIGEST or contact_of(row.key) != "office":
            return
        text, _, part = row.key.rpartition("/")
        known, words = self._text
        words = (words if known == text and part != "1" else "") + row.text
        self._text = text, words
        if AN_INCIDENT in words:
            self._texted_s = row.taken_s

    def committed(self, batch: Batch, stored: bool) -> None:
        """Note what the log says of it."""
        del stored
        for event in batch.events:
            if event["type"] == "digest" and "incident" in event["causes"]:
                self._logged_s = self.books.now_s

    def step(self) -> None:
        """Look at the clock."""
        books = self.books
        if books.shown.incident is None or not books.up:
            return
        open_s = max(books.incident_s, books.up_s)
        if books.now_s > open_s + self._closes_s:
            self._must_be_closed(open_s)
        from_s = books.now_s - DIGEST_S
        if from_s <= open_s:
            return
        if self._logged_s < from_s:
            raise self.broken(f"{books.shown.incident} is open since {open_s:.0f} s, not logged")
        if self._texted_s < from_s and books.network.well(from_s - BUSY_S, books.now_s):
            raise self.broken(f"{books.shown.incident} is open since {open_s:.0f} s, not told")

    def _must_be_closed(self, open_s: float) -> None:
        books = self.books
        clear_s = open_s
        for heard in books.heard.values():
            since_s = heard.clear_s[Level.ALERT]
            if since_s is None:
                return
            clear_s = max(clear_s, since_s)
        pressed_s = books.pressed_s + books.policy.bell_incident_s + 60.0
        if books.now_s > max(clear_s + self._closes_s, pressed_s):
            raise self.broken(
                f"{books.shown.incident} is still open, all clear since {clear_s:.0f} s"
            )


class IncidentsGoOn(Remembering):
    """L5. After any crash the incident goes on: the same one, and it sounds as it did.

    What was shown before the process died, and was on the disk, is shown by the next one before
    anything else happens: the same incident, at no lower a latch; and where the siren sounded at
    danger, it sounds. Exempt: a disk that did not have everything, or is not well.
    """

    name = "L5"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._incident: str | None = None
        self._latched = Level.NORMAL
        self._sounded = False
        self._siren_on = False

    def shown(self) -> None:
        """Follow the siren while the process lives: at its death the pin falls."""
        super().shown()
        self._siren_on = self.books.siren_on

    def step(self) -> None:
        """Follow the siren."""
        if self.books.up:
            self._siren_on = self.books.siren_on

    def gone(self, power: bool) -> None:
        """Note what was shown."""
        super().gone(power)
        shown = self.books.shown
        self._incident, self._latched = shown.incident, shown.latched
        self._sounded = self._siren_on and shown.stage is Level.DANGER

    def started(self) -> None:
        """Compare."""
        if not self.known or self.world.disk_spell is not None or self._incident is None:
            return
        shown = self.books.shown
        if shown.incident != self._incident or shown.latched < self._latched:
            raise self.broken(
                f"{self._incident} ({self._latched.word}) became {shown.incident} "
                f"({shown.latched.word})"
            )
        if self._sounded and not self.books.siren_on:
            raise self.broken("the siren sounded before the crash and does not after it")
